"""Looking more than once at a growing run, without fooling oneself.

Two ways are valid: J looks that were planned, each at ``1 - (1-c)/J`` (`look_confidence`), or the e-value below, at any
time and as often as one likes. It is a likelihood ratio against p0 with the true rate mixed uniformly over the other
side; by Ville's inequality it ever reaches 1/alpha on the limit with probability alpha at most.
"""

from __future__ import annotations

import math
from bisect import bisect_left

from scipy.special import betainc, betaincc, betaln

from harness.stats.binomial import alpha, shared_confidence


def look_confidence(confidence: float, looks: int) -> float:
    """The confidence of each of `looks` planned looks."""
    return shared_confidence(confidence, looks)


def evidence_good(k: int, n: int, p0: float) -> float:
    """The logarithm of E for a rate below p0: E = B(k+1, n-k+1) I_p0(k+1, n-k+1) / (p0^(k+1) (1-p0)^(n-k))."""
    mixture = _log(float(betainc(k + 1, n - k + 1, p0))) - math.log(p0)
    return float(betaln(k + 1, n - k + 1)) + mixture - _log_likelihood(k, n, p0)


def evidence_bad(k: int, n: int, p0: float) -> float:
    """The logarithm of E for a rate above p0: E = B(k+1, n-k+1) (1 - I_p0(k+1, n-k+1)) / (p0^k (1-p0)^(n-k+1))."""
    mixture = _log(float(betaincc(k + 1, n - k + 1, p0))) - math.log1p(-p0)
    return float(betaln(k + 1, n - k + 1)) + mixture - _log_likelihood(k, n, p0)


def passes(k: int, n: int, p0: float, confidence: float) -> bool:
    """Whether k violations in n sessions are evidence for a rate of at most p0, however often one looked."""
    return evidence_good(k, n, p0) >= -math.log(alpha(confidence))


def fails(k: int, n: int, p0: float, confidence: float) -> bool:
    """Whether k violations in n sessions are evidence for a rate above p0, however often one looked."""
    return evidence_bad(k, n, p0) >= -math.log(alpha(confidence))


def least_n(k: int, p0: float, confidence: float) -> int:
    """The fewest sessions whose evidence certifies p0 in spite of k violations."""
    high = 2 * k + 2
    while not passes(k, high, p0, confidence):
        high *= 2
    return bisect_left(range(high), True, lo=k, key=lambda n: passes(k, n, p0, confidence))


def _log_likelihood(k: int, n: int, p0: float) -> float:
    return k * math.log(p0) + (n - k) * math.log1p(-p0)


def _log(x: float) -> float:
    return math.log(x) if x > 0.0 else -math.inf
