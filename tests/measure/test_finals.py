"""Whether the last final is the end of the utterance.

On the stage "a b c | d e f" has a from 500 ms, c until 1600, d from 2700 and f until 3800.
"""

from __future__ import annotations

import pytest

from harness.measure.finals import last_final_fault, segment_arrivals

TWO = "a b c | d e f"


def test_a_final_after_speech_that_reaches_the_last_segment_counts(stage):
    """By its word times, and where there are none by its text."""
    assert last_final_fault(stage.hearing(TWO, stage.final(4300, "d e f", 1, (3000, 3400, 3800)))) == ""
    assert last_final_fault(stage.hearing(TWO, stage.final(4300, "d e f", 1))) == ""


@pytest.mark.parametrize("ends_ms", [None, (800, 1200, 1600)])
def test_a_late_final_of_the_first_segment_does_not_count(stage, ends_ms):
    """The last segment's final was lost: the first one's, arriving after all speech, must not stand in for it."""
    hearing = stage.hearing(TWO, stage.final(4300, "a b c", 0, ends_ms))
    assert last_final_fault(hearing) == "the last final does not reach into the last segment"


def test_word_times_decide_before_the_text_does(stage):
    """A final that says the last segment's words at the first one's time is not of the last segment."""
    assert last_final_fault(stage.hearing(TWO, stage.final(4300, "d e f", 0, (800, 1200, 1600)))) != ""


@pytest.mark.parametrize(("end_ms", "reaches"), [(2700, False), (2701, True)])
def test_to_reach_a_segment_is_to_end_after_its_start(stage, end_ms: int, reaches: bool):
    """A heard word that ends exactly where the last segment begins is not in it."""
    fault = last_final_fault(stage.hearing(TWO, stage.final(4300, "c", 0, (end_ms,))))
    assert (not fault) is reaches


@pytest.mark.parametrize(("at_ms", "counts"), [(3700, False), (3800, False), (3800.001, True)])
def test_a_final_must_come_after_speech_has_ended(stage, at_ms: float, counts: bool):
    """A final at the very end of speech or before it cannot have heard all of it."""
    fault = last_final_fault(stage.hearing(TWO, stage.final(at_ms, "a b c d e f")))
    assert (not fault) is counts
    assert counts or fault == f"the last final came {3800 - at_ms:.0f} ms before speech had ended"


def test_untrusted_word_times_do_not_say_when_speech_ended(stage):
    """On a clip without latency objectives an early final is not called lost, one of another segment is."""
    untrusted = {"latency": False}
    assert last_final_fault(stage.hearing(TWO, stage.final(3700, "d e f", 1), clip=untrusted)) == ""
    assert last_final_fault(stage.hearing(TWO, stage.final(4300, "a b c", 0), clip=untrusted)) != ""


def test_an_empty_final_is_no_final(stage):
    """Punctuation is not an utterance."""
    assert last_final_fault(stage.hearing("a", stage.final(4300, " . "))) == "no final came"


def test_speech_without_segments_is_one_segment(stage):
    """A clip that nobody cut still has an end of utterance."""
    assert last_final_fault(stage.hearing(TWO, stage.final(4300, "a b c"), clip={"segments": ()})) == ""


def _arrivals(stage, *finals) -> list[float | None]:
    arrivals = segment_arrivals(stage.hearing(TWO, *finals))
    return [None if at is None else (at - stage.start_ns) / 1e6 for at in arrivals]


def test_a_segment_in_two_finals_ends_with_the_second(stage):
    """A target that cuts a segment in two has finalised it when its last part has come."""
    texts = (stage.final(1400, "a b", 0), stage.final(2100, "c", 1), stage.final(4300, "d e f", 2))
    times = (
        stage.final(1400, "a b", 0, (800, 1200)),
        stage.final(2100, "c", 1, (1600,)),
        stage.final(4300, "d e f", 2, (3000, 3400, 3800)),
    )
    assert _arrivals(stage, *texts) == [2100, 4300]
    assert _arrivals(stage, *times) == [2100, 4300]


def test_heard_times_may_be_off_by_half_the_pause(stage):
    """A first word heard 300 ms early, in the middle of the pause, still belongs to the segment it opens."""
    finals = (
        stage.final(2100, "a b c", 0, (800, 1200, 1600)),
        stage.final(4300, "d e f", 1, (2700, 3400, 3800)),
    )
    assert _arrivals(stage, *finals) == [2100, 4300]


def test_a_misheard_segment_in_the_middle_of_a_final_is_in_that_final(stage):
    """By text alone a segment may have lost all its words and yet have been finalised, between its neighbours."""
    hearing = stage.hearing("a | b | c", stage.final(4300, "a c"))
    assert segment_arrivals(hearing) == (stage.at(4300),) * 3


def test_without_finals_no_segment_has_one(stage):
    """Nothing arrived for either."""
    assert _arrivals(stage) == [None, None]
