"""Pooled adjacent violators by hand, and where they cross what is allowed."""

from __future__ import annotations

import math

import pytest

from harness.stats.isotonic import crossing, fit


def test_what_already_rises_is_its_own_fit() -> None:
    """Nothing is pooled where nothing falls."""
    assert fit([1.0, 2.0, 2.0, 5.0], [1, 1, 1, 1]) == (1.0, 2.0, 2.0, 5.0)


@pytest.mark.parametrize(
    ("values", "weights", "expected"),
    [
        # scikit-learn's own tests of isotonic_regression (test_isotonic_regression, ..._with_ties, permutations)
        ([3, 7, 5, 9, 8, 7, 10], [1] * 7, [3, 6, 6, 8, 8, 8, 10]),
        ([10, 0, 2], [1] * 3, [4, 4, 4]),
        # by hand: the last value drags all before it; 2 x 9 and 1 x 3 average to 7
        ([4, 5, 1, 6, 8, 7], [1] * 6, [10 / 3, 10 / 3, 10 / 3, 6, 7.5, 7.5]),
        ([9, 3], [2, 1], [7, 7]),
        # weights pool towards the heavy one, and the pool then passes the value before it: (1*5 + 3*1 + 1*2) / 5
        ([5, 1, 2, 8], [1, 3, 1, 1], [2, 2, 2, 8]),
    ],
)
def test_violators_are_pooled_into_their_weighted_mean(values, weights, expected) -> None:
    """The known fits, value for value."""
    assert fit(values, weights) == pytest.approx(expected)


def test_the_fit_is_the_closest_that_never_falls() -> None:
    """No step of a grid around the fit that keeps its order is nearer to the values."""
    values, weights = [0.02, 0.06, 0.03, 0.10], [300, 200, 400, 100]
    found = fit(values, weights)

    def distance(candidate) -> float:
        return sum(w * (v - c) ** 2 for v, c, w in zip(values, candidate, weights, strict=True))

    for at in range(4):
        for step in (-0.001, 0.001):
            other = [value + step * (here == at) for here, value in enumerate(found)]
            if other == sorted(other):
                assert distance(other) > distance(found)


def test_the_crossing_lies_on_the_line_between_two_levels() -> None:
    """1 % at 30 and 9 % at 40 reach 5 % half way."""
    assert crossing([20, 30, 40], [0.0, 0.01, 0.09], [1, 1, 1], 0.05) == pytest.approx(35.0)


def test_noise_below_does_not_move_the_crossing_down() -> None:
    """A bad low level is pooled with the good ones above it: 6 % and 0 % of like weight are 3 %."""
    assert crossing([10, 20, 30], [0.06, 0.0, 0.07], [1, 1, 1], 0.05) == pytest.approx(25.0)


def test_a_flat_stretch_on_the_limit_still_holds() -> None:
    """Exactly what is allowed is allowed, up to the last such level."""
    assert crossing([10, 20, 30], [0.05, 0.05, 0.15], [1, 1, 1], 0.05) == 20.0


def test_a_crossing_outside_of_the_levels_is_not_invented() -> None:
    """All good is beyond the highest, all bad below the lowest."""
    assert crossing([10, 20], [0.0, 0.01], [1, 1], 0.05) == math.inf
    assert crossing([10, 20], [0.06, 0.9], [1, 1], 0.05) == -math.inf


@pytest.mark.parametrize(
    ("levels", "rates"), [([], []), ([10, 10], [0.0, 0.1]), ([20, 10], [0.0, 0.1]), ([10], [0.1, 0.2])]
)
def test_levels_that_do_not_rise_are_refused(levels, rates) -> None:
    """Each level once, in rising order, with its rate."""
    with pytest.raises(ValueError, match="crossing"):
        crossing(levels, rates, [1] * len(rates), 0.05)


@pytest.mark.parametrize(("values", "weights"), [([math.nan], [1]), ([0.1], [0]), ([0.1], [1, 2])])
def test_broken_input_is_refused(values, weights) -> None:
    """NaN is no rate, a level without sessions no level."""
    with pytest.raises(ValueError, match=r"isotonic|weights"):
        fit(values, weights)
