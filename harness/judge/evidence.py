"""What the sessions of a line came to, and what was concluded from it."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Container, Iterator
from dataclasses import dataclass, replace

from harness.judge.lines import Line
from harness.judge.weighing import Weighed
from harness.model.measurement import Measurement, SessionOutcome
from harness.model.metrics import QUANTILES
from harness.model.plan import SessionPlan
from harness.model.run import Measured
from harness.model.scenario import Objective
from harness.model.verdict import Estimate, Outcome
from harness.stats import quantiles


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """A line's measured sessions. A session without a row is one that the metric does not apply to."""

    line: Line
    sessions: tuple[SessionPlan, ...]
    rows: tuple[Measurement, ...]  # one a session, in the same order
    outcomes: tuple[SessionOutcome, ...]  # the same
    unmeasured: int

    @property
    def objective(self) -> Objective:
        return self.line.objective

    @property
    def n(self) -> int:
        return len(self.rows)

    @property
    def missing(self) -> int:
        return sum(row.numerator is None for row in self.rows)

    @property
    def large_is_good(self) -> bool:
        return self.objective.op in (">=", ">")

    @property
    def values(self) -> list[float]:
        """One a session; a missing one is the worst there can be."""
        worst = -math.inf if self.large_is_good else math.inf
        return [worst if row.numerator is None else row.value for row in self.rows]

    @property
    def fractions(self) -> list[tuple[float, float]]:
        """Numerator and denominator of each session, for pooling.

        A session without a ratio is all wrong, and weighs what its clip would have: as one word it would vanish.
        """
        return [self._fraction(row, session) for row, session in zip(self.rows, self.sessions, strict=True)]

    @property
    def failures(self) -> str:
        """How its sessions failed: `2 disconnected (1006), 1 timeout`."""
        kinds = Counter(_kind(one) for one in self.outcomes if one.outcome != "ok")
        ordered = sorted(kinds.items(), key=lambda item: (-item[1], item[0]))
        return ", ".join(f"{count} {kind}" for kind, count in ordered)

    def within(self, ids: Container[str]) -> Evidence:
        """The part of it that these sessions gave."""
        kept = [at for at, session in enumerate(self.sessions) if session.session_id in ids]
        return replace(
            self,
            sessions=tuple(self.sessions[at] for at in kept),
            rows=tuple(self.rows[at] for at in kept),
            outcomes=tuple(self.outcomes[at] for at in kept),
        )

    def value(self) -> float:
        """The aggregate over all rows; there is at least one."""
        aggregate = self.objective.aggregate
        if aggregate == "pooled":
            wrong, words = zip(*self.fractions, strict=True)
            return float(sum(wrong) / sum(words))
        values = self.values
        if aggregate in QUANTILES:
            return quantiles.point(values, QUANTILES[aggregate])
        if aggregate == "rate":
            return sum(value > 0 for value in values) / len(values)
        return max(values) if aggregate == "max" else float(sum(values))

    def estimate(self, **known: float | None) -> Estimate:
        """The line's estimate so far as counting goes; `known` adds bounds."""
        return Estimate(
            metric=self.objective.metric,
            aggregate=self.objective.aggregate,
            n=self.n,
            missing=self.missing,
            value=self.value() if self.rows else None,
            low=known.get("low"),
            high=known.get("high"),
            unmeasured=self.unmeasured,
        )

    def _fraction(self, row: Measurement, session: SessionPlan) -> tuple[float, float]:
        if row.numerator is None or row.denominator <= 0:
            words = max(row.denominator, len(session.clip.words), 1)
            return (0.0 if self.large_is_good else words), words
        return row.numerator, row.denominator


@dataclass(frozen=True, slots=True, kw_only=True)
class Ruling:
    """What one line's evidence says, before the run as a whole is looked at."""

    outcome: Outcome
    estimate: Estimate
    reason: str
    leaning: str = ""
    fresh_n: int | None = None
    notes: tuple[str, ...] = ()
    weighed: Weighed | None = None  # of a load run's counts


def gather(lines: tuple[Line, ...], measured: Measured) -> Iterator[Evidence]:
    """The evidence of every line, in their order."""
    outcomes = {one.session_id: one for one in measured.outcomes if one.measured}
    rows = {(row.metric, row.session_id): row for row in measured.measurements}
    for line in lines:
        held = tuple(session for session in line.sessions if session.session_id in outcomes)
        kept = tuple(session for session in held if (line.objective.metric, session.session_id) in rows)
        yield Evidence(
            line=line,
            sessions=kept,
            rows=tuple(rows[line.objective.metric, session.session_id] for session in kept),
            outcomes=tuple(outcomes[session.session_id] for session in kept),
            unmeasured=len(line.sessions) - len(held),
        )


def _kind(failed: SessionOutcome) -> str:
    """The outcome, and the target's code where it says more: a lost final's close code is an ordinary one."""
    if failed.outcome == "no_final":
        return "without a final"
    told = failed.code and failed.code.lower() != failed.outcome
    return f"{failed.outcome} ({failed.code})" if told else failed.outcome
