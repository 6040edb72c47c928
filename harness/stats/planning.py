"""How many sessions a verdict needs, and what a rule does to a system whose true violation rate is known.

The chance to PASS is a saw-tooth in n: it falls while n grows under the same allowed count and jumps where one more
violation is allowed, so its first n above a goal is always one of those jumps, and only they are looked at.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Iterator
from itertools import count

import numpy as np
import numpy.typing as npt
from scipy.optimize import brentq
from scipy.special import betaincc, log_ndtr, ndtr, ndtri

from harness.stats.binomial import TIE, alpha, at_least, at_most, least_to_fail, most_to_pass
from harness.stats.dirichlet import PooledDraws

MAX_SESSIONS = 100_000  # a larger plan is no advice
_BLOCK = 64

Counts = npt.NDArray[np.int64]


def least_n(k: int, p0: float, confidence: float) -> int:
    """The fewest sessions that certify a rate of at most p0 in spite of k violations."""
    return int(_least_n(np.array([k]), p0, confidence)[0])


def pass_probability(n: int, p: float, p0: float, confidence: float, *, gates: int = 1) -> float:
    """P(all `gates` independent slices of n sessions PASS) at true rate p."""
    k = most_to_pass(n, p0, confidence)
    return 0.0 if k is None else at_most(k, n, p) ** gates


def fail_probability(n: int, p: float, p0: float, confidence: float, *, gates: int = 1) -> float:
    """P(any of `gates` independent slices of n sessions FAILs) at true rate p, each judged at 1-(1-c)/gates."""
    k = least_to_fail(n, p0, confidence, gates=gates)
    return 0.0 if k is None else _any(at_least(k, n, p), gates)


def point_fail_probability(n: int, p: float, p0: float, *, gates: int = 1) -> float:
    """The same for the point rule (FAIL when the share itself exceeds p0), which is what the bound rule replaces."""
    return _any(at_least(math.floor(round(n * p0, 9)) + 1, n, p), gates)


def first_n(p: float, p0: float, confidence: float, *, power: float = 0.9, gates: int = 1) -> int | None:
    """The fewest sessions (a slice) with which all slices PASS with probability `power` at true rate p.

    None where p is not below p0, and where it is so near that more than MAX_SESSIONS would be needed.
    """
    if not p < p0:
        return None
    for allowed, sizes in _jumps(p0, confidence):
        chance = betaincc(allowed + 1, sizes - allowed, p) ** gates
        enough = np.flatnonzero((chance >= power) & (sizes <= MAX_SESSIONS))
        if enough.size:
            return int(sizes[enough[0]])
    return None


def fresh_n(k: int, n: int, p0: float, confidence: float, *, power: float = 0.9) -> int | None:
    """The size of a fresh run that would PASS with probability `power` if the observed rate k/n were the true one.

    It is never "n more": sessions added to the old run are a second look. None without a run, on the wrong side, and
    where more than MAX_SESSIONS would be needed.
    """
    return None if n == 0 else first_n(k / n, p0, confidence, power=power)


def fresh_units(observed: PooledDraws, limit: float, confidence: float, *, power: float = 0.9) -> int | None:
    """The number of units of a fresh run whose upper bound would reach `limit` with probability `power`.

    An approximation: units like the observed ones, a normal pooled ratio, and a bound above it by a normal part (the
    spread of the units) plus an exponential one (the phantom unit). Few units with many errors, such as lost sessions,
    move ratio and spread together: the skew widens what the bound does from run to run. Simulated on six mixes (up to
    2 % lost whole), the size named by a large sample PASSes in 87-100 % where 90 % is meant.
    None where the value is not below the limit, and where more than MAX_SESSIONS would be needed.
    """
    if observed.value >= limit:
        return None
    if observed.errors == 0.0:
        return least_clean_units(limit, confidence)
    phantom = (1.0 - observed.value) * observed.phantom_words * observed.units / observed.words
    z_pass, z_power = float(ndtri(confidence)), float(ndtri(power))

    def enough(units: int) -> bool:
        sd = max(observed.spread, 1e-9) / math.sqrt(units)
        swing = 1.0 + z_pass * max(observed.skew, 0.0) / (2.0 * math.sqrt(units))
        room = limit - observed.value - z_power * sd * swing
        return _normal_plus_exponential(room, sd, phantom / units) >= confidence

    units = bisect_left(range(MAX_SESSIONS + 1), True, lo=1, key=enough)
    return None if units > MAX_SESSIONS else units


def fresh_pairs(
    observed: tuple[int, float, float], limit: float, confidence: float, *, phantom: bool, power: float = 0.9
) -> int | None:
    """The number of pairs of a fresh comparison whose upper bound would reach `limit` with probability `power`.

    `observed`: units, the change, and its finite upper bound at `confidence`. An approximation: pairs like the observed
    ones, and a bound above the change by a normal part, as ranks have it, plus with `phantom` the exponential one of a
    paired Dirichlet bound; the observed bound tells the normal part's size. Simulated on three mixes, the size named
    by a large sample PASSes in 80-92 % where 90 % is meant.
    None where the change is not below the limit, and where more than MAX_SESSIONS would be needed.
    """
    units, value, high = observed
    if not value < limit:
        return None
    z_power, sd = float(ndtri(power)), _pair_spread(units, high - value, confidence, phantom=phantom)

    def enough(pairs: int) -> bool:
        room = limit - value - z_power * sd / math.sqrt(pairs)
        return _bound_within(room, sd, pairs, phantom=phantom) >= confidence

    found = bisect_left(range(MAX_SESSIONS + 1), True, lo=1, key=enough)
    return None if found > MAX_SESSIONS else found


def _pair_spread(units: int, gap: float, confidence: float, *, phantom: bool) -> float:
    """The standard deviation of one pair's part that puts the bound of so many `gap` above the change."""
    largest = gap * math.sqrt(units) / float(ndtri(confidence))  # no phantom unit, all of it is spread
    least = largest * 1e-6
    if not phantom or _bound_within(gap, least, units, phantom=True) <= confidence:
        return least if phantom else largest
    return float(brentq(lambda sd: _bound_within(gap, sd, units, phantom=True) - confidence, least, largest))


