"""What a client is told, and how the connection then closes, or is refused before it opens: a table by stable code."""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus
from typing import Final

from harness.riva.failures import Failure
from harness.wire.messages import Error

RETRY_AFTER_MS: Final = 1000
NORMAL_CLOSURE: Final = 1000


@dataclass(frozen=True, slots=True)
class Answer:
    """An error of our own. `close_code` None: the session goes on. `status`: in HTTP, before the WebSocket upgrade."""

    text: str
    close_code: int | None = None
    retryable: bool = False
    retry_after_ms: int | None = None
    status: HTTPStatus | None = None


def _later(text: str, close_code: int, status: HTTPStatus) -> Answer:
    return Answer(text, close_code=close_code, retryable=True, retry_after_ms=RETRY_AFTER_MS, status=status)


ANSWERS: Final[dict[str, Answer]] = {
    "malformed_message": Answer("this text frame is no message"),
    "unknown_type": Answer("this message has a type that the contract does not have"),
    "odd_audio": Answer("binary frames must hold whole samples, at least one; this one was dropped"),
    "invalid_start": Answer("this start_transcription cannot be served"),
    "not_started": Answer("no session is open: send start_transcription first"),
    "already_started": Answer("a session is open already: send stop_transcription and await session_stopped first"),
    "audio_after_stop": Answer("audio after stop_transcription belongs to no session and was dropped"),
    "idle_timeout": Answer("nothing was received for too long", close_code=1008, retryable=True),
    "ended_early": Answer(
        "speech recognition ended before the audio did", close_code=1014, retryable=True, retry_after_ms=RETRY_AFTER_MS
    ),
    "going_away": Answer(
        "this gateway is shutting down",
        close_code=1012,
        retryable=True,
        retry_after_ms=RETRY_AFTER_MS,
        status=HTTPStatus.SERVICE_UNAVAILABLE,
    ),
    "too_fast": Answer("audio came faster than real time for too long", close_code=1008),
    "session_too_long": Answer(
        "the session reached its longest duration; start another", close_code=1008, retryable=True, retry_after_ms=0
    ),
    "too_slow": Answer("what was said was not read in time", close_code=1008, retryable=True),
    "overloaded": _later("this gateway is at its limit", 1013, HTTPStatus.SERVICE_UNAVAILABLE),
    "asr_disabled": _later("speech recognition is switched off", 1013, HTTPStatus.SERVICE_UNAVAILABLE),
    "too_many_requests": _later("this caller has all the connections it may have", 1008, HTTPStatus.TOO_MANY_REQUESTS),
    "rate_limited": _later("this caller starts sessions too often", 1008, HTTPStatus.TOO_MANY_REQUESTS),
    "unauthenticated": Answer("a valid token is required", close_code=1008, status=HTTPStatus.UNAUTHORIZED),
    "auth_unavailable": _later("tokens cannot be checked now", 1013, HTTPStatus.SERVICE_UNAVAILABLE),
    "forbidden": Answer("this origin is not allowed", status=HTTPStatus.FORBIDDEN),
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


def own_error(code: str, stream_id: str | None, detail: str = "", *, retry_after_s: int | None = None) -> Error:
    """`retry_after_s`: where it is known better than in the table."""
    answer = ANSWERS[code]
    return Error(
        error=f"{answer.text}: {detail}" if detail else answer.text,
        code=code,
        retryable=answer.retryable,
        retry_after_ms=answer.retry_after_ms if retry_after_s is None else retry_after_s * 1000,
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
