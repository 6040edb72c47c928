"""What a user asks for: which clips, how they arrive, how they are paced, and what must hold."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from harness.model.limits import Limits

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

    With `assemble`, the clips are the one that it asks for; without, they are the corpus's. Where the arrival has a
    shape, clips are drawn: this entry's with its `weight`, which its clips share.
    """

    select: Where = ()
    leave_out: Where = ()
    repeat: int = 1
    assemble: Assembly | None = None
    weight: float = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Constant:
    """So many lanes. `for_s` counts from the end of the warm-up; None warms up as long as the house rule says."""

    lanes: int
    for_s: float
    warm_s: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Steps:
    """From so many lanes to so many, `step` more every `each_s`."""

    from_lanes: int
    to_lanes: int
    step: int
    each_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Ramp:
    """One lane after the other, evenly over `for_s`."""

    from_lanes: int
    to_lanes: int
    for_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Spike:
    """`times` as many lanes from `at_s` on for `spike_s`, of `for_s` in all."""

    lanes: int
    at_s: float
    spike_s: float
    for_s: float
    times: int = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Stress:
    """Lanes that grow by `factor` every `each_s`, by one at least: to find out about where the knee is."""

    from_lanes: int
    to_lanes: int
    factor: float = 1.25
    each_s: float = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Levels:
    """Numbers of lanes, each visited `visits` times: every level once in each block, blocks shuffled.

    A visit's steady time is `visit_s`, or longer until it has its part of the `sessions` of its level.
    """

    levels: tuple[int, ...]
    visits: int = 3
    sessions: int = 600
    visit_s: float = 60.0
    warm_s: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Surge:
    """`lanes` for `rest_s`, then each overload for `each_s` and `lanes` again for `rest_s`, to see the recovery."""

    lanes: int
    overloads: tuple[int, ...]
    each_s: float
    rest_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """Several runs that look for the capacity: how they follow from each other stands in `scenario/campaign.py`.

    As a shape of its own it is the first of them, the scout, which rises from `from_lanes` to `to_lanes`. `levels`,
    `visits`, `sessions`, `visit_s` and `warm_s` are those of the confirming run, `errors` the sessions of the one that
    shows the error rate, `overloads` are factors of the certified level, `storm` sessions that connect within a second.
    """

    from_lanes: int
    to_lanes: int
    factor: float = 1.25
    rise_s: float = 30.0
    levels: int = 7
    visits: int = 3
    sessions: int = 600
    visit_s: float = 60.0
    warm_s: float | None = None
    errors: int = 1258
    overloads: tuple[float, ...] = (1.5, 3.0)
    surge_s: float = 60.0
    storm: int = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Poisson:
    """`per_s` sessions a second that know nothing of each other; `for_s` counts from the end of the warm-up."""

    per_s: float
    for_s: float
    warm_s: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Trace:
    """Sessions that start when a file says; `starts_s` are its moments, in order."""

    file: str
    starts_s: tuple[float, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Storm:
    """So many sessions, all within `within_s`."""

    sessions: int
    within_s: float


ClosedShape = Constant | Steps | Ramp | Spike | Stress | Levels | Surge | Search
"""Sessions in lanes: a lane's next one waits for the planned end of its last."""
OpenShape = Poisson | Trace | Storm
"""Sessions that start whatever became of others."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """How sessions arrive: the whole list in `lanes`, or clips drawn for a `shape`, which has lanes of its own.

    A lane's next session starts `think_ms` after the planned end of its last.
    """

    lanes: int
    seed: int
    think_ms: int = 2000
    shape: ClosedShape | OpenShape | None = None


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
    limits: Limits = field(default_factory=Limits)
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
    """Something to look at while the run goes on: a process of ours, or a page of Prometheus metrics.

    `of` names the process; for metrics it is the page's address, or the endpoint that has one. `keep` are series to
    keep beside those that are always kept.
    """

    kind: Literal["process", "prometheus"]
    of: str
    keep: tuple[str, ...] = ()

    @property
    def source(self) -> str:
        """What it is called in the series."""
        return self.of if self.kind == "process" else f"metrics of {self.of}"


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
    price_per_hour: float | None = None  # of all that the target is, as it was load tested
    currency: str = ""
