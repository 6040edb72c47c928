"""How much a metric changed between paired sessions, with bounds: one place for objectives and for `compare`."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from harness.judge.pairing import Pair
from harness.model.baseline import Reading
from harness.model.measurement import Measurement
from harness.stats import dirichlet, paired


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """New minus old; positive is worse. `low` and `high` are one-sided bounds, infinite where there is none."""

    pairs: int
    value: float | None  # None where no pair says anything
    low: float
    high: float
    fail_low: float  # the lower bound at the confidence that refutes
    lost: int = 0  # pairs without a value in the new run alone
    regained: int = 0
    dropped: int = 0  # pairs without a value in both
    capped: int = 0  # arms with more errors than words
    units: int | None = None

    @property
    def unclear(self) -> bool:
        """The interval contains zero."""
        return self.value is None or self.low <= 0 <= self.high


def latency_change(pairs: Sequence[Pair], *, confidence: float, fail_confidence: float) -> Change:
    """The Hodges-Lehmann shift in ms."""
    new = [one.new.value for one in pairs]
    old = [math.inf if one.old.numerator is None else one.old.numerator / one.old.denominator for one in pairs]
    found = paired.shift(new, old, confidence, refuting=fail_confidence)
    return Change(
        pairs=found.pairs,
        value=found.value,
        low=found.low,
        high=found.high,
        fail_low=found.fail_low,
        lost=found.lost,
        regained=found.regained,
        dropped=found.dropped,
    )


def wer_change(
    pairs: Sequence[Pair], *, by_source: bool, confidence: float, fail_confidence: float, seed: int
) -> Change:
    """The change of the pooled share of wrong words, by the paired Dirichlet bound.

    Pairs are one unit each or, for a claim about other audio, one a source. Bounds are rounded outwards.
    """
    if not pairs:
        return Change(pairs=0, value=None, low=-math.inf, high=math.inf, fail_low=-math.inf)
    rows = [(_unit(one, by_source=by_source), _errors(one.new), _errors(one.old), one.new.denominator) for one in pairs]
    draws = dirichlet.paired_difference(rows, seed=seed)
    words = sum(row[3] for row in rows)
    return Change(
        pairs=len(pairs),
        value=sum(row[1] - row[2] for row in rows) / words,
        low=dirichlet.rounded_down(draws.lower(confidence)),
        high=dirichlet.rounded_up(draws.upper(confidence)),
        fail_low=dirichlet.rounded_down(draws.lower(fail_confidence)),
        capped=draws.capped,
        units=draws.units,
    )


def _unit(one: Pair, *, by_source: bool) -> str:
    return one.session.clip.source if by_source else one.session.session_id


def _errors(row: Measurement | Reading) -> float:
    return row.denominator if row.numerator is None else row.numerator
