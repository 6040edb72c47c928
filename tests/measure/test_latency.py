"""Latencies by hand. On the stage word i is spoken from 500 + 400 i ms for 300 ms; "|" is a pause of a second."""

from __future__ import annotations

import pytest

# "one two three": one 500-800, two 900-1200, three 1300-1600; the audio ends at 1800


def _value(row) -> float | None:
    return None if row.numerator is None else round(row.numerator, 6)


def test_connect_counts_from_the_planned_moment_of_opening(stage):
    """An engine that opened late does not make the target look slow or fast: the plan's time counts."""
    rows = stage.rows("one", opened_ns=stage.at(-950), ready_ns=stage.at(-970))
    assert _value(rows["connect_ms"]) == 30


def test_connect_is_missing_when_the_session_was_never_ready(stage):
    """Without `Opened` the wait is infinite."""
    row = stage.rows("one", ready_ns=None)["connect_ms"]
    assert row.numerator is None
    assert row.value == float("inf")
    assert row.reason == "never ready (disconnected)"


def test_first_partial_counts_from_the_end_of_the_first_word_in_run_time(stage):
    """Arrival at 950 ms of run time after the first sample, the word spoken at 800: 150 ms, and 450 from onset."""
    rows = stage.rows("one two three", stage.partial(950, "won"), stage.partial(1100, "one two"))
    assert _value(rows["first_partial_ms"]) == 150
    assert _value(rows["first_partial_onset_ms"]) == 450
    assert _value(rows["first_correct_word_ms"]) == 300


def test_a_partial_before_the_word_is_over_is_negative(stage):
    """A recogniser that guesses early is that early: negative values are kept."""
    rows = stage.rows("one two three", stage.partial(650, "one"))
    assert _value(rows["first_partial_ms"]) == -150
    assert _value(rows["first_partial_onset_ms"]) == 150
    assert _value(rows["first_correct_word_ms"]) == -150


@pytest.mark.parametrize("text", ["", "  ", "..."])
def test_a_partial_without_a_word_does_not_qualify(stage, text: str):
    """Empty messages stop no clock."""
    rows = stage.rows("one two three", stage.partial(700, text), stage.partial(1000, "one"))
    assert _value(rows["first_partial_ms"]) == 200


def test_what_stood_on_the_screen_before_onset_does_not_qualify(stage):
    """A hallucination from before speech, repeated after onset in another case, is no answer to the speaker."""
    rows = stage.rows(
        "one two three", stage.partial(300, "you"), stage.partial(700, "You."), stage.partial(1000, "you one")
    )
    assert _value(rows["first_partial_ms"]) == 200
    assert rows["first_correct_word_ms"].numerator is None
    assert rows["first_correct_word_ms"].reason.startswith("the first word was never right")


def test_a_final_qualifies_as_first_hypothesis(stage):
    """A target without partials answers with its final."""
    rows = stage.rows("one two three", stage.final(1900, "One two three."))
    assert _value(rows["first_partial_ms"]) == 1100
    assert _value(rows["first_correct_word_ms"]) == 1100


def test_without_a_hypothesis_the_first_words_are_missing(stage):
    """Nothing heard after onset is an infinite wait, and the reason says so."""
    rows = stage.rows("one two three", stage.partial(300, "you"))
    for metric in ("first_partial_ms", "first_partial_onset_ms", "first_correct_word_ms"):
        assert rows[metric].numerator is None
        assert rows[metric].reason == "no new hypothesis came after speech onset (no_final)"


def test_partial_lag_is_the_median_over_words_of_standing_for_good(stage):
    """Lags 200, 300 and 300 (three stood at 1900): a word that flickers counts from its last return."""
    rows = stage.rows(
        "one two three",
        stage.partial(850, "one"),
        stage.partial(900, "won"),
        stage.partial(1000, "one"),  # 1000 - 800
        stage.partial(1500, "one two"),  # 1500 - 1200
        stage.final(1900, "One, two, three."),  # 1900 - 1600
    )
    assert _value(rows["partial_lag_ms"]) == 300


def test_a_word_shown_before_it_was_over_has_a_negative_lag(stage):
    """Guessing right is rewarded."""
    rows = stage.rows("one", stage.partial(700, "one"), stage.final(1200, "one"))
    assert _value(rows["partial_lag_ms"]) == -100


def test_partial_lag_survives_fewer_than_half_of_the_words_missing(stage):
    """Lags 100, 100, infinite: the median is finite."""
    rows = stage.rows(
        "one two three", stage.partial(900, "one"), stage.partial(1300, "one two"), stage.final(2000, "one two tree")
    )
    assert _value(rows["partial_lag_ms"]) == 100


@pytest.mark.parametrize(("reference", "heard"), [("one two", "one tree"), ("one two three", "one")])
def test_partial_lag_is_missing_when_half_of_the_words_never_came(stage, reference: str, heard: str):
    """With an even number of words one infinite middle is enough."""
    row = stage.rows(reference, stage.final(2500, heard))["partial_lag_ms"]
    assert row.numerator is None
    assert row.reason.endswith("words never came")


