"""What a user asks for: which clips, how they arrive, how they are paced, and what must hold."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

Aggregate = Literal["p50", "p95", "p99", "max", "pooled", "rate", "sum"]
Op = Literal["<=", "<", ">=", ">", "=="]
Claim = Literal["list", "population"]

Where = tuple[tuple[str, tuple[str, ...]], ...]
"""Slice keys and the values allowed for each; empty means everything."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Objective:
    """`aggregate metric op threshold`, for a part of the sessions. The threshold is in ms, a share, or a count."""

    objective_id: str
    text: str
    aggregate: Aggregate
    metric: str
    op: Op
    threshold: float
    where: Where = ()
    per: tuple[str, ...] = ()
    phase: str | None = None
    confidence: float = 0.95
    claim: Claim = "list"
    gate: bool = True
    delta: bool = False

    @property
    def has_bound(self) -> bool:
        """`max` and `sum` state what this run showed; everything else is judged by a confidence bound."""
        return self.aggregate not in ("max", "sum")


@dataclass(frozen=True, slots=True, kw_only=True)
class Assembly:
    """A clip to be put together from others at run time, at each of its rates, until it lasts `minutes`.

    `gap_ms` are the shortest and the longest pause between the last word of a piece and the first of the next.
    """

    clip_id: str
    minutes: float
    gap_ms: tuple[int, int]
    seed: int
    rates_hz: tuple[int, ...]
    source: Where = ()
    leave_out: Where = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """Clips to play: every key of `select` must match, no key of `leave_out` may; each clip `repeat` times.

    With `assemble`, the clips are the one that it asks for; without, they are the corpus's.
    """

    select: Where = ()
    leave_out: Where = ()
    repeat: int = 1
    assemble: Assembly | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """Closed arrival in lanes: a lane's next session starts `think_ms` after the planned end of its last."""

    lanes: int
    seed: int
    think_ms: int = 2000


@dataclass(frozen=True, slots=True, kw_only=True)
class Pacing:
    """`end_after_ms` ends the audio that long after the end of speech (push-to-talk); None streams the whole clip."""

    frame_ms: int = 100
    end_after_ms: int | None = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """A whole scenario file, checked."""

    name: str
    description: str
    clips: tuple[Selection, ...]
    arrival: Arrival
    pacing: Pacing
    objectives: tuple[Objective, ...]
    warm_up_sessions: int = 0
    narrowed: tuple[str, ...] = ()  # what the command line cut away; a narrowed run says so


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownLimit:
    """A judged line of the embedded target that fails for a stated reason: the run's verdict leaves it out."""

    objective: str
    where: Where = ()
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tls:
    """Files for TLS to the target; all None means plaintext."""

    ca: str | None = None
    cert: str | None = None
    key: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Observe:
    """Something to look at while the run goes on: `of` names a process of ours."""

    kind: Literal["process"]
    of: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """How to reach, observe and, if it is ours, start the system under test."""

    name: str
    kind: Literal["embedded", "real"]
    endpoints: tuple[
        tuple[str, str], ...
    ]  # driver name -> address, or "auto" for what we start; the first is the default
    stack: str | None = None
    model: str | None = None
    language_code: str = "en-US"
    tls: Tls = field(default_factory=Tls)
    token_env: str | None = None
    observe: tuple[Observe, ...] = ()
    known_limits: tuple[KnownLimit, ...] = ()
    production: bool = False  # others use it: load needs its owner's word
