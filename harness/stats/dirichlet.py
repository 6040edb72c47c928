"""Bounds of a pooled ratio (errors / words over all units), by Dirichlet weights and one phantom unit.

After Gaffke (2005) and Learned-Miller & Thomas (arXiv 1905.06208). Draw ``g_0..g_N ~ Exp(1)`` again and again:
``W* = (sum g_u e_u + g_0 n_0) / (sum g_u n_u + g_0 n_0)`` has a phantom unit that is all wrong; its c-quantile is the
upper bound. With a phantom that is all right (``g_0 n_0`` in the denominator only) the (1-c)-quantile is the lower one.
Unlike a bootstrap, whose weights never leave the sample, it is honest about the errors that few units did not show:
no errors in N units give ``1 - alpha**(1/N)``, one word a unit gives Clopper-Pearson.

The bound is a function of the units and the seed alone: rows are summed by id and put in its order here, the stream is
numpy's frozen legacy one, a draw takes N+1 successive numbers (the phantom's first), and a row is summed on its own, so
that neither the caller's order nor the size of the chunks nor a BLAS library moves a bit of it.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from harness.stats.binomial import alpha

DRAWS = 10_000
_CHUNK_NUMBERS = 1 << 17  # 1 MiB of doubles stays in a core's cache; the result does not depend on it
_LONG_UNIT = 3.0

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class PooledDraws:
    """A pooled ratio and the draws behind its bounds; one object serves any confidence on either side."""

    units: int
    errors: float  # after capping
    words: float
    capped: int  # units (or arms of a pair) that had more errors than words, and were counted as all wrong
    phantom_words: float
    spread: float  # standard deviation of a unit's errors - value * words, over the mean words of a unit
    skew: float  # of the same residuals; 0 where they do not vary
    high: Floats  # (draws,) sorted, with the phantom at its worst
    low: Floats  # (draws,) sorted, with the phantom at its best

    @property
    def value(self) -> float:
        return self.errors / self.words

    def upper(self, confidence: float) -> float:
        """The ratio that the true one does not exceed, with this confidence."""
        return float(self.high[self._rank(confidence) - 1])

    def lower(self, confidence: float) -> float:
        """The ratio that the true one does not fall below, with this confidence."""
        return float(self.low[self.low.size - self._rank(confidence)])

    def _rank(self, confidence: float) -> int:
        return math.ceil(round(self.high.size * (1.0 - alpha(confidence)), 6))


def pooled(
    rows: Iterable[tuple[str, float, float]], *, seed: int, draws: int = DRAWS, design_effect: float = 1.0
) -> PooledDraws:
    """The pooled ratio of rows (unit id, errors, words); rows of one id are one unit, so they are summed first.

    `design_effect` d makes N units that share moments count as N/d: their weights are Gamma(1/d) instead of Exp(1),
    the phantom's stays. On 0/1 data that is the beta quantile of k/d violations among N/d.
    Raises ValueError without rows, and for a row whose words are not positive or whose errors are negative.
    """
    sums: dict[str, list[float]] = defaultdict(lambda: [0.0, 0.0])
    for unit_id, errors, words in rows:
        _check(unit_id, errors, words)
        sums[unit_id][0] += errors
        sums[unit_id][1] += words
    table = _table(sums)
    capped = np.minimum(table[:, 0], table[:, 1])
    over = int((table[:, 0] > table[:, 1]).sum())
    return _drawn(capped, table[:, 1], over, seed, draws, best=0.0, design_effect=design_effect)


def paired_difference(rows: Iterable[tuple[str, float, float, float]], *, seed: int, draws: int = DRAWS) -> PooledDraws:
    """The pooled difference new - old of rows (pair id, new errors, old errors, words of one arm); equal ids add up.

    The phantom pair is all wrong in the new arm alone for the upper bound, in the old arm alone for the lower one.
    Raises ValueError as `pooled` does.
    """
    sums: dict[str, list[float]] = defaultdict(lambda: [0.0, 0.0, 0.0])
    for pair_id, new, old, words in rows:
        _check(pair_id, min(new, old), words)
        for place, number in enumerate((new, old, words)):
            sums[pair_id][place] += number
    table = _table(sums)
    arms, words_of = table[:, :2], table[:, 2]
    capped = np.minimum(arms, words_of[:, None])
    over = int((arms > words_of[:, None]).sum())
    return _drawn(capped[:, 0] - capped[:, 1], words_of, over, seed, draws, best=-1.0)


def phantom_words(words: Floats) -> float:
    """The phantom's length: a unit's mean, or the longest where that exceeds three means (a long clip weighs more)."""
    mean, longest = float(words.mean()), float(words.max())
    return longest if longest > _LONG_UNIT * mean else mean


def rounded_up(bound: float) -> float:
    """An upper bound to 0.1 point, outwards: no seed moves it by much more (sd 0.0004 at 96 units)."""
    return math.ceil(round(bound * 1000.0, 6)) / 1000.0


def rounded_down(bound: float) -> float:
    """A lower bound to 0.1 point, outwards."""
    return math.floor(round(bound * 1000.0, 6)) / 1000.0


def _check(unit_id: str, errors: float, words: float) -> None:
    if not (words > 0 and errors >= 0 and math.isfinite(words) and math.isfinite(errors)):
        raise ValueError(f"unit {unit_id!r}: {errors} errors in {words} words make no rate")


def _table(sums: dict[str, list[float]]) -> Floats:
    if not sums:
        raise ValueError("no units, no pooled ratio")
    return np.array([sums[unit_id] for unit_id in sorted(sums)], dtype=np.float64)


def _drawn(
    errors: Floats, words: Floats, capped: int, seed: int, draws: int, *, best: float, design_effect: float = 1.0
) -> PooledDraws:
    """`best` is the error share of the phantom at its best; at its worst it is 1."""
    length = phantom_words(words)
    error_sums, word_sums, phantom = _weighted_sums(errors, words, np.random.RandomState(seed), draws, design_effect)
    phantom *= length
    residuals = errors - words * (errors.sum() / words.sum())
    spread = float(np.std(residuals))
    return PooledDraws(
        units=words.size,
        errors=float(errors.sum()),
        words=float(words.sum()),
        capped=capped,
        phantom_words=length,
        spread=spread / float(words.mean()),
        skew=float(np.mean((residuals / spread) ** 3)) if spread else 0.0,
        high=np.sort((error_sums + phantom) / (word_sums + phantom)),
        low=np.sort((error_sums + best * phantom) / (word_sums + phantom)),
    )


def _weighted_sums(
    errors: Floats, words: Floats, stream: np.random.RandomState, draws: int, design_effect: float
) -> tuple[Floats, Floats, Floats]:
    sums = np.empty((3, draws))
    rows = max(1, _CHUNK_NUMBERS // (words.size + 1))
    for start in range(0, draws, rows):
        stop = min(start + rows, draws)
        weights = _weights(stream, (stop - start, words.size), design_effect)
        sums[0, start:stop] = (weights[:, 1:] * errors).sum(axis=1)
        sums[1, start:stop] = (weights[:, 1:] * words).sum(axis=1)
        sums[2, start:stop] = weights[:, 0]
    return sums[0], sums[1], sums[2]


def _weights(stream: np.random.RandomState, shape: tuple[int, int], design_effect: float) -> Floats:
    """The phantom's first."""
    draws, units = shape
    if design_effect == 1.0:
        return stream.standard_exponential((draws, units + 1))
    shapes = np.concatenate([[1.0], np.full(units, 1.0 / design_effect)])
    return stream.standard_gamma(shapes, (draws, units + 1))
