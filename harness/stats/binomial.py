"""Tails of the binomial distribution, and the counts at which a claim about a share is certified or refuted.

Everything here is exact: ``P(Bin(n, p) <= k) = I_{1-p}(n-k, k+1)``, the regularised incomplete beta function.
"""

from __future__ import annotations

from bisect import bisect_left

from scipy.special import betainc, betaincc

TIE = 1e-12  # tails nearer than this to alpha are equal to it; they are computed to about 1e-14


def at_most(k: int, n: int, p: float) -> float:
    """P(Bin(n, p) <= k)."""
    if k < 0:
        return 0.0
    return 1.0 if k >= n else float(betaincc(k + 1, n - k, p))


def at_least(k: int, n: int, p: float) -> float:
    """P(Bin(n, p) >= k), computed as a tail of its own: ``1 - at_most`` loses every digit where it is small."""
    if k <= 0:
        return 1.0
    return 0.0 if k > n else float(betainc(k, n - k + 1, p))


def certified(k: int, n: int, p0: float, confidence: float) -> bool:
    """Whether k violations of n certify a true rate of at most p0: the upper bound of the rate lies at or below it."""
    return at_most(k, n, p0) <= alpha(confidence) + TIE


def refuted(k: int, n: int, p0: float, confidence: float) -> bool:
    """Whether k violations of n show a true rate above p0: the lower bound of the rate lies above it.

    A tail of exactly alpha counts, as it does for the bound of a quantile; for a p95 that is one bad session of one.
    """
    return at_least(k, n, p0) <= alpha(confidence) + TIE


def most_to_pass(n: int, p0: float, confidence: float) -> int | None:
    """The largest k that certifies p0 with n sessions; None where not even 0 does."""
    k = bisect_left(range(n), True, key=lambda k: not certified(k, n, p0, confidence)) - 1
    return None if k < 0 else k


def least_to_fail(n: int, p0: float, confidence: float, *, gates: int = 1) -> int | None:
    """The smallest k that refutes p0 with n sessions when `gates` lines share the error; None where not even n does."""
    level = shared_confidence(confidence, gates)
    k = bisect_left(range(n + 1), True, key=lambda k: refuted(k, n, p0, level))
    return None if k > n else k


def shared_confidence(confidence: float, parts: int) -> float:
    """``1 - (1-c)/parts`` (Bonferroni): the confidence of one of several FAIL bounds, or of one of several looks."""
    if parts < 1:
        raise ValueError(f"a confidence is shared by at least one part, not by {parts}")
    return 1.0 - alpha(confidence) / parts


def alpha(confidence: float) -> float:
    """``1 - confidence``, rounded so that 0.95 gives the 0.05 that was meant and not 0.050000000000000044."""
    if not 0.0 < confidence < 1.0:
        raise ValueError(f"a confidence lies between 0 and 1, not at {confidence}")
    return round(1.0 - confidence, 12)
