"""What a client is told, and how the connection then closes: a table by stable code."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from harness.riva.failures import Failure
from harness.wire.messages import Error

RETRY_AFTER_MS: Final = 1000
NORMAL_CLOSURE: Final = 1000


@dataclass(frozen=True, slots=True)
class Answer:
    """An error of our own. `close_code` None: the session goes on."""

    text: str
    close_code: int | None = None
    retryable: bool = False
    retry_after_ms: int | None = None


ANSWERS: Final[dict[str, Answer]] = {
    "malformed_message": Answer("this text frame is no message"),
    "unknown_type": Answer("this message has a type that the contract does not have"),
    "odd_audio": Answer("binary frames must hold whole 16-bit samples, at least one; this one was dropped"),
    "invalid_start": Answer("this start_transcription cannot be served"),
    "not_started": Answer("no session is open: send start_transcription first"),
    "already_started": Answer("a session is open already: send stop_transcription and await session_stopped first"),
    "audio_after_stop": Answer("audio after stop_transcription belongs to no session and was dropped"),
    "idle_timeout": Answer("nothing was received for too long", close_code=1008, retryable=True),
    "ended_early": Answer(
        "speech recognition ended before the audio did", close_code=1014, retryable=True, retry_after_ms=RETRY_AFTER_MS
    ),
    "going_away": Answer(
        "this gateway is shutting down", close_code=1001, retryable=True, retry_after_ms=RETRY_AFTER_MS
    ),
}

# 1013 try again later, 1014 bad gateway (both in the IANA registry); whatever else fails is 1011 internal error
CLOSE_CODES: Final[dict[str, int]] = {
    "resource_exhausted": 1013,
    "unavailable": 1014,
    "timeout": 1014,
    "cancelled": 1014,
    "stream_expired": 1014,
    "untrusted": 1014,
}
_INTERNAL_ERROR: Final = 1011


def own_error(code: str, stream_id: str | None, detail: str = "") -> Error:
    answer = ANSWERS[code]
    return Error(
        error=f"{answer.text}: {detail}" if detail else answer.text,
        code=code,
        retryable=answer.retryable,
        retry_after_ms=answer.retry_after_ms,
        stream_id=stream_id,
    )


def upstream_error(failure: Failure, stream_id: str | None) -> Error:
    return Error(
        error=failure.text,
        code=failure.code,
        retryable=failure.retryable,
        retry_after_ms=RETRY_AFTER_MS if failure.retryable else None,
        stream_id=stream_id,
    )


def close_code_of(code: str | None) -> int:
    """The close code that goes with the last error of a connection; None = there was none that ends it."""
    if code is None:
        return NORMAL_CLOSURE
    if code in ANSWERS:
        return ANSWERS[code].close_code or NORMAL_CLOSURE
    return CLOSE_CODES.get(code, _INTERNAL_ERROR)
