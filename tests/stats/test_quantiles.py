"""Order statistics and their exact bounds, with ties and missing sessions, against SciPy's interval."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
import pytest
from scipy.stats import quantile_test

from harness.stats import binomial, quantiles

INF = math.inf


def ragged(rng: np.random.Generator) -> npt.NDArray[np.float64]:
    """A run's latencies in coarse steps, so that ties at the limit are common, a few of them missing."""
    n = int(rng.integers(1, 400))
    values = np.round(rng.normal(250, 60, n) / 10) * 10
    values[rng.random(n) < rng.choice([0.0, 0.02, 0.06, 0.3])] = INF
    return values


@pytest.mark.parametrize(
    ("n", "q", "rank"),
    [(1, 0.95, 1), (20, 0.95, 19), (21, 0.95, 20), (100, 0.95, 95), (100, 0.07, 7), (340, 0.95, 323), (3, 0.5, 2)],
)
def test_the_estimate_is_the_order_statistic_of_rank_nq_rounded_up(n: int, q: float, rank: int) -> None:
    """The estimate is a measured value, whatever floating point makes of n*q (0.07 * 100 is above 7)."""
    values = np.random.default_rng(n).permutation(np.arange(1.0, n + 1))
    assert quantiles.point(values, q) == rank


def test_missing_sessions_are_the_worst_and_never_interpolated() -> None:
    """Between two missing sessions the estimate is +inf (numpy's default gives NaN), just below them it is finite."""
    values = [100.0] * 18 + [INF, INF]
    assert quantiles.point(values, 0.95) == INF
    assert quantiles.point(values, 0.90) == 100.0
    assert quantiles.upper_bound([100.0] * 58 + [INF], 0.95, 0.95) == INF


@pytest.mark.parametrize(("op", "count"), [("<=", 2), ("<", 3), (">=", 1), (">", 2)])
def test_ties_at_the_limit_violate_strict_objectives_only(op: str, count: int) -> None:
    """Each operator counts what breaks it."""
    assert quantiles.violations([1.0, 2.0, 3.0, INF], op, 2.0) == count


@pytest.mark.parametrize(("op", "share"), [("<=", 0.05), ("<", 0.05), (">=", 0.95), (">", 0.95)])
def test_the_share_that_may_violate_a_p95(op: str, share: float) -> None:
    """A twentieth may lie above an upper limit; a lower limit on p95 lets all but a twentieth lie below."""
    assert quantiles.allowed_share(0.95, op) == share


@pytest.mark.parametrize(
    ("n", "rank"), [(58, None), (59, 59), (93, 92), (96, 95), (124, 122), (200, 196), (1000, 962), (0, None)]
)
def test_the_upper_bounds_rank_at_p95(n: int, rank: int | None) -> None:
    """The published ranks at 95 %: none below 59 sessions, then the maximum, then inwards."""
    assert quantiles.upper_rank(n, 0.95, 0.95) == rank


@pytest.mark.parametrize("confidence", [0.95, 0.99])
@pytest.mark.parametrize("q", [0.5, 0.95, 0.99])
def test_the_bounds_are_those_of_scipys_interval(q: float, confidence: float) -> None:
    """`quantile_test(...).confidence_interval` is an independent implementation: same bounds, same None (its NaN)."""
    for n in [*range(2, 140, 3), 200, 336, 473, 1000]:
        values = np.random.default_rng(n).normal(size=n)
        high = quantile_test(values, q=0.0, p=q, alternative="less").confidence_interval(confidence).high
        low = quantile_test(values, q=0.0, p=q, alternative="greater").confidence_interval(confidence).low
        assert quantiles.upper_bound(values, q, confidence) == (None if math.isnan(high) else high), n
        assert quantiles.lower_bound(values, q, confidence) == (None if math.isnan(low) else low), n


@pytest.mark.parametrize("q", [0.5, 0.95])
def test_bounds_and_counts_give_the_same_verdict_with_ties_and_missing_sessions(q: float) -> None:
    """In 2000 random runs `bound <= L` is the count rule, and `lower bound > L` the refuting one."""
    rng = np.random.default_rng(7)
    for _ in range(2000):
        values, limit = ragged(rng), float(rng.choice([200.0, 250.0, 300.0, 350.0, 400.0]))
        k, share = quantiles.violations(values, "<=", limit), quantiles.allowed_share(q, "<=")
        high, low = quantiles.upper_bound(values, q, 0.95), quantiles.lower_bound(values, q, 0.95)
        assert (high is not None and high <= limit) == binomial.certified(k, len(values), share, 0.95)
        assert (low is not None and low > limit) == binomial.refuted(k, len(values), share, 0.95)


@pytest.mark.parametrize("q", [0.05, 0.5, 0.95])
def test_bounds_and_counts_agree_for_lower_limits_too(q: float) -> None:
    """For `>=` the bounds swap places, missing is -inf, and the share that may violate is q."""
    rng = np.random.default_rng(8)
    for _ in range(1000):
        values, limit = -ragged(rng), -float(rng.choice([200.0, 250.0, 300.0]))
        k, share = quantiles.violations(values, ">=", limit), quantiles.allowed_share(q, ">=")
        high, low = quantiles.upper_bound(values, q, 0.95), quantiles.lower_bound(values, q, 0.95)
        assert (low is not None and low >= limit) == binomial.certified(k, len(values), share, 0.95)
        assert (high is not None and high < limit) == binomial.refuted(k, len(values), share, 0.95)


def test_a_good_bound_implies_a_good_estimate() -> None:
    """The bound never rescues an estimate on the wrong side: the upper rank is never below the estimate's."""
    for n in range(59, 2500, 13):
        rank = quantiles.upper_rank(n, 0.95, 0.95)
        assert rank is not None
        assert rank >= math.ceil(round(n * 0.95, 9))


@pytest.mark.parametrize("values", [[1.0, math.nan], [math.nan]])
def test_nan_is_refused_everywhere(values: list[float]) -> None:
    """`nan > limit` is False, so a NaN would count as a good session."""
    for broken in (
        lambda: quantiles.point(values, 0.95),
        lambda: quantiles.violations(values, "<=", 1.0),
        lambda: quantiles.upper_bound(values, 0.95, 0.95),
        lambda: quantiles.lower_bound(values, 0.95, 0.95),
    ):
        with pytest.raises(ValueError, match="NaN"):
            broken()
    with pytest.raises(ValueError, match="NaN"):
        quantiles.violations([1.0], "<=", math.nan)


def test_callers_bugs_are_refused() -> None:
    """No values have no estimate, an unknown operator no meaning, and a table of values no order."""
    with pytest.raises(ValueError, match="no values"):
        quantiles.point([], 0.95)
    with pytest.raises(ValueError, match="none of"):
        quantiles.violations([1.0], "==", 1.0)
    with pytest.raises(ValueError, match="none of"):
        quantiles.allowed_share(0.95, "==")
    with pytest.raises(ValueError, match="flat"):
        quantiles.point(np.ones((2, 2)), 0.95)


def test_nothing_measured_has_no_bound() -> None:
    """An empty slice is neither certified nor refuted."""
    assert quantiles.upper_bound([], 0.95, 0.95) is None
    assert quantiles.lower_bound([], 0.95, 0.95) is None
    assert quantiles.violations([], "<=", 300.0) == 0
