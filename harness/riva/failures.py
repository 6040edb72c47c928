"""What each gRPC status of Riva's means to a client of ours: one table, nothing else decides."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from harness.errors import HarnessError


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """A failed stream or call. `code` is stable; `text` may be told to a client, `details` is for our own log."""

    code: str
    retryable: bool
    text: str
    status: str
    details: str = ""


class RivaError(HarnessError):
    """Riva, or the way to it, failed; `failure` says how. Drivers and the gateway turn it into data at once."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(f"{failure.status}: {failure.details or failure.text}")
        self.failure = failure


@dataclass(frozen=True, slots=True)
class _Meaning:
    code: str
    retryable: bool
    text: str
    tell_details: bool = False  # only where the details speak of the client's own request


_UNAVAILABLE: Final = _Meaning("unavailable", True, "speech recognition cannot be reached")
_INTERNAL: Final = _Meaning("internal", True, "speech recognition failed")
_INVALID: Final = _Meaning("invalid_argument", False, "speech recognition refused the request", tell_details=True)
_UNAUTHORIZED: Final = _Meaning("unauthorized", False, "speech recognition refused this gateway's credentials")
_UNIMPLEMENTED: Final = _Meaning("unimplemented", False, "the server does not offer streaming speech recognition")

MEANINGS: Final[dict[str, _Meaning]] = {
    "CANCELLED": _Meaning("cancelled", True, "speech recognition was cancelled"),
    "UNKNOWN": _INTERNAL,  # Riva's "TRTIS response timeout" arrives as UNKNOWN, now and then
    "INVALID_ARGUMENT": _INVALID,
    "DEADLINE_EXCEEDED": _Meaning("timeout", True, "speech recognition did not answer in time"),
    "NOT_FOUND": _Meaning("not_found", False, "the speech model is not available", tell_details=True),
    "ALREADY_EXISTS": _INTERNAL,
    "PERMISSION_DENIED": _UNAUTHORIZED,
    "RESOURCE_EXHAUSTED": _Meaning("resource_exhausted", True, "speech recognition is at its limit"),
    "FAILED_PRECONDITION": _INVALID,
    "ABORTED": _INTERNAL,
    "OUT_OF_RANGE": _INVALID,
    "UNIMPLEMENTED": _UNIMPLEMENTED,
    "INTERNAL": _INTERNAL,
    "UNAVAILABLE": _UNAVAILABLE,
    "DATA_LOSS": _INTERNAL,
    "UNAUTHENTICATED": _UNAUTHORIZED,
}


def failure_of(status: str, details: str = "") -> Failure:
    """The failure behind a gRPC status name other than "OK"."""
    meaning = MEANINGS.get(status, _INTERNAL)
    text = f"{meaning.text}: {details}" if meaning.tell_details and details else meaning.text
    return Failure(code=meaning.code, retryable=meaning.retryable, text=text, status=status, details=details)