def test_a_word_that_never_became_final_did_not_stay(stage):
    """What the transcript lacks never stood for good, however long it was shown."""
    row = stage.rows("one", stage.partial(900, "one"))["partial_lag_ms"]
    assert row.numerator is None


def test_final_counts_from_the_end_of_speech(stage):
    """Speech ends at 1600; the last of two finals comes at 2050."""
    rows = stage.rows("one two three", stage.final(1500, "one two", 0), stage.final(2050, "three", 1))
    assert _value(rows["final_ms"]) == 450


def test_an_empty_final_behind_the_last_one_does_not_count(stage):
    """A flush that had nothing to say is no final."""
    rows = stage.rows("one two three", stage.final(2050, "one two three", 0), stage.final(4000, " ", 1))
    assert _value(rows["final_ms"]) == 450


def test_a_late_final_is_late_and_not_missing(stage):
    """Eight seconds late is a value, not an infinity."""
    assert _value(stage.rows("one", stage.final(8800, "one"))["final_ms"]) == 8000


def test_segment_final_is_the_worst_segment(stage):
    """Segments end at 1200 and 3000: finals at 1900 and 3400 are 700 and 400 late."""
    timed = (stage.final(1900, "a b", 0, (800, 1200)), stage.final(3400, "c d", 1, (2600, 3000)))
    untimed = (stage.final(1900, "a b", 0), stage.final(3400, "c d", 1))
    for finals in (timed, untimed):
        rows = stage.rows("a b | c d", *finals)
        assert _value(rows["segment_final_ms"]) == 700
        assert _value(rows["final_ms"]) == 400


def test_one_final_for_all_segments_makes_the_first_wait(stage):
    """A target that does not end utterances at pauses makes its first segment wait for the last."""
    rows = stage.rows("a b | c d", stage.final(3400, "a b c d", 0, (800, 1200, 2600, 3000)))
    assert _value(rows["segment_final_ms"]) == 2200


def test_a_segment_without_a_final_is_missing(stage):
    """The first segment's words never became final, and the row names it."""
    for finals in ((stage.final(3400, "c d", 0, (2600, 3000)),), (stage.final(3400, "c d", 0),)):
        row = stage.rows("a b | c d", *finals)["segment_final_ms"]
        assert row.numerator is None
        assert row.reason == "segment 1 of 2 has no final"


def test_a_segments_final_before_its_end_is_none(stage):
    """A final that came while the segment was still being spoken cannot have been its last."""
    row = stage.rows("a b | c d", stage.final(1100, "a", 0), stage.final(3400, "c d", 1))["segment_final_ms"]
    assert row.numerator is None
    assert row.reason == "segment 1 of 2 has no final"


def test_without_the_last_final_the_segments_are_missing_too(stage):
    """A word that ends in the pause is nearer to the last segment, and still does not reach into it."""
    finals = (stage.final(1900, "a b", 0, (800, 1200)), stage.final(3400, "c", 1, (2250,)))
    row = stage.rows("a b | c d", *finals)["segment_final_ms"]
    assert row.numerator is None
    assert row.reason == "the last final does not reach into the last segment (no_final)"


def test_partial_interval_is_the_median_gap_while_speech_lasts(stage):
    """Arrivals at 600, 800, 1200 and 1400 count; before onset, after speech and blank ones do not."""
    rows = stage.rows(
        "one two three",
        stage.partial(400, "you"),
        stage.partial(600, "a"),
        stage.partial(700, ""),
        stage.partial(800, "one"),
        stage.partial(1200, "one"),
        stage.partial(1400, "one two"),
        stage.final(2000, "one two three"),
    )
    assert _value(rows["partial_interval_ms"]) == 200


def test_one_hypothesis_has_no_interval(stage):
    """Fewer than two are missing, whatever comes after speech."""
    row = stage.rows("one two", stage.partial(700, "one"), stage.final(2000, "one two"))["partial_interval_ms"]
    assert row.numerator is None
    assert row.reason == "fewer than two hypotheses while speech lasted"


def test_word_time_error_is_the_median_over_correct_words(stage):
    """Ends of 800, 1200, 1600 heard at 830, 1190 and (a wrong word) 5000: errors 30 and 10, median 20."""
    rows = stage.rows("one two three", stage.final(2000, "one two tree", 0, (830, 1190, 5000)))
    assert _value(rows["word_time_error_ms"]) == 20


def test_word_time_error_is_missing_in_a_session_whose_finals_have_no_times(stage):
    """A target that gives word times now and then is not judged by its better sessions alone."""
    assert stage.rows("one", stage.final(1200, "one"))["word_time_error_ms"].numerator is None


def test_word_time_error_is_missing_without_a_final_or_without_a_correct_word(stage):
    """Nothing to compare is worst, not nothing."""
    assert stage.rows("one")["word_time_error_ms"].numerator is None
    assert stage.rows("one", stage.final(1200, "two", 0, (800,)))["word_time_error_ms"].numerator is None


def test_word_time_error_does_not_apply_to_right_words_that_are_spelt_together(stage):
    """ "293" for "two nine three" is right, and has no word whose end could be compared."""
    rows = stage.rows("two nine three", stage.final(2000, "293", 0, (1600,)))
    assert "word_time_error_ms" not in rows
    assert rows["final_ms"].numerator is not None
