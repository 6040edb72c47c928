"""Whether moments come with a constant period, by Rayleigh's test at every frequency that could be told apart."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

SHORTEST_S, LONGEST_S = 0.1, 10.0
APART_S = 0.05  # moments nearer than this are one stall, told twice
LEAST = 12  # moments; fewer cannot reach the level in even a short run
MOST = 400  # moments that are looked at: the first ones
ALPHA = 1e-4  # of calling what has no period periodic, over all frequencies
_FINE = 8  # steps to a frequency's width: between two of them a sharp line loses under 3 % of its height
_NEAR = 0.7  # of the highest line: its overtones are as high but for chance, so the lowest of those is the period
_FILLED = 0.5  # of the periods must have a stall, else it is one of several times the period, or a few by chance
_LEAST_FILLED = 8  # periods: a few bursts are no rhythm, however many stalls each has
_STRETCH = 1 << 14  # frequencies at once

Floats = npt.NDArray[np.float64]


def period_s(moments_s: Sequence[float]) -> float | None:
    """The period between 0.1 and 10 s with which these moments come, in seconds; None where they show none.

    R(f) is the length of the mean of exp(2 pi i f t); for moments without a period, n R(f)^2 is exponential, and there
    are about (10 - 0.1) Hz times the span independent frequencies (Mardia & Jupp, Directional Statistics, 6.3).
    """
    at = _single(moments_s)[:MOST]
    if len(at) < LEAST:
        return None
    at, span = at - at[0], float(at[-1] - at[0])
    width = 1 / span
    hz = np.arange(1 / LONGEST_S, 1 / SHORTEST_S + width, width / _FINE)
    height = _heights(hz, at)
    needed = math.sqrt(math.log(max(1.0, len(hz) / _FINE) / ALPHA) / len(at))
    strong = np.flatnonzero(height >= max(needed, _NEAR * float(height.max())))
    if not len(strong):
        return None
    first = strong[strong <= strong[0] + _FINE]  # the lowest line; its summit is within one width
    period = 1 / float(hz[first[np.argmax(height[first])]])
    filled = len(np.unique(np.round(_turns(at, period))))
    return period if filled >= max(_LEAST_FILLED, _FILLED * (span / period + 1)) else None


def _single(moments_s: Sequence[float]) -> Floats:
    """In order, each stall once."""
    at = np.sort(np.asarray(moments_s, dtype=np.float64))
    return at[np.diff(at, prepend=-math.inf) > APART_S]


def _heights(hz: Floats, at: Floats) -> Floats:
    parts = [hz[begin : begin + _STRETCH] for begin in range(0, len(hz), _STRETCH)]
    return np.concatenate([np.abs(np.exp(2j * np.pi * np.outer(part, at)).mean(axis=1)) for part in parts])


def _turns(at: Floats, period: float) -> Floats:
    """Periods since the first, counted from the mean phase, so that scatter does not carry one over the edge."""
    turns = at / period
    phase = float(np.angle(np.exp(2j * np.pi * turns).mean())) / (2 * np.pi)
    filled: Floats = turns - phase
    return filled
