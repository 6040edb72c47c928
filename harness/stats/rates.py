"""Exact one-sided bounds of a rate: Clopper and Pearson (1934), as quantiles of the beta distribution.

k and n may be fractions: the blocked bound shrinks both to an effective size.
"""

from __future__ import annotations

from scipy.special import betaincinv

from harness.stats.binomial import alpha


def upper(k: float, n: float, confidence: float) -> float:
    """The rate that the true one does not exceed, with this confidence: 1 where every session violates, or none ran."""
    _check(k, n)
    return 1.0 if k >= n else float(betaincinv(k + 1, n - k, 1.0 - alpha(confidence)))


def lower(k: float, n: float, confidence: float) -> float:
    """The rate that the true one does not fall below, with this confidence: 0 where nothing violates, or none ran."""
    _check(k, n)
    return 0.0 if k <= 0 else float(betaincinv(k, n - k + 1, alpha(confidence)))


def _check(k: float, n: float) -> None:
    if not 0 <= k <= n:
        raise ValueError(f"{k} violations of {n} sessions make no rate")
