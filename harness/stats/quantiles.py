"""Quantiles of one value per session, and exact bounds on them from order statistics; no distribution is assumed.

A missing value is the worst one: +inf where small is good, -inf where large is good; the caller knows which. NaN is
refused everywhere, because every comparison with it is False: a lost session would count as a good one.
Interpolating quantiles (numpy's default) are not used: between two +inf they give NaN, and they contradict the counts.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from harness.stats.binomial import TIE, alpha, at_most

Values = Sequence[float] | npt.NDArray[np.float64]

_VIOLATES = {"<=": np.greater, "<": np.greater_equal, ">=": np.less, ">": np.less_equal}


def point(values: Values, q: float) -> float:
    """The order statistic of rank ceil(n*q): the smallest value with at least a share q at or below it."""
    ordered = _sorted(values)
    if not ordered.size:
        raise ValueError("no values, no quantile")
    # The product is rounded because 0.07 * 100 is 7.000000000000001, whose ceiling is the wrong session.
    return float(ordered[max(1, math.ceil(round(ordered.size * q, 9))) - 1])


def violations(values: Values, op: str, limit: float) -> int:
    """How many values break ``value op limit``; op is one of <= < >= >."""
    if op not in _VIOLATES:
        raise ValueError(f"{op!r} is none of {' '.join(_VIOLATES)}")
    if math.isnan(limit):
        raise ValueError("a limit is not NaN")
    return int(np.count_nonzero(_VIOLATES[op](_checked(values), limit)))


def allowed_share(q: float, op: str) -> float:
    """The share of sessions that may violate ``quantile q op limit``: 1-q above an upper limit, q below a lower one."""
    if op not in _VIOLATES:
        raise ValueError(f"{op!r} is none of {' '.join(_VIOLATES)}")
    return round(1.0 - q, 12) if op in ("<=", "<") else q


def upper_bound(values: Values, q: float, confidence: float) -> float | None:
    """The value that quantile q does not exceed, with this confidence; None where so few sessions have none."""
    rank = upper_rank(len(values), q, confidence)
    ordered = _sorted(values)
    return None if rank is None else float(ordered[rank - 1])


def lower_bound(values: Values, q: float, confidence: float) -> float | None:
    """The value that quantile q does not fall below, with this confidence; None where so few sessions have none."""
    rank = lower_rank(len(values), q, confidence)
    ordered = _sorted(values)
    return None if rank is None else float(ordered[rank - 1])


def upper_rank(n: int, q: float, confidence: float) -> int | None:
    """The least r with P(Bin(n, q) <= r-1) >= confidence: the r-th smallest of n values is the upper bound."""
    goal = 1.0 - alpha(confidence) - TIE
    below = bisect_left(range(n), True, key=lambda k: at_most(k, n, q) >= goal)
    return None if below >= n else below + 1


def lower_rank(n: int, q: float, confidence: float) -> int | None:
    """The greatest s with P(Bin(n, q) <= s-1) <= 1-confidence: the s-th smallest of n values is the lower bound."""
    level = alpha(confidence) + TIE
    rank = bisect_left(range(n), True, key=lambda k: at_most(k, n, q) > level)
    return rank or None


def _checked(values: Values) -> npt.NDArray[np.float64]:
    array = np.asarray(values, dtype=np.float64)
    if array.ndim != 1:
        raise ValueError("one value a session is a flat list")
    if np.isnan(array).any():
        raise ValueError("NaN is no measurement: a missing value is infinite")
    return array


def _sorted(values: Values) -> npt.NDArray[np.float64]:
    return np.sort(_checked(values))
