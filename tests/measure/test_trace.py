"""What the report draws of a session."""

from __future__ import annotations

from harness.measure.trace import trace_session


def _trace(stage, reference, *cues, **changes):
    return trace_session(stage.plan(stage.clip(reference)), stage.timeline(*cues, **changes))


def test_words_are_spoken_shown_and_stay_in_run_time(stage):
    """A flickering word is first shown once and stays later; a word that never came has neither."""
    trace = _trace(
        stage,
        "one two three",
        stage.partial(900, "one"),
        stage.partial(1000, "won"),
        stage.partial(1300, "one two"),
        stage.final(2000, "One two tree."),
    )
    at = stage.at
    assert [(word.text, word.start_ns, word.end_ns) for word in trace.words] == [
        ("one", at(500), at(800)),
        ("two", at(900), at(1200)),
        ("three", at(1300), at(1600)),
    ]
    assert [(word.shown_ns, word.stays_ns) for word in trace.words] == [
        (at(900), at(1300)),
        (at(1300), at(1300)),
        (None, None),
    ]


def test_shown_words_say_when_they_went_and_whether_they_were_right(stage):
    """Right is what stood for a reference word, also when it was taken back before it returned."""
    trace = _trace(
        stage,
        "one two",
        stage.partial(900, "one"),
        stage.partial(1000, "won"),
        stage.partial(1100, "one"),
        stage.final(2000, "one too"),
    )
    assert [(word.text, word.gone_ns, word.correct) for word in trace.shown] == [
        ("one", stage.at(1000), True),
        ("won", stage.at(1100), False),
        ("one", None, True),
        ("too", None, False),
    ]


def test_edits_are_those_of_the_wer(stage):
    """The columns' errors add up to the row's numerator."""
    finals = (stage.final(2000, "ninety one dogs ran"),)
    trace = _trace(stage, "ninety one cats", *finals)
    row = stage.rows("ninety one cats", *finals)["wer"]
    assert sum(step.kind != "equal" for step in trace.edits) == row.numerator == 2
    assert trace.edits[0].kind == "equal"
    assert trace.edits[0].heard == "91"


def test_arrivals_and_transcript(stage):
    """Every hypothesis has an arrival; finals without a word are not drawn as finals."""
    trace = _trace(
        stage, "one two", stage.partial(900, "one"), stage.final(1500, "One ", 0), stage.final(2000, "two.", 1)
    )
    assert trace.hypothesis_ns == (stage.at(900), stage.at(1500), stage.at(2000))
    assert trace.final_ns == (stage.at(1500), stage.at(2000))
    assert trace.transcript == "One two."


def test_a_session_that_gave_nothing_can_be_drawn(stage):
    """The worst sessions are the ones the report shows."""
    trace = _trace(stage, "cats ran", end_reason="never_started", heard=())
    assert [word.stays_ns for word in trace.words] == [None, None]
    assert [step.kind for step in trace.edits] == ["delete", "delete"]
    assert (trace.shown, trace.hypothesis_ns, trace.final_ns, trace.transcript) == ((), (), (), "")


def test_silence_can_be_drawn(stage):
    """What was heard on it is all insertions."""
    trace = _trace(stage, "", stage.final(1500, "Thank you."))
    assert trace.words == ()
    assert [step.kind for step in trace.edits] == ["insert", "insert"]


def test_no_word_stays_before_it_was_shown(stage):
    """A lone "a" is first laid on the first of two and then, pushed along, on the second: the order still holds."""
    trace = _trace(stage, "a b c a", stage.partial(700, "a"), stage.final(3000, "x a"))
    assert [(word.shown_ns, word.stays_ns) for word in trace.words] == [
        (stage.at(700), None),
        (None, None),
        (None, None),
        (stage.at(700), stage.at(700)),
    ]


def test_segments_say_when_each_ended_and_when_its_final_came(stage):
    """In run time; None where no final holds words of it."""
    trace = _trace(stage, "one two | three | four", stage.final(1500, "one two"), stage.final(5000, "four", 1))
    assert trace.segments == (
        (stage.at(1200), stage.at(1500)),
        (stage.at(2600), None),
        (stage.at(4000), stage.at(5000)),
    )


def test_where_segments_cannot_be_told_apart_there_are_none(stage):
    """A clip of one segment, or one whose word times are not trusted."""
    finals = (stage.final(2000, "one two"),)
    assert _trace(stage, "one two", *finals).segments == ()
    loose = stage.clip("one | two", latency=False)
    assert trace_session(stage.plan(loose), stage.timeline(*finals)).segments == ()
