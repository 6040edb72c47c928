"""Bounds and steadiness of a load level, whose sessions share moments: a slow ten seconds makes many of them slow.

The plain binomial bound on 720 sessions of 180 s passes a level on its limit in up to 38 % where 5 % is meant. Here the
sessions are put into batches of time; how much more the batches differ than independent sessions would (the design
effect) shrinks the sessions to an effective number, after Korn & Graubard (1998). Where nothing or little violates, the
slowest fifth and tenth of the level speak for it. It is for 300 sessions or more: below that it costs too much power.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import ndtri, stdtrit
from scipy.stats import kendalltau, theilslopes

from harness.stats import quantiles, rates

SHORTEST_BATCH_S = 10.0
LEAST_BATCHES = 8
SHADOWS = (0.2, 0.1)
DRIFT_P = 0.01
DRIFT_RISE = 0.1  # of the limit: the test alone cries wolf in 13-16 % under swings of 20 s
_OFF_THE_CHART = 10.0  # limits: a batch whose median is missing counts as this slow where slopes need a number

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True, kw_only=True)
class BlockedBound:
    """The bounds of a level's violation rate, and the batch length that set them."""

    n: int
    k: int
    upper: float
    lower: float
    batch_s: float
    batches: int
    design_effect: float
    effective_n: float  # what the upper bound rests on


@dataclass(frozen=True, slots=True, kw_only=True)
class Drift:
    """Kendall's trend of 10 s batch medians; not steady where it is significant *and* rises by a tenth of the limit."""

    tau: float
    p_value: float
    rise: float  # over the window, in the latency's unit (Theil-Sen)
    steady: bool


def blocked_bound(
    ends_s: Floats, values: Floats, limit: float, *, confidence: float, fail_confidence: float | None = None
) -> BlockedBound | None:
    """The bounds of P(value > limit) from sessions with these planned ends of speech (seconds) and values.

    `fail_confidence` is that of the lower bound (`confidence` unless given). Missing values are +inf, NaN is refused.
    None where the window has fewer than 8 batches of 10 s: no verdict is possible.
    """
    bad = _violating(ends_s, values, limit)
    bounds = [
        _bound(batch_of, bad, (bad, *_slowest(values)), batch_s, (confidence, fail_confidence or confidence))
        for batch_s, batch_of in _batchings(ends_s)
    ]
    return max(bounds, key=lambda bound: bound.upper, default=None)


def drift(ends_s: Floats, values: Floats, limit: float) -> Drift | None:
    """Whether the level was steady over its window; None where it has fewer than 8 batches of 10 s."""
    _violating(ends_s, values, limit)
    for _, batch_of in _batchings(ends_s):
        times = np.unique(batch_of)
        medians = np.array([quantiles.point(values[batch_of == time], 0.5) for time in times])
        tau, p_value = kendalltau(times, medians)
        slope = theilslopes(np.minimum(medians, _OFF_THE_CHART * limit), times).slope
        rise = float(slope * (times[-1] - times[0]))
        unsteady = bool(p_value < DRIFT_P) and rise > DRIFT_RISE * limit
        return Drift(tau=float(tau), p_value=float(p_value), rise=rise, steady=not unsteady)
    return None


def pooled_effect(ends_s: Floats, errors: Floats, words: Floats, *, confidence: float) -> float | None:
    """By how much fewer independent sessions a pooled ratio errors / words rests on, few batches paid for.

    The design effect of the ratio's residuals (its linearised variance); the largest over the batch lengths, None where
    the window has fewer than 8 batches of 10 s. It helps and does not cure: of levels on their limit (600 sessions in
    180 s, 1 or 5 % lost whole, swings of 5 s or stalls of 2 s) 3-14 % pass at 95 % where 6-23 % do without it
    (simulated): bursts that are rarer than the window leave no trace in it.
    """
    residuals = errors - words * (errors.sum() / words.sum())
    total = float((residuals**2).sum())
    effects = []
    for _, batch_of in _batchings(ends_s):
        batches = np.unique(batch_of).size
        sums = np.bincount(batch_of, weights=residuals)
        effect = batches / (batches - 1) * float((sums**2).sum()) / total if total > 0 else 1.0
        effects.append(max(1.0, effect) * float(stdtrit(batches - 1, confidence) / ndtri(confidence)) ** 2)
    return max(effects, default=None)


def _violating(ends_s: Floats, values: Floats, limit: float) -> Bools:
    if ends_s.shape != values.shape:
        raise ValueError(f"{ends_s.size} ends for {values.size} values")
    quantiles.violations(values, "<=", limit)  # refuses NaN
    return values > limit


def _batchings(ends_s: Floats) -> Iterator[tuple[float, npt.NDArray[np.int64]]]:
    """Batch lengths 10, 20, 40 ... s while 8 batches hold sessions, with each session's batch.

    A rest of less than half a batch joins the last one. Gaps, as between visits to a level, leave batches out.
    """
    if not ends_s.size:
        return
    since = ends_s - ends_s.min()
    batch_s = SHORTEST_BATCH_S
    while True:
        last = max(0, round(float(since.max()) / batch_s) - 1)
        batch_of = np.minimum(since // batch_s, last).astype(np.int64)
        if np.unique(batch_of).size < LEAST_BATCHES:
            return
        yield batch_s, batch_of
        batch_s *= 2


def _bound(
    batch_of: npt.NDArray[np.int64],
    bad: Bools,
    marks: tuple[Bools, ...],
    batch_s: float,
    confidences: tuple[float, float],
) -> BlockedBound:
    n, k, batches = bad.size, int(bad.sum()), np.unique(batch_of).size
    effect = max(1.0, *(_design_effect(batch_of, mark) for mark in marks))
    # A t quantile pays for estimating the spread from few batches.
    n_pass = n / effect * (ndtri(confidences[0]) / stdtrit(batches - 1, confidences[0])) ** 2
    n_fail = n / effect
    return BlockedBound(
        n=n,
        k=k,
        upper=rates.upper(k / n * n_pass, n_pass, confidences[0]),
        lower=rates.lower(k / n * n_fail, n_fail, confidences[1]),
        batch_s=batch_s,
        batches=batches,
        design_effect=effect,
        effective_n=float(n_pass),
    )


def _slowest(values: Floats) -> Iterator[Bools]:
    ordered = np.sort(values)
    for share in SHADOWS:
        yield values >= ordered[-max(1, round(share * values.size))]


def _design_effect(batch_of: npt.NDArray[np.int64], marked: Bools) -> float:
    """The variance of the batches' counts over that of independent sessions; 1 where all or none are marked."""
    n, share = marked.size, float(marked.mean())
    if share in (0.0, 1.0):
        return 1.0
    sizes = np.bincount(batch_of)
    surplus = np.bincount(batch_of, weights=marked) - share * sizes
    batches = np.count_nonzero(sizes)
    return float(batches / (batches - 1) * (surplus**2).sum() / n / (share * (1.0 - share)))
