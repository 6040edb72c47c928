"""The shift between paired values (new - old), and bounds on it, by ranks: Hodges-Lehmann and Wilcoxon.

The estimate is the median of the Walsh averages ``(d_i + d_j) / 2, i <= j`` (Hodges & Lehmann 1963). The bounds invert
the signed-rank test: with k the largest number for which ``P(T <= k-1) <= alpha``, the k-th smallest Walsh average is
the lower bound and the k-th largest the upper one. Both suppose that differences scatter symmetrically about the shift;
ties make the bounds wider than need be, never narrower (they are taken closed).

A value that is missing in the new run alone is a shift of +inf, in the old one alone of -inf. Their average means
nothing: each bound takes it for the infinity on its own bad side, the estimate for no shift. What is missing in both
says nothing about a change: it is left out, and counted.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import ndtri

from harness.stats.binomial import TIE, alpha

EXACT_PAIRS = 100  # above it the signed-rank distribution is normal to all the digits that move a rank

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Shift:
    """A shift; a bound that so few pairs do not have is infinite."""

    pairs: int  # that count
    lost: int  # of them missing in the new run alone
    regained: int  # of them missing in the old run alone
    dropped: int  # missing in both
    value: float | None  # None without a pair
    low: float
    high: float
    fail_low: float  # the lower bound at the confidence that refutes


def shift(new: Sequence[float], old: Sequence[float], confidence: float, *, refuting: float | None = None) -> Shift:
    """The shift from old to new with one-sided bounds at this confidence; +inf is missing, NaN is refused.

    `refuting` is the confidence of `fail_low`, the same where it is None.
    Raises ValueError for NaN, and where the two are not of one length.
    """
    after, before = _values(new), _values(old)
    if after.size != before.size:
        raise ValueError(f"{after.size} new values and {before.size} old ones are no pairs")
    both = np.isinf(after) & np.isinf(before)
    differences = after[~both] - before[~both]
    n, counted = differences.size, {"dropped": int(both.sum())}
    counted |= {"lost": int((differences == np.inf).sum()), "regained": int((differences == -np.inf).sum())}
    if not n:
        return Shift(pairs=0, value=None, low=-math.inf, high=math.inf, fail_low=-math.inf, **counted)
    averages, undefined = _walsh(differences), counted["lost"] * counted["regained"]
    rank = signed_rank(n, confidence)
    return Shift(
        pairs=n,
        value=_median(np.where(np.isnan(averages), 0.0, averages) if undefined else averages),
        low=_smallest(averages, rank - undefined),
        fail_low=_smallest(averages, signed_rank(n, refuting or confidence) - undefined),
        high=0.0 - _smallest(np.negative(averages, out=averages), rank - undefined),
        **counted,
    )


def signed_rank(n: int, confidence: float) -> int:
    """The largest k with P(T <= k-1) <= 1-confidence, T the signed-rank sum of n pairs; 0 where there is none."""
    level = alpha(confidence)
    if n > EXACT_PAIRS:
        mean, sd = n * (n + 1) / 4, math.sqrt(n * (n + 1) * (2 * n + 1) / 24)
        return max(0, math.floor(mean + float(ndtri(level)) * sd - 0.5) + 1)
    shares = np.zeros(n * (n + 1) // 2 + 1)  # of the 2**n equally likely signs, by the sum of the positive ranks
    shares[0] = 1.0
    for rank in range(1, n + 1):
        with_it = np.zeros_like(shares)
        with_it[rank:] = shares[:-rank]
        shares = (shares + with_it) / 2
    return int(np.searchsorted(np.cumsum(shares), level + TIE, side="right"))


def _values(values: Sequence[float]) -> Floats:
    array = np.asarray(values, dtype=np.float64)
    if np.isnan(array).any():
        raise ValueError("NaN is no measurement: a missing value is infinite")
    return array


def _walsh(differences: Floats) -> Floats:
    """All n(n+1)/2 averages; NaN where +inf meets -inf."""
    n = differences.size
    averages, at = np.empty(n * (n + 1) // 2), 0
    with np.errstate(invalid="ignore"):
        for index in range(n):
            averages[at : at + n - index] = (differences[index] + differences[index:]) / 2
            at += n - index
    return averages


def _smallest(values: Floats, rank: int) -> float:
    """The value of that rank, NaN last; -inf where there is no such rank. They are many: it reorders them in place."""
    if rank < 1:
        return -math.inf
    values.partition(rank - 1)
    return float(values[rank - 1])


def _median(values: Floats) -> float:
    """The mean of the two middle ones; where those are -inf and +inf, no shift."""
    low, high = _smallest(values, (values.size + 1) // 2), _smallest(values, values.size // 2 + 1)
    return 0.0 if math.isinf(low) and low == -high else (low + high) / 2
