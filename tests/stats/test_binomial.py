"""Exact tails, critical counts, and what they mean for a fixed list of unlike clips."""

from __future__ import annotations

from fractions import Fraction
from math import comb

import numpy as np
import pytest

from harness.stats import binomial, rates


def exact_at_most(k: int, n: int, p: Fraction) -> Fraction:
    return sum((comb(n, i) * p**i * (1 - p) ** (n - i) for i in range(k + 1)), Fraction(0))


@pytest.mark.parametrize(("k", "n", "p"), [(0, 59, "0.05"), (10, 336, "0.05"), (0, 598, "0.005"), (3, 7, "0.5")])
def test_the_tails_equal_their_sum_in_rational_numbers(k: int, n: int, p: str) -> None:
    """Both tails agree with the binomial sum in exact fractions to a relative 1e-12."""
    exact = exact_at_most(k, n, Fraction(p))
    assert binomial.at_most(k, n, float(p)) == pytest.approx(float(exact), rel=1e-12)
    assert binomial.at_least(k + 1, n, float(p)) == pytest.approx(float(1 - exact), rel=1e-12)


def test_the_tails_are_sure_or_impossible_outside_the_counts() -> None:
    """Counts below zero and above n have probability 0, and whole ranges probability 1."""
    assert binomial.at_most(-1, 5, 0.3) == 0.0
    assert binomial.at_most(5, 5, 0.3) == 1.0
    assert binomial.at_least(0, 5, 0.3) == 1.0
    assert binomial.at_least(6, 5, 0.3) == 0.0


@pytest.mark.parametrize("p0", [0.05, 0.005])
def test_the_bound_and_the_count_always_agree(p0: float) -> None:
    """U <= p0 holds exactly where P(Bin(n, p0) <= k) <= alpha, and Lo > p0 exactly where the other tail is small."""
    for n in range(1, 1500, 7):
        for k in range(min(n, 40)):
            assert (rates.upper(k, n, 0.95) <= p0) == binomial.certified(k, n, p0, 0.95), (k, n)
            assert (rates.lower(k, n, 0.95) > p0) == binomial.refuted(k, n, p0, 0.95), (k, n)


@pytest.mark.parametrize(
    ("n", "passes", "fails"),
    [(60, 0, 7), (96, 1, 10), (200, 4, 16), (336, 10, 25), (58, None, 7), (1, None, 1), (2, None, 2)],
)
def test_the_counts_that_pass_and_fail_a_p95(n: int, passes: int | None, fails: int | None) -> None:
    """The published counts of the bound rule, and None where no count decides."""
    assert binomial.most_to_pass(n, 0.05, 0.95) == passes
    assert binomial.least_to_fail(n, 0.05, 0.95) == fails


@pytest.mark.parametrize(("n", "counts"), [(60, [7, 9, 10, 10]), (96, [10, 12, 13, 13]), (200, [16, 20, 21, 21])])
def test_the_count_that_fails_grows_with_the_gates_that_share_the_error(n: int, counts: list[int]) -> None:
    """The published critical counts of 1, 10, 20 and 40 gates."""
    assert [binomial.least_to_fail(n, 0.05, 0.95, gates=m) for m in (1, 10, 20, 40)] == counts


def test_no_count_fails_where_even_all_bad_sessions_may_be_chance() -> None:
    """One bad session of one happens by chance in exactly 5 %: enough for one gate, not for two; none shows nothing."""
    assert binomial.least_to_fail(1, 0.05, 0.95) == 1
    assert binomial.least_to_fail(1, 0.05, 0.95, gates=2) is None
    assert binomial.least_to_fail(2, 0.05, 0.95, gates=21) is None
    assert binomial.least_to_fail(0, 0.05, 0.95) is None


@pytest.mark.parametrize("confidence", [0.0, 1.0, 1.5, float("nan")])
def test_a_confidence_outside_its_range_is_refused(confidence: float) -> None:
    """Neither certainty nor nonsense is a confidence."""
    with pytest.raises(ValueError, match="confidence"):
        binomial.alpha(confidence)


def test_an_error_shared_by_nobody_is_refused() -> None:
    """There is no FAIL level for zero gates."""
    with pytest.raises(ValueError, match="at least one"):
        binomial.shared_confidence(0.95, 0)


def test_all_critical_counts_lie_where_hoeffding_protects_unlike_clips() -> None:
    """For all n in 2..2000, k <= n*p0 - 1 passes and k >= n*p0 + 1 fails: unequal clips are then no worse than equal.

    That is the range in which Hoeffding (1956) bounds a sum of unlike Bernoulli variables by the binomial tail.
    """
    for n in range(2, 2001):
        passes, fails = binomial.most_to_pass(n, 0.05, 0.95), binomial.least_to_fail(n, 0.05, 0.95)
        assert passes is None or passes <= n * 0.05 - 1
        assert fails is not None
        assert fails >= n * 0.05 + 1


@pytest.mark.parametrize(
    ("shares", "percent"),
    [
        ([0.05] * 24, "4.40"),
        (list(np.linspace(0.0, 0.10, 24)), "4.26"),
        ([0.30] * 2 + [0.6 / 22] * 22, "3.49"),
        ([1.0] + [0.2 / 23] * 23, "0.00"),
    ],
    ids=["equal", "0..10 %", "two clips carry half", "one always fails"],
)
def test_a_fixed_list_on_the_limit_passes_falsely_no_more_often_than_equal_clips(
    shares: list[float], percent: str
) -> None:
    """24 clips, 4 times each, with a mean rate of exactly 5 %: what equal clips pass falsely bounds every mixture."""
    assert sum(shares) / len(shares) == pytest.approx(0.05)
    distribution = np.ones(1)
    for share in shares * 4:
        distribution = np.convolve(distribution, [1 - share, share])
    passes = binomial.most_to_pass(96, 0.05, 0.95)
    assert passes == 1
    assert f"{100 * distribution[: passes + 1].sum():.2f}" == percent
