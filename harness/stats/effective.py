"""Bounds of a quantile where sessions share moments: order statistics, as if there were only n* independent sessions.

The blocked bound says how many sessions n* a level's n are worth. A quantile's bound is then the order statistic at
which a rate of the sessions beyond it would just be certified (or refuted) by n* sessions; with n* = n it is the exact
one of `quantiles`.
"""

from __future__ import annotations

from bisect import bisect_left

from harness.stats import quantiles, rates
from harness.stats.binomial import TIE

Values = quantiles.Values


def upper_bound(values: Values, q: float, effective_n: float, confidence: float) -> float | None:
    """The value that quantile q does not exceed, with this confidence; None where so few sessions have none."""
    ordered, n = sorted(values), len(values)
    share = round(1.0 - q, 12) + TIE
    beyond = bisect_left(
        range(n + 1), True, key=lambda k: rates.upper(k * effective_n / n, effective_n, confidence) > share
    )
    return None if beyond == 0 else float(ordered[n - beyond])


def lower_bound(values: Values, q: float, effective_n: float, confidence: float) -> float | None:
    """The value that quantile q does not fall below, with this confidence; None where so few sessions have none."""
    ordered, n = sorted(values), len(values)
    share = round(1.0 - q, 12) - TIE
    beyond = bisect_left(
        range(n + 1), True, key=lambda k: rates.lower(k * effective_n / n, effective_n, confidence) >= share
    )
    return None if beyond > n else float(ordered[n - beyond])
