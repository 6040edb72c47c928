"""The targets' many words for a failure, sorted into the closed set of outcomes."""

from __future__ import annotations

import re
from types import MappingProxyType
from typing import Final

from harness.model.measurement import OUTCOMES

NORMAL_CLOSES: Final = frozenset({"", "ok", "1000", "1005"})
"""A WebSocket closed as it should be (1005: without a code), a gRPC status of OK, or nothing said at all."""

_SORTED: Final = {
    "refused": ("resource_exhausted", "overloaded", "too_many_requests", "rate_limited"),
    "unauthorized": ("unauthenticated", "permission_denied", "forbidden"),
    "unavailable": ("going_away", "untrusted", "asr_disabled", "auth_unavailable"),
    "timeout": ("deadline_exceeded", "idle_timeout", "stream_expired", "session_too_long"),
    "protocol": (  # the two sides did not understand each other: gRPC's words, then those of the gateway's contract
        *("invalid_argument", "failed_precondition", "out_of_range", "not_found", "unimplemented", "already_exists"),
        *("malformed_message", "unknown_type", "odd_audio", "invalid_start", "not_started", "already_started"),
        "audio_after_stop",
        *("too_large", "too_fast", "too_slow"),
    ),
    "disconnected": ("cancelled", "aborted", "ended_early"),
    "internal": ("unknown", "data_loss"),
}

# RFC 6455 section 7.4.1 and IANA's registry of close codes. 1008 is what servers close with when a policy of theirs
# (rate, quota, origin) is against the session.
_CLOSES: Final = {
    "refused": (1008, 1013),
    "unauthorized": (3000, 3003),
    "unavailable": (1001, 1012, 1014, 1015),
    "timeout": (3008,),
    "protocol": (1002, 1003, 1007, 1009, 1010),
    "disconnected": (1006,),
    "internal": (1011,),
}

_HTTP: Final = {"refused": (429, 503), "unauthorized": (401, 403, 407), "unavailable": (502,), "timeout": (408, 504)}

_OUTCOME: Final = MappingProxyType(
    {name: name for name in OUTCOMES if name != "ok"}
    | {word: outcome for outcome, words in _SORTED.items() for word in words}
    | {str(number): outcome for table in (_CLOSES, _HTTP) for outcome, numbers in table.items() for number in numbers}
)


def outcome_of(code: str, *, otherwise: str) -> str:
    """What a code means: a name in any case, a close code, or an HTTP status (also written "HTTP 503" or 4503)."""
    name = re.sub(r"[\s-]+", "_", code.strip().lower())
    number = name.removeprefix("http_").removeprefix("http")
    if found := _OUTCOME.get(name) or _OUTCOME.get(number):
        return found
    private = re.fullmatch(r"4([45]\d\d)", number)  # servers that mirror an HTTP status in a private close code
    return _of_status(private[1] if private else number, otherwise)


def _of_status(number: str, otherwise: str) -> str:
    if not re.fullmatch(r"[45]\d\d", number):
        return otherwise
    return _OUTCOME.get(number) or ("protocol" if number.startswith("4") else "internal")
