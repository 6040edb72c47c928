"""How many sessions at once a target carries within its service levels: what a campaign of load levels showed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from harness.model.scenario import Objective
from harness.model.verdict import Estimate, Outcome, Slice, line_id

Beyond = Literal["", "above", "below"]
"""On which side of all levels tried an estimate lies, where it does not lie between two of them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Knee:
    """The level at which an objective's violations, fitted to rise with the level, reach what it allows."""

    level: float  # where `beyond`: the highest (or lowest) level tried
    objective_id: str = ""  # the one that reaches its limit first; empty where none does
    beyond: Beyond = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class VisitEstimate:
    """One visit to a level as one line saw it."""

    visit: int
    n: int
    violations: int | None  # sessions on the wrong side, for quantiles and rates
    value: float | None  # the line's aggregate; None where nothing was measured


@dataclass(frozen=True, slots=True, kw_only=True)
class Blocked:
    """What a level's bounds rest on: sessions that share moments count as fewer."""

    allowed: float  # the share of sessions that may violate
    share: float
    low: float  # bounds of the violating share
    high: float
    batch_s: float
    batches: int
    design_effect: float
    effective_n: float


@dataclass(frozen=True, slots=True, kw_only=True)
class LevelLine:
    """One objective at one level, at the capacity's `side_confidence`: PASS is shown to hold, FAIL to be broken."""

    objective: Objective
    slice: Slice
    gating: bool
    outcome: Outcome
    estimate: Estimate  # `low` and `high` in the unit of its value
    blocked: Blocked | None  # None: too few batches for a bound
    steady: bool
    visits: tuple[VisitEstimate, ...]
    reason: str

    @property
    def line_id(self) -> str:
        return line_id(self.objective, self.slice)

    @property
    def drift(self) -> float | None:
        """The last visit's value minus the first's; None with fewer than two visits, and where one is not measured."""
        if len(self.visits) < 2:
            return None
        first, last = self.visits[0].value, self.visits[-1].value
        return None if first is None or last is None else last - first


@dataclass(frozen=True, slots=True, kw_only=True)
class Level:
    """One level of a run: PASS where all its gating lines hold, FAIL where one is shown to be broken."""

    level: int
    visits: int
    sessions: int  # counted ones that were measured
    ok: int
    steady_s: float  # over all visits
    outcome: Outcome
    lines: tuple[LevelLine, ...]
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorRate:
    """The error rate at the certified level, with its upper bound at `confidence`."""

    level: int
    part: Literal["confirm", "errors"]  # where its sessions ran
    n: int
    errors: int
    high: float | None  # None: too short a part for a bound
    confidence: float
    limit: float | None  # of the objective on it; None where there is none
    certified: bool
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Capacity:
    """The interval [certified, refuted) holds the true capacity with `confidence`: each end with `side_confidence`."""

    outcome: Outcome  # PASS: a level is certified; INCONCLUSIVE: none is; INVALID: the harness cannot vouch for it
    headline: str
    reason: str  # what stopped the certificate, or what it lacks
    confidence: float
    side_confidence: float
    levels: tuple[Level, ...]  # in rising order
    certified: int | None = None  # the highest level up to which every level holds every objective
    refuted: int | None = None  # the lowest level from which every level is shown to break one
    estimate: float | None = None  # of the knee; None where it lies beyond all levels tried
    estimate_beyond: Beyond = ""
    limited_by: str = ""  # the objective that sets the estimate; empty where none reaches its limit
    steady_s: float = 0.0  # at the certified level
    stall_gap_s: float | None = None  # stalls rarer than one in so many seconds are not excluded
    errors: ErrorRate | None = None  # None: nothing is certified
    findings: tuple[str, ...] = ()
