"""The table of what clients are told."""

from __future__ import annotations

import pytest

from harness.gateway.answers import ANSWERS, close_code_of, own_error, upstream_error
from harness.riva.failures import MEANINGS, failure_of
from harness.wire.conversation import STEPS

ELSEWHERE = {  # said by admission, the door, and the client's side of a connection
    *("overloaded", "asr_disabled", "too_many_requests", "rate_limited"),
    *("unauthenticated", "auth_unavailable", "forbidden", "too_slow"),
}


def test_every_code_of_the_conversation_has_an_answer():
    """The conversation's table names no code without a text, and no text stands unused."""
    assert {step.code for step in STEPS.values()} - {None} | ELSEWHERE == set(ANSWERS)


@pytest.mark.parametrize(
    ("code", "close_code"),
    [
        (None, 1000),
        ("odd_audio", 1000),
        ("going_away", 1012),
        ("idle_timeout", 1008),
        ("ended_early", 1014),
        ("resource_exhausted", 1013),
        ("unavailable", 1014),
        ("timeout", 1014),
        ("cancelled", 1014),
        ("stream_expired", 1014),
        ("untrusted", 1014),
        ("too_large", 1011),
        ("internal", 1011),
        ("invalid_argument", 1011),
    ],
)
def test_the_last_error_chooses_the_close_code(code, close_code):
    """Overload, a bad upstream, our own leaving and a client's mistake are told apart by number too."""
    assert close_code_of(code) == close_code


@pytest.mark.parametrize("status", MEANINGS)
def test_a_retryable_failure_says_when(status):
    """retry_after_ms stands exactly where trying again may help."""
    error = upstream_error(failure_of(status), "s")
    assert (error.retry_after_ms is not None) == error.retryable
    assert error.stream_id == "s"


def test_a_detail_is_added_to_the_text():
    """The text says what is wrong with this message, the code stays the same."""
    error = own_error("invalid_start", None, "sample_rate must be one of 8000, 16000")
    assert error.error == "this start_transcription cannot be served: sample_rate must be one of 8000, 16000"
    assert error.code == "invalid_start"
