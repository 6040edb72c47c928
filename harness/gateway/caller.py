"""Who opened a connection, as far as is known."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

_STREAM_ID: Final = re.compile(r"[\x21-\x7e]{1,128}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """What holds for all sessions of a connection.

    `subject` (of a token or a client certificate) has quotas; `key` settles the group, None: each stream's id does;
    `stream_id` is the request's, for sessions that bring none; `until_s`: Unix time at which the token ends; `trace`:
    the W3C headers of the trace that it is part of.
    """

    subject: str | None = None
    key: str | None = None
    stream_id: str | None = None
    until_s: float | None = None
    trace: Mapping[str, str] = field(default_factory=dict)

    @property
    def expired(self) -> bool:
        return self.until_s is not None and time.time() > self.until_s


def stream_id_of(header: str | None) -> str | None:
    """A request's `X-Stream-Id`, where it may stand in logs: up to 128 visible ASCII characters."""
    return header if header and _STREAM_ID.fullmatch(header) else None