def _bound_within(room: float, sd: float, units: int, *, phantom: bool) -> float:
    """The chance that a draw of the bound's distribution lies no more than `room` above the change."""
    spread = sd / math.sqrt(units)
    return _normal_plus_exponential(room, spread, 1.0 / units) if phantom else float(ndtr(room / spread))


def least_clean_units(limit: float, confidence: float) -> int:
    """The fewest units of a pooled ratio that certify `limit` without any error: ceil(ln(alpha) / ln(1-limit))."""
    return math.ceil(math.log(alpha(confidence)) / math.log1p(-limit))


def unseen_share(n: int, confidence: float) -> float:
    """``1 - alpha**(1/n)``: the share of sessions that may be bad although a run of n showed none; 1 without a run."""
    return 1.0 if n == 0 else 1.0 - alpha(confidence) ** (1.0 / n)


def _normal_plus_exponential(x: float, sd: float, mean: float) -> float:
    """P(sd * Z + mean * G <= x), Z standard normal and G standard exponential (the ex-Gaussian distribution)."""
    z, ratio = x / sd, sd / mean
    return float(ndtr(z) - math.exp(min(0.0, ratio * ratio / 2.0 - x / mean + float(log_ndtr(z - ratio)))))


def _any(chance: float, gates: int) -> float:
    return -math.expm1(gates * math.log1p(-chance)) if chance < 1.0 else 1.0


def _jumps(p0: float, confidence: float) -> Iterator[tuple[Counts, Counts]]:
    """Blocks of (allowed violations, least n for them), up to MAX_SESSIONS."""
    for start in count(0, _BLOCK):
        allowed = np.arange(start, start + _BLOCK)
        sizes = _least_n(allowed, p0, confidence)
        yield allowed, sizes
        if sizes[-1] > MAX_SESSIONS:
            return


def _least_n(k: Counts, p0: float, confidence: float) -> Counts:
    if not 0.0 < p0 < 1.0:
        raise ValueError(f"no number of sessions certifies a rate of at most {p0}")
    level = alpha(confidence) + TIE
    low, high = k, 2 * k + 2  # n = k never certifies; `high` is doubled until it does
    while (missed := betaincc(k + 1, high - k, p0) > level).any():
        high = np.where(missed, 2 * high, high)
    while (high - low > 1).any():
        middle = np.maximum((low + high) // 2, k + 1)
        enough = betaincc(k + 1, middle - k, p0) <= level
        low, high = np.where(enough, low, middle), np.where(enough, middle, high)
    return high
