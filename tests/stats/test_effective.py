from __future__ import annotations

import numpy as np
import pytest

from harness.stats import effective, quantiles


@pytest.mark.parametrize("n", [5, 58, 59, 60, 100, 333, 1000])
@pytest.mark.parametrize("q", [0.5, 0.95, 0.99])
def test_independent_sessions_have_the_exact_bounds(n, q):
    """Worth all of themselves, they have the order statistics that quantiles gives, to the last one."""
    values = np.random.default_rng(n).normal(size=n)
    for confidence in (0.95, 0.99):
        assert effective.upper_bound(values, q, n, confidence) == quantiles.upper_bound(values, q, confidence)
        assert effective.lower_bound(values, q, n, confidence) == quantiles.lower_bound(values, q, confidence)


def test_sessions_that_are_worth_less_have_wider_bounds():
    """Each end moves away from the estimate, and the upper one is lost first."""
    values = np.random.default_rng(4).normal(size=1000)
    lows = [effective.lower_bound(values, 0.95, worth, 0.95) for worth in (1000, 400, 150)]
    highs = [effective.upper_bound(values, 0.95, worth, 0.95) for worth in (1000, 400, 150)]
    assert lows == sorted(lows, reverse=True)
    assert highs == sorted(highs)
    assert lows[0] < quantiles.point(values, 0.95) < highs[0]
    assert effective.upper_bound(values, 0.95, 50, 0.95) is None


def test_what_never_came_can_be_a_bound():
    """Where six in a hundred have no value, p95 is infinite and so is its upper bound; the lower one may not be."""
    values = [1.0] * 940 + [float("inf")] * 60
    assert effective.upper_bound(values, 0.95, 1000, 0.95) == float("inf")
    assert effective.lower_bound(values, 0.95, 1000, 0.95) == 1.0
