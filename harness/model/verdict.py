"""What the measurements say about the objectives, and whether the harness can vouch for it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from harness.model.scenario import Objective

Slice = tuple[tuple[str, str], ...]
"""The `per` keys of a judged line with their values; empty for an undivided objective."""


class Outcome(StrEnum):
    """A verdict; `severity` orders them, worst first."""

    PASS = "PASS"  # noqa: S105  not a password
    INCONCLUSIVE = "INCONCLUSIVE"
    FAIL = "FAIL"
    INVALID = "INVALID"

    @property
    def severity(self) -> int:
        return (Outcome.PASS, Outcome.INCONCLUSIVE, Outcome.FAIL, Outcome.INVALID).index(self)

    @property
    def exit_code(self) -> int:
        return {Outcome.PASS: 0, Outcome.FAIL: 1, Outcome.INCONCLUSIVE: 3, Outcome.INVALID: 4}[self]


def line_id(objective: Objective, part: Slice) -> str:
    """The objective, then its slice: `final[rate=8000]`."""
    inside = ",".join(f"{key}={value}" for key, value in part)
    return f"{objective.objective_id}[{inside}]" if inside else objective.objective_id


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """An aggregate over a slice; `low`/`high` are one-sided bounds at the objective's confidence, where they exist."""

    metric: str
    aggregate: str
    n: int  # sessions the aggregate reads (units, for pooled)
    missing: int  # of them without a value: they count as worst
    value: float | None  # None when n is 0
    low: float | None = None
    high: float | None = None
    violations: int | None = None  # sessions on the wrong side of the threshold, for quantiles and rates
    units: int | None = None  # independent units of a pooled bound
    unmeasured: int = 0  # planned sessions that were cut or never started


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """One judged line: an objective on one slice."""

    objective: Objective
    slice: Slice
    outcome: Outcome
    estimate: Estimate
    reason: str
    leaning: str = ""  # good | bad, for INCONCLUSIVE
    fresh_n: int | None = None  # sessions of a fresh run that would PASS with 90 % at the observed rate
    known_limit: str = ""  # the reason of a known limit; such a line is left out of the run's verdict

    @property
    def bound(self) -> float | None:
        """The bound that certifies: the upper one of an upper limit."""
        return self.estimate.low if self.objective.op in (">=", ">") else self.estimate.high

    @property
    def counted(self) -> bool:
        """Whether the run's verdict reads this line."""
        return self.objective.gate and not self.known_limit

    @property
    def line_id(self) -> str:
        return line_id(self.objective, self.slice)


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One reason why the harness could not have vouched for the run, and what was found."""

    check_id: str
    title: str
    found: str
    limit: str
    clear: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ClipChange:
    """New minus old of one metric on one clip, its sessions paired with the baseline's; `low`, `high` hold at 95 %."""

    clip: str  # the clip's key
    metric: str
    pairs: int
    value: float
    low: float
    high: float

    @property
    def unclear(self) -> bool:
        """The interval contains zero."""
        return self.low <= 0 <= self.high


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """The run's verdict: its worst line, or INVALID."""

    outcome: Outcome
    headline: str
    verdicts: tuple[Verdict, ...]
    checks: tuple[Check, ...]
    findings: tuple[str, ...] = ()  # true, noteworthy, and no verdict
    changes: tuple[ClipChange, ...] = ()  # against the baseline, descriptive; empty without one

    @property
    def exit_code(self) -> int:
        return self.outcome.exit_code
