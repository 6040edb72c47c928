"""Targets in virtual time whose capacity is known, and the sessions that visits to their levels would give.

Sessions of 10 s follow each other in lanes after 2 s. What they share with their neighbours in time is one of three:
nothing, swings of 5 s (a common Ornstein-Uhlenbeck term with 0.3 of the variance), or stalls of 2 s, in which
everything that ends is late, or lost; a quarter of the bad sessions come by themselves then.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
from scipy.signal import lfilter
from scipy.special import ndtr, ndtri

Moments = Literal["independent", "swings of 5 s", "stalls of 2 s"]
Floats = npt.NDArray[np.float64]
Rng = np.random.Generator

MOMENTS: tuple[Moments, ...] = ("independent", "swings of 5 s", "stalls of 2 s")
LIMIT_MS, P95_SHARE, SPREAD = 800.0, 0.05, 0.3
SWING_S, SWING_SHARE, STALL_S, GRID_S = 5.0, 0.3, 2.0, 0.1
SESSION_S, THINK_S = 10.0, 2.0
VISITS, LEAST_VISIT_S, BETWEEN_VISITS_S = 3, 60.0, 900.0
HEALTHY = 0.01  # share of late sessions far below the knee


@dataclass(frozen=True, slots=True, kw_only=True)
class Planted:
    """A target: which shares of its sessions are late and lost at a level, and up to which level it is in order."""

    name: str
    late: Callable[[float], float]
    lost: Callable[[float], float]
    knee: float
    error_limit: float
    visit_sessions: int = 200


def growing(level: float) -> float:
    """Late sessions where the median grows by 3 % with each session past 40."""
    median = LIMIT_MS * math.exp(SPREAD * ndtri(HEALTHY)) * (1 + 0.03 * max(0.0, level - 40))
    return float(ndtr(-math.log(LIMIT_MS / median) / SPREAD))


GROWS_UNTIL = 40 + (math.exp(SPREAD * (ndtri(P95_SHARE) - ndtri(HEALTHY))) - 1) / 0.03
TARGETS = (
    Planted(name="latency grows past 40", late=growing, lost=lambda _: 0.0, knee=GROWS_UNTIL, error_limit=0.01),
    Planted(
        name="refuses past 60",
        late=lambda _: HEALTHY,
        lost=lambda level: max(0.0, 1 - 60 / level),
        knee=60.0,
        error_limit=0.01,
    ),
    Planted(
        name="drops 1 % past 50",
        late=lambda _: HEALTHY,
        lost=lambda level: 0.01 * (level > 50),
        knee=50.0,
        error_limit=0.005,
        visit_sessions=1000,
    ),
)
AT_LIMIT = Planted(
    name="on the limit", late=lambda _: P95_SHARE, lost=lambda _: 0.0, knee=0.0, error_limit=0.01
)  # its errors are in order: only the p95 stands between it and a certificate


def marked(rng: Rng, ends: Floats, share: float, moments: Moments) -> Floats:
    """A normal score a session whose upper `share` is what happens to that share of them, each visit by itself."""
    own = rng.normal(size=ends.size)
    if moments == "independent" or not 0 < share < 1:
        return own
    if moments == "swings of 5 s":
        return math.sqrt(SWING_SHARE) * swinging(rng, ends) + math.sqrt(1 - SWING_SHARE) * own
    stalled_share = 1 - (1 - share) / (1 - share / 4)
    drawn, by_itself = ndtr(own), 1 - share / 4
    rest = np.where(drawn < by_itself, drawn * (1 - share) / by_itself, 1 - share + 4 * (drawn - by_itself))
    return np.where(stalled(rng, ends, stalled_share), ndtri(1 - share) + 1.0, ndtri(rest))


def swinging(rng: Rng, ends: Floats) -> Floats:
    """An Ornstein-Uhlenbeck process of unit variance at these times, on a grid."""
    steps = int(ends[-1] / GRID_S) + 1
    keep = math.exp(-GRID_S / SWING_S)
    noise = rng.normal(size=steps) * math.sqrt(1 - keep**2)
    noise[0] = rng.normal()
    return lfilter([1.0], [1.0, -keep], noise)[(ends / GRID_S).astype(int)]


def stalled(rng: Rng, ends: Floats, share: float) -> npt.NDArray[np.bool_]:
    """Whether each end lies in a stall; they begin at random, so often that this share of the time is in one."""
    rate = -math.log1p(-share) / STALL_S
    begins = np.sort(rng.uniform(-STALL_S, ends[-1], rng.poisson(rate * (ends[-1] + STALL_S))))
    last = np.searchsorted(begins, ends, side="right") - 1
    return (last >= 0) & (ends - begins[last] < STALL_S) if begins.size else np.zeros(ends.size, dtype=bool)


def visit(rng: Rng, target: Planted, level: int, moments: Moments, seconds: float) -> tuple[Floats, Floats]:
    """Ends of speech and final latencies (infinite: lost) of one visit."""
    rate = level / (SESSION_S + THINK_S)
    n = max(1, int(rate * seconds))
    ends = (np.arange(n) + rng.random(n)) / rate
    late, lost = target.late(level), target.lost(level)
    score = marked(rng, ends, late, moments)
    values = LIMIT_MS * np.exp(SPREAD * (score - ndtri(1 - late)))
    if lost > 0:
        values[marked(rng, ends, lost, moments) > ndtri(1 - lost)] = np.inf
    return ends, values


def visits(rng: Rng, target: Planted, level: int, moments: Moments) -> tuple[Floats, Floats]:
    """All visits to a level: as long as its sessions take, a minute at least."""
    seconds = max(LEAST_VISIT_S, target.visit_sessions * (SESSION_S + THINK_S) / level + 1)
    each = [visit(rng, target, level, moments, seconds) for _ in range(VISITS)]
    ends = np.concatenate([times + at * (seconds + BETWEEN_VISITS_S) for at, (times, _) in enumerate(each)])
    return ends, np.concatenate([values for _, values in each])
