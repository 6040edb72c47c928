from __future__ import annotations

import math
import statistics

import numpy as np
import pytest
from scipy import stats

from harness.stats.paired import EXACT_PAIRS, shift, signed_rank

INF = math.inf
# Hollander & Wolfe, Nonparametric Statistical Methods, table 3.1: depression scale of nine patients before and after.
BEFORE = [1.83, 0.50, 1.62, 2.48, 1.68, 1.88, 1.55, 3.06, 1.30]
AFTER = [0.878, 0.647, 0.598, 2.05, 1.06, 1.29, 1.06, 3.14, 1.29]


def test_the_published_example():
    """Hollander & Wolfe give -0.46, and (-0.786, -0.010) at 96 %: the one-sided bounds at 98 %."""
    found = shift(AFTER, BEFORE, 0.98)
    assert found.value == pytest.approx(-0.46)
    assert (found.low, found.high) == (pytest.approx(-0.786), pytest.approx(-0.010))


@pytest.mark.parametrize(
    ("n", "alpha", "critical"),
    [(5, 0.05, 0), (6, 0.05, 2), (8, 0.05, 5), (9, 0.02, 5), (10, 0.05, 10), (10, 0.01, 5), (20, 0.05, 60)],
)
def test_ranks_are_those_of_the_published_table(n, alpha, critical):
    """Wilcoxon's table gives the largest T with P(T <= t) <= alpha; k is one more (Hollander & Wolfe at 9: 0.02)."""
    assert signed_rank(n, 1 - alpha) == critical + 1


@pytest.mark.parametrize(("n", "rank"), [(1, 0), (4, 0), (5, 1)])
def test_too_few_pairs_have_no_bound(n, rank):
    """At 95 % four pairs bound nothing; with five the bounds are the smallest and the largest difference."""
    assert signed_rank(n, 0.95) == rank
    found = shift(list(range(n)), [0.0] * n, 0.95)
    assert (found.low, found.high) == ((0.0, n - 1.0) if rank else (-INF, INF))


def test_the_normal_rank_continues_the_exact_one():
    """Where the exact distribution ends nothing jumps: the ranks are SciPy's critical values within one."""
    for n in (EXACT_PAIRS - 1, EXACT_PAIRS, EXACT_PAIRS + 1, EXACT_PAIRS + 2):
        mean, sd = n * (n + 1) / 4, math.sqrt(n * (n + 1) * (2 * n + 1) / 24)
        assert abs(signed_rank(n, 0.95) - (mean - 1.6449 * sd + 0.5)) <= 1.5


def test_the_bound_inverts_scipys_test():
    """A shift just beyond the upper bound is rejected by the one-sided signed-rank test, one just within is not."""
    rng = np.random.default_rng(4)
    differences = rng.normal(10, 30, size=24)
    found = shift(differences, np.zeros(24), 0.95)

    def p_value(theta: float) -> float:
        return float(stats.wilcoxon(differences - theta, alternative="less", method="exact").pvalue)

    assert p_value(found.high + 1e-6) <= 0.05 < p_value(found.high - 1e-6)


def test_bounds_cover():
    """One-sided 95 % bounds hold in at least 94 % of 2,000 seeded draws of 20 pairs with a shift of 5."""
    rng = np.random.default_rng(11)
    held = [shift(rng.normal(5, 20, 20), np.zeros(20), 0.95).high >= 5 for _ in range(2000)]
    assert sum(held) / len(held) >= 0.94


def test_the_median_of_an_even_number_lies_between():
    """Two pairs have three averages, three pairs six."""
    assert shift([1.0, 3.0], [0.0, 0.0], 0.95).value == 2.0
    assert shift([0.0, 1.0, 9.0], [0.0] * 3, 0.95).value == pytest.approx(2.75)


def test_a_value_lost_in_the_new_run_counts_as_infinitely_late():
    """One of 30 moves the bound out; with more than the ranks forgive, there is no upper bound but infinity."""
    clean = shift([10.0] * 30, [0.0] * 30, 0.95)
    one = shift([10.0] * 29 + [INF], [0.0] * 30, 0.95)
    many = shift([10.0] * 18 + [INF] * 12, [0.0] * 30, 0.95)
    assert (clean.high, one.value, one.lost, many.high) == (10.0, 10.0, 1, INF)


def test_a_value_regained_counts_the_other_way():
    """Missing in the old run alone is a gain without end."""
    found = shift([10.0] * 20, [INF] * 20, 0.95)
    assert (found.value, found.high, found.regained) == (-INF, -INF, 20)


def test_lost_and_regained_settle_on_the_bad_side():
    """Their average is undefined: no shift for the estimate, the worst for each bound."""
    found = shift([INF] * 10 + [0.0] * 10, [0.0] * 10 + [INF] * 10, 0.95)
    assert (found.value, found.low, found.high) == (0.0, -INF, INF)


def test_missing_in_both_is_left_out_and_counted():
    """It says nothing about a change."""
    found = shift([INF, 5.0], [INF, 1.0], 0.95)
    assert (found.pairs, found.dropped, found.value) == (1, 1, 4.0)
    assert shift([INF], [INF], 0.95).value is None


@pytest.mark.parametrize(("new", "old"), [([math.nan], [0.0]), ([1.0], [1.0, 2.0])])
def test_what_is_no_pair_is_refused(new, old):
    """NaN would compare as good."""
    with pytest.raises(ValueError, match=r"NaN|pairs"):
        shift(new, old, 0.95)


def test_two_confidences_at_once():
    """The bound that refutes is the lower bound at its own confidence."""
    rng = np.random.default_rng(5)
    values = rng.normal(10, 30, size=40)
    found = shift(values, np.zeros(40), 0.95, refuting=0.995)
    assert found.fail_low == shift(values, np.zeros(40), 0.995).low < found.low


@pytest.mark.parametrize("seed", range(5))
def test_lost_and_regained_agree_with_the_averages_written_out(seed):
    """Every undefined average taken for the bad side, one by one."""
    rng = np.random.default_rng(seed)
    new, old = rng.normal(20, 30, 30), rng.normal(0, 30, 30)
    new[:2], old[2:3] = INF, INF
    differences = new - old
    pairs = [(a, b) for i, a in enumerate(differences) for b in differences[i:]]

    def settled(undefined: float) -> list[float]:
        return sorted(undefined if {a, b} == {INF, -INF} else (a + b) / 2 for a, b in pairs)

    rank, found = signed_rank(30, 0.95), shift(new, old, 0.95)
    assert found.low == settled(-INF)[rank - 1]
    assert found.high == settled(INF)[-rank]
    assert found.value == pytest.approx(statistics.median(settled(0.0)))
