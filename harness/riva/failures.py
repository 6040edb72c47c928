"""What each gRPC status of Riva's, and each text it is known for, means to a client of ours: two tables, nothing else.

A *transient* failure passes by itself, a *fatal* one needs somebody to mend something. `docs/errors.md` shows it all.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from harness.errors import HarnessError


class Again(StrEnum):
    """Where this side may try the same stream again, before it tells its client anything."""

    ANYWHERE = "anywhere"
    ELSEWHERE = "elsewhere"  # on another endpoint only: this one has given its answer
    NEVER = "never"


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """A failed stream or call. `code` is stable; `text` may be told to a client, `details` is for our own log.

    `retryable`: the client may come again with the same request. `counts`: the endpoint is to blame, not the request
    nor its load, so a circuit breaker counts it. `where`: the endpoint that failed, as host:port.
    """

    code: str
    retryable: bool
    text: str
    status: str
    details: str = ""
    transient: bool = False
    again: Again = Again.NEVER
    counts: bool = False
    where: str = ""


class RivaError(HarnessError):
    """Riva, or the way to it, failed; `failure` says how. Drivers and the gateway turn it into data at once."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(f"{failure.status}: {failure.details or failure.text}")
        self.failure = failure


class NobodyAskedError(RivaError):
    """No endpoint may be asked now (all ejected, or their breakers open), so this try has cost nobody anything."""


@dataclass(frozen=True, slots=True)
class Meaning:
    """A row of the table; its fields are Failure's. `tell_details` only where they speak of the client's request."""

    code: str
    text: str
    transient: bool
    retryable: bool
    again: Again
    counts: bool
    tell_details: bool = False


def _passing(code: str, text: str, *, again: Again = Again.ANYWHERE, counts: bool = True) -> Meaning:
    return Meaning(code, text, transient=True, retryable=True, again=again, counts=counts)


def _lasting(code: str, text: str, *, counts: bool = False, tell_details: bool = False) -> Meaning:
    return Meaning(code, text, False, False, Again.NEVER, counts, tell_details)


_UNAVAILABLE: Final = _passing("unavailable", "speech recognition cannot be reached")
_TIMEOUT: Final = _passing("timeout", "speech recognition did not answer in time")
_INTERNAL: Final = _passing("internal", "speech recognition failed")
_INVALID: Final = _lasting("invalid_argument", "speech recognition refused the request", tell_details=True)
_NOT_FOUND: Final = _lasting("not_found", "the speech model is not available", tell_details=True)
_UNAUTHORIZED: Final = _lasting("unauthorized", "speech recognition refused this gateway's credentials", counts=True)

MEANINGS: Final[dict[str, Meaning]] = {
    "CANCELLED": _passing("cancelled", "speech recognition was cancelled", counts=False),
    "UNKNOWN": _INTERNAL,
    "INVALID_ARGUMENT": _INVALID,
    "DEADLINE_EXCEEDED": _TIMEOUT,
    "NOT_FOUND": _NOT_FOUND,
    "ALREADY_EXISTS": _INTERNAL,
    "PERMISSION_DENIED": _UNAUTHORIZED,
    "RESOURCE_EXHAUSTED": _passing(
        "resource_exhausted", "speech recognition is at its limit", again=Again.ELSEWHERE, counts=False
    ),
    "FAILED_PRECONDITION": _INVALID,
    "ABORTED": _INTERNAL,
    "OUT_OF_RANGE": _INVALID,
    "UNIMPLEMENTED": _lasting("unimplemented", "the server does not offer this speech recognition", counts=True),
    "INTERNAL": _INTERNAL,
    "UNAVAILABLE": _UNAVAILABLE,
    "DATA_LOSS": _INTERNAL,
    "UNAUTHENTICATED": _UNAUTHORIZED,
}


@dataclass(frozen=True, slots=True)
class Known:
    """A text that says more than its status: `pattern` is searched for, whatever its case."""

    status: str
    pattern: str
    meaning: Meaning

    def matches(self, status: str, details: str) -> bool:
        return status == self.status and re.search(self.pattern, details, re.IGNORECASE) is not None


TEXTS: Final[tuple[Known, ...]] = (
    # Triton frees a sequence that had no audio for max_sequence_idle_microseconds; a new stream is all it needs
    Known(
        "INVALID_ARGUMENT",
        "must specify the START flag|the stream was freed",
        _passing("stream_expired", "speech recognition gave the stream up after a pause", counts=False),
    ),
    Known("INVALID_ARGUMENT", "unavailable model requested", _NOT_FOUND),
    Known("UNKNOWN", "TRTIS response timeout", _TIMEOUT),
    # grpc.aio raises the loss of a connection like this where a write was the first to notice it
    Known("INTERNAL", "internal error from core|RST_STREAM", _UNAVAILABLE),
    Known("RESOURCE_EXHAUSTED", "message larger than max", _lasting("too_large", "the audio is too long for one call")),
    # "come again" although somebody must mend it: a certificate is being rotated, or another endpoint has a good one
    Known(
        "UNAVAILABLE",
        "handshake failed|CERTIFICATE_VERIFY_FAILED|ALERT_|SSL_ERROR",
        Meaning(
            "untrusted",
            "speech recognition and this gateway do not trust each other's certificates",
            transient=False,
            retryable=True,
            again=Again.ELSEWHERE,
            counts=True,
        ),
    ),
)


def failure_of(status: str, details: str = "", *, where: str = "") -> Failure:
    """The failure behind a gRPC status name other than "OK"."""
    meaning = next((row.meaning for row in TEXTS if row.matches(status, details)), MEANINGS.get(status, _INTERNAL))
    return Failure(
        code=meaning.code,
        retryable=meaning.retryable,
        text=f"{meaning.text}: {details}" if meaning.tell_details and details else meaning.text,
        status=status,
        details=details,
        transient=meaning.transient,
        again=meaning.again,
        counts=meaning.counts,
        where=where,
    )
