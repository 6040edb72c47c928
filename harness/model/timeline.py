"""What was sent and heard in one session, when, and nothing else."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final as Constant
from typing import Literal

NO_FILES: Constant = "no_files"
NO_PORTS: Constant = "no_ports"

EndReason = Literal["completed", "deadline", "cut", "never_started"]


@dataclass(frozen=True, slots=True, kw_only=True)
class HeardWord:
    """A word of a final, with the audio times the target gives (None where the contract has none)."""

    text: str
    start_ns: int | None = None
    end_ns: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """The target is ready to take audio."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Partial:
    """A hypothesis of the open segment that may still change."""

    segment: int
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Final:
    """A segment's text for good. `words` is empty where the contract gives none."""

    segment: int
    text: str
    words: tuple[HeardWord, ...] = ()
    audio_end_ns: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """The target declined the session before it took audio (admission, authorisation)."""

    code: str
    retry_after_ms: int | None = None
    detail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Errored:
    """The target, or the way to it, reported a failure. `code` is the target's own.

    With `ours` it is the harness that failed, for want of files or ports (codes NO_FILES, NO_PORTS): nothing is known
    of the target, and the run is INVALID. A field and not a code, so that no target can say it.
    """

    code: str
    retryable: bool = False
    detail: str = ""
    ours: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Closed:
    """The target is done. `code` is the WebSocket close code or the gRPC status name."""

    code: str
    detail: str = ""


Heard = Opened | Partial | Final | Refused | Errored | Closed


@dataclass(frozen=True, slots=True, kw_only=True)
class FaultEvent:
    """A fault as it was asked for and as it went on and off."""

    at_ns: int
    fault_id: str
    what: Literal["requested", "on", "off"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeline:
    """One session's record. Times are ns since the run began; `send_lag_us` has one entry a dispatched frame."""

    session_id: str
    end_reason: EndReason
    opened_ns: int | None = None  # when opening really began
    ready_ns: int | None = None
    ended_ns: int | None = None  # when the session was over for the engine
    send_lag_us: tuple[int, ...] = ()
    backlog_max: int = 0
    tick_late_max_us: int = 0
    heard: tuple[tuple[int, Heard], ...] = ()
    engine: str = ""  # who played it; empty where nobody did, and in folders of runs that did not say


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """A figure read from the system under test, or from a process of ours, while the run went on."""

    at_ns: int
    source: str
    metric: str
    value: float
