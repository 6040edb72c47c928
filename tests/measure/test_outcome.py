"""How a session ended."""

from __future__ import annotations

import pytest

from harness.model.measurement import OUTCOMES
from harness.model.timeline import Errored, Refused


def _told(outcome) -> tuple[str, str, str]:
    return outcome.outcome, outcome.code, outcome.detail


def test_a_session_with_its_final_and_a_normal_close_is_ok(stage):
    """The close code stands beside it."""
    assert _told(stage.outcome("one", stage.final(1200, "one"))) == ("ok", "1000", "")
    assert _told(stage.outcome("one", stage.final(1200, "one"), closed="OK")) == ("ok", "OK", "")


def test_a_wrong_transcript_is_ok(stage):
    """Word errors are the WER's business, not the outcome's."""
    assert stage.outcome("one", stage.final(1200, "banana")).outcome == "ok"


def test_silence_needs_no_final(stage):
    """A clip in which nobody speaks has nothing to lose."""
    assert stage.outcome("").outcome == "ok"


def test_a_lost_final_is_no_final(stage):
    """Everything else went well: the target simply never said the last words, and the detail says which way."""
    assert _told(stage.outcome("one", stage.partial(900, "one"))) == ("no_final", "1000", "no final came")
    early = stage.outcome("one two", stage.final(900, "one"))
    assert early.outcome == "no_final"
    assert early.detail == "the last final came 300 ms before speech had ended"
    other = stage.outcome("a b c | d e f", stage.final(4300, "a b c"))
    assert other.detail == "the last final does not reach into the last segment"


def test_a_refusal_is_what_its_code_says(stage):
    """Admission by default, authorisation where the code tells."""
    plain = stage.outcome("one", (-950, Refused(code="busy", detail="full")), closed=None, ready_ns=None)
    assert _told(plain) == ("refused", "busy", "full")
    login = stage.outcome("one", (-950, Refused(code="UNAUTHENTICATED")), closed=None, ready_ns=None)
    assert login.outcome == "unauthorized"
    nobody = stage.outcome("one", (-950, Refused(code="unavailable")), closed=None, ready_ns=None)
    assert nobody.outcome == "unavailable"


def test_the_first_failure_is_the_cause(stage):
    """The close that follows an error is its consequence."""
    outcome = stage.outcome("one", (900, Errored(code="resource_exhausted", detail="no stream")), closed="1013")
    assert _told(outcome) == ("refused", "resource_exhausted", "no stream")


def test_an_error_fails_a_session_that_got_its_final(stage):
    """The user was told that something broke, whatever arrived beside it."""
    outcome = stage.outcome("one", stage.final(1200, "one"), (1300, Errored(code="going_away", retryable=True)))
    assert outcome.outcome == "unavailable"


def test_an_unknown_error_is_internal_and_an_unknown_close_a_disconnection(stage):
    """Who says it decides where a code is unknown."""
    assert stage.outcome("one", (900, Errored(code="banana"))).outcome == "internal"
    assert stage.outcome("one", stage.final(1200, "one"), closed="4999").outcome == "disconnected"


def test_a_dropped_connection_is_disconnected_even_after_the_final(stage):
    """1006 is no close at all."""
    assert _told(stage.outcome("one", stage.final(1200, "one"), closed="1006")) == ("disconnected", "1006", "")


def test_the_deadline_is_a_timeout_and_the_detail_says_what_was_missing(stage):
    """Hanging is a fault of its own, with the final or without it."""
    hung = {"closed": None, "end_reason": "deadline"}
    assert _told(stage.outcome("one", stage.final(1200, "one"), **hung)) == (
        "timeout",
        "",
        "not closed by the deadline",
    )
    assert stage.outcome("one", **hung).detail == "not closed by the deadline; no final came"
    assert stage.outcome("", ready_ns=None, **hung).detail == "not ready by the deadline"


def test_an_error_before_the_deadline_is_the_cause(stage):
    """A target that reported what broke did not merely hang."""
    outcome = stage.outcome("one", (900, Errored(code="INTERNAL")), closed=None, end_reason="deadline")
    assert outcome.outcome == "internal"


def test_a_normal_close_before_the_audio_was_over_is_a_disconnection(stage):
    """Hanging up on the speaker is no good order, also on silence."""
    for reference in ("one", ""):
        timeline = stage.timeline(stage.partial(300, ""), closed=None)
        early = (*timeline.heard, (stage.at(400), stage.closed()))
        outcome = stage.outcome(reference, heard=early)
        assert outcome.outcome == "disconnected"
        assert outcome.detail.endswith("ms before the audio was over")


def test_closed_before_ready_is_a_disconnection(stage):
    """A session whose Opened never came and that ended without a word."""
    assert _told(stage.outcome("", ready_ns=None)) == ("disconnected", "1000", "closed before it was ready")


@pytest.mark.parametrize("reason", ["cut", "never_started"])
def test_unmeasured_sessions_say_why_and_are_no_errors(stage, reason: str):
    """They carry their end reason, outside the closed set of outcomes, and are marked."""
    outcome = stage.outcome("one", (900, Errored(code="INTERNAL")), end_reason=reason)
    assert (outcome.outcome, outcome.measured) == (reason, False)
    assert reason not in OUTCOMES


@pytest.mark.parametrize(
    ("lag_us", "tick_us", "disturbed"), [(50_000, 50_000, False), (50_001, 0, True), (0, 50_001, True)]
)
def test_over_50_ms_of_the_harness_disturb_a_session(stage, lag_us: int, tick_us: int, disturbed: bool):
    """Exactly 50 ms do not; one late frame or one late tick does."""
    outcome = stage.outcome("", send_lag_us=(100, lag_us), tick_late_max_us=tick_us)
    assert bool(outcome.disturbed) is disturbed


def test_the_disturbance_is_a_sentence_with_its_size(stage):
    """The worst frame is named."""
    late = stage.outcome("", send_lag_us=(60_000, 73_400))
    assert late.disturbed == "Frame 1 was dispatched 73.4 ms after it was due."
    assert stage.outcome("", tick_late_max_us=80_000).disturbed == "The engine's tick ran 80.0 ms late."


def test_a_session_that_failed_for_our_want_of_something_is_not_measured(stage):
    """The harness had no file left: nothing is known of the target, and no metric has a row."""
    ours = Errored(code="no_files", detail="none left", ours=True)
    outcome, rows = stage.measured("one", (-950, ours), closed="1006", ready_ns=None)
    assert (_told(outcome), outcome.measured) == (("harness", "no_files", "none left"), False)
    assert rows == {}
    said = stage.outcome("one", (-950, Errored(code="no_files")), closed="1006", ready_ns=None)
    assert (said.outcome, said.measured) == ("internal", True)
