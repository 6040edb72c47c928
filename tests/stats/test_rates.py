"""Clopper-Pearson, against SciPy's own."""

from __future__ import annotations

import pytest
from scipy.stats import binomtest

from harness.stats import rates


@pytest.mark.parametrize("confidence", [0.95, 0.99, 0.9975])
@pytest.mark.parametrize(("k", "n"), [(0, 1), (1, 1), (0, 59), (1, 93), (3, 153), (50, 93), (93, 93), (20, 5808)])
def test_the_bounds_are_the_exact_one_sided_ones(k: int, n: int, confidence: float) -> None:
    """Both bounds equal SciPy's exact binomial interval for a one-sided alternative."""
    high = binomtest(k, n, alternative="less").proportion_ci(confidence, method="exact").high
    low = binomtest(k, n, alternative="greater").proportion_ci(confidence, method="exact").low
    assert rates.upper(k, n, confidence) == pytest.approx(high, rel=1e-9)
    assert rates.lower(k, n, confidence) == pytest.approx(low, rel=1e-9)


def test_the_ends_are_exact() -> None:
    """All bad leaves the upper bound at 1, none bad the lower one at 0, and nothing run leaves everything possible."""
    assert rates.upper(7, 7, 0.95) == 1.0
    assert rates.lower(0, 7, 0.95) == 0.0
    assert (rates.lower(0, 0, 0.95), rates.upper(0, 0, 0.95)) == (0.0, 1.0)


def test_no_violation_leaves_the_rule_of_three() -> None:
    """Zero of n gives 1 - alpha^(1/n), and 1 of 93 the 5 % that makes 93 the size for one violation."""
    assert rates.upper(0, 96, 0.95) == pytest.approx(1 - 0.05 ** (1 / 96), rel=1e-12)
    assert f"{rates.upper(1, 93, 0.95):.4f}" == "0.0500"


def test_counts_may_be_fractions() -> None:
    """Effective sizes are not whole numbers; the bound moves between those of the whole ones."""
    assert rates.upper(1, 96, 0.95) < rates.upper(1.5, 96, 0.95) < rates.upper(2, 96, 0.95)


@pytest.mark.parametrize(("k", "n"), [(-1, 5), (6, 5), (float("nan"), 5)])
def test_impossible_counts_are_refused(k: float, n: float) -> None:
    """More violations than sessions, fewer than none, and NaN are the caller's bug."""
    with pytest.raises(ValueError, match="make no rate"):
        rates.upper(k, n, 0.95)
    with pytest.raises(ValueError, match="make no rate"):
        rates.lower(k, n, 0.95)
