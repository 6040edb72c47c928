"""Words that should not have been shown."""

from __future__ import annotations

from dataclasses import replace

from harness.measure.run import measure_session


def test_unstable_words_by_hand(stage):
    """ "won" goes, "too" goes, "free" goes: three taken back over three final words."""
    row = stage.rows(
        "one two three",
        stage.partial(700, "won"),
        stage.partial(900, "one too"),
        stage.partial(1300, "one two free"),
        stage.final(2000, "One two three."),
    )["upwr"]
    assert (row.numerator, row.denominator) == (3, 3)


def test_steady_partials_are_stable(stage):
    """Growing at the end, changing case and punctuation, takes nothing back."""
    row = stage.rows(
        "one two", stage.partial(700, "one"), stage.partial(1200, "One two"), stage.final(2000, "One, two.")
    )["upwr"]
    assert (row.numerator, row.denominator) == (0, 2)


def test_a_flicker_counts_every_time(stage):
    """Shown, gone, shown, gone, shown: taken back twice."""
    cues = [stage.partial(700 + 10 * at, "one" if at % 2 == 0 else "") for at in range(4)]
    row = stage.rows("one", *cues, stage.final(1200, "one"))["upwr"]
    assert (row.numerator, row.denominator) == (2, 1)


def test_words_that_never_became_final_were_taken_back(stage):
    """A partial that the session's end leaves open counts against the finals."""
    row = stage.rows("one two", stage.final(1500, "one two", 0), stage.partial(1600, "and so", 1))["upwr"]
    assert (row.numerator, row.denominator) == (2, 2)


def test_unstable_words_are_missing_without_a_final(stage):
    """There is nothing to hold the partials against."""
    row = stage.rows("one", stage.partial(700, "one"))["upwr"]
    assert row.numerator is None
    assert row.reason == "no final came (no_final)"


def test_early_words_are_those_shown_before_onset(stage):
    """Two words appear before 500 ms, one of them taken back again; what comes later is not early."""
    row = stage.rows("one", stage.partial(200, "you"), stage.partial(400, "yes"), stage.partial(700, "yes one"))[
        "early_words"
    ]
    assert row.numerator == 2
    assert row.reason == 'shown before speech onset: "you yes"'


def test_no_early_words_is_zero(stage):
    """Never missing, also when nothing was heard at all."""
    assert stage.rows("one")["early_words"].numerator == 0


def test_words_on_silence_are_the_words_of_the_finals(stage):
    """A caller keeps finals: two words; the partial's three are told in the reason."""
    row = stage.rows("", stage.partial(700, "thank you all"), stage.final(1500, "Thank you."))["silence_words"]
    assert row.numerator == 2
    assert row.reason == 'heard "thank you"; words shown at once: up to 3'


def test_partials_alone_on_silence_count_nothing_and_are_told(stage):
    """0 words, but no silent screen."""
    row = stage.rows("", stage.partial(700, "you"), stage.partial(900, ""))["silence_words"]
    assert row.numerator == 0
    assert row.reason == "words shown at once: up to 1"


def test_a_silent_screen_on_silence_is_zero_without_a_word(stage):
    """An empty final is what one wants to hear."""
    row = stage.rows("", stage.final(1500, ""))["silence_words"]
    assert (row.numerator, row.reason) == (0, "")


def silent(stage, *cues):
    _, _, mistakes = measure_session(stage.plan(stage.clip("")), stage.timeline(*cues))
    return [(one.heard, one.at_ns, one.clip_ns) for one in mistakes]


def test_a_false_word_knows_when_its_final_came(stage):
    """In run time; without word times that is all there is."""
    assert silent(stage, stage.final(1500, "Thank you.")) == [
        ("thank", stage.at(1500), None),
        ("you", stage.at(1500), None),
    ]


def test_a_false_word_stands_where_the_target_says(stage):
    """Word times are clip times: the words begin 200 ms before they end."""
    heard = silent(stage, stage.final(1500, "Thank you.", 0, (700, 1100)))
    assert heard == [("thank", stage.at(1500), 500_000_000), ("you", stage.at(1500), 900_000_000)]


def test_word_times_of_another_text_place_nothing(stage):
    """A list of words that is not the final's text says nothing about them."""
    at, final = stage.final(1500, "Thank you", 0, (700, 1100))
    assert silent(stage, (at, replace(final, text="Goodbye"))) == [("goodbye", stage.at(1500), None)]
