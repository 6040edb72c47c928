"""Sessions of a load level on the wrong side, weighed by time: what may be concluded, and from how many of them."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass
from typing import Final, Literal

from harness.model.capacity import Blocked
from harness.model.verdict import Outcome
from harness.stats import rates
from harness.stats.binomial import TIE
from harness.stats.blocked import BlockedBound, Drift, Floats, blocked_bound, drift

LEAST_SESSIONS: Final = 300

Lack = Literal["", "sessions", "time", "steady", "decided"]
"""Why neither PASS nor FAIL: too few sessions, too short a window, a rise over the window, or neither bound decides."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Weighed:
    """What the sessions of a level say about P(value > limit) <= allowed."""

    outcome: Outcome
    lack: Lack
    allowed: float
    confidence: float
    bound: BlockedBound | None
    drift: Drift | None  # None where steadiness was not asked for, or cannot be told

    @property
    def steady(self) -> bool:
        return self.drift is None or self.drift.steady

    @property
    def blocked(self) -> Blocked | None:
        """The figures behind the outcome; both bounds of the violating share at `confidence`."""
        bound = self.bound
        if bound is None:
            return None
        return Blocked(
            allowed=self.allowed,
            share=bound.k / bound.n,
            low=_low(bound, bound.k, self.confidence),
            high=bound.upper,
            batch_s=bound.batch_s,
            batches=bound.batches,
            design_effect=bound.design_effect,
            effective_n=bound.effective_n,
        )

    def most_to_pass(self) -> int | None:
        """The most violations that would have passed at this design effect; None where not even 0 would."""
        bound = self.bound
        if bound is None or _high(bound, 0, self.confidence) > self.allowed + TIE:
            return None
        over = range(bound.n)
        return bisect_left(over, True, key=lambda k: _high(bound, k, self.confidence) > self.allowed + TIE) - 1

    def least_to_refute(self) -> int | None:
        """The fewest whose lower bound, at the confidence of a PASS, lies above what is allowed; None where none."""
        bound = self.bound
        if bound is None:
            return None
        every = range(bound.n + 1)
        k = bisect_left(every, True, key=lambda k: _low(bound, k, self.confidence) >= self.allowed - TIE)
        return None if k > bound.n else k


def weigh(
    ends_s: Floats,
    values: Floats,
    limit: float,
    *,
    allowed: float,
    confidence: float,
    fail_confidence: float,
    steady: bool = True,
) -> Weighed:
    """PASS, FAIL or INCONCLUSIVE for "at most a share `allowed` of the sessions has a value above `limit`".

    `ends_s`: planned ends of speech, in seconds. `values`: missing is +inf, NaN is refused. `steady`: all sessions ran
    under one load, so that a latency that rises over the window is the target's.
    """
    bound = blocked_bound(ends_s, values, limit, confidence=confidence, fail_confidence=fail_confidence)
    found = drift(ends_s, values, limit) if steady and bound is not None else None
    lack = _lack(values.size, bound, found, allowed)
    outcome = Outcome.INCONCLUSIVE
    if bound is not None and lack not in ("sessions", "time"):
        if bound.lower >= allowed - TIE:
            outcome, lack = Outcome.FAIL, ""
        elif not lack:
            outcome = Outcome.PASS
    return Weighed(outcome=outcome, lack=lack, allowed=allowed, confidence=confidence, bound=bound, drift=found)


def _lack(n: int, bound: BlockedBound | None, found: Drift | None, allowed: float) -> Lack:
    """What keeps the level from a PASS, first what no more sessions would mend."""
    if n < LEAST_SESSIONS:
        return "sessions"
    if bound is None:
        return "time"
    if found is not None and not found.steady:
        return "steady"
    return "decided" if bound.upper > allowed + TIE else ""


def _high(bound: BlockedBound, k: int, confidence: float) -> float:
    return rates.upper(k / bound.n * bound.effective_n, bound.effective_n, confidence)


def _low(bound: BlockedBound, k: int, confidence: float) -> float:
    n = bound.n / bound.design_effect
    return rates.lower(k / bound.n * n, n, confidence)
