"""Levels whose sessions share moments: hand-made batches, then seeded swings and stalls."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
from scipy.special import ndtri, stdtrit
from scipy.stats import kendalltau

from harness.stats import rates
from harness.stats.blocked import blocked_bound, drift, pooled_effect

Array = npt.NDArray[np.float64]
LIMIT = 1.0


def swinging(rng: np.random.Generator, seconds: float, tau_s: float, rho: float, bad: float) -> tuple[Array, Array]:
    """Four sessions a second; log latencies share an Ornstein-Uhlenbeck term; each is late with probability `bad`."""
    n = int(seconds * 4)
    ends = np.sort((np.arange(n) + rng.random(n)) / 4)
    keep, common = np.exp(-0.25 / tau_s), np.empty(n)
    common[0] = rng.normal()
    for i, step in enumerate(rng.normal(size=n - 1)):
        common[i + 1] = keep * common[i] + np.sqrt(1 - keep**2) * step
    score = np.sqrt(rho) * common + np.sqrt(1 - rho) * rng.normal(size=n)
    return ends, LIMIT * np.exp(0.3 * (score - ndtri(1 - bad)))


def spread_evenly(n: int, seconds: float) -> Array:
    return np.linspace(0.0, seconds, n)


def test_the_bound_by_hand() -> None:
    """80 s, 8 batches of 50 sessions, all 20 violations in the first: the published formula, step by step."""
    ends, values = spread_evenly(400, 80.0), np.full(400, 0.5)
    values[:20] = 2.0
    values[20:] -= np.arange(380) / 1e4  # the slowest fifth and tenth lie in the first batches too, but less extremely
    bound = blocked_bound(ends, values, LIMIT, confidence=0.95)
    assert bound is not None
    share, surplus = 0.05, np.array([20 - 2.5] + [-2.5] * 7)
    effect = 8 / 7 * (surplus**2).sum() / 400**2 / (share * (1 - share) / 400)
    assert (bound.n, bound.k, bound.batches, bound.batch_s) == (400, 20, 8, 10.0)
    assert bound.design_effect >= effect > 10
    n_pass = 400 / bound.design_effect * (1.6448536 / stdtrit(7, 0.95)) ** 2
    assert bound.effective_n == pytest.approx(n_pass, rel=1e-6)
    assert bound.upper == pytest.approx(rates.upper(0.05 * n_pass, n_pass, 0.95), rel=1e-6)
    n_fail = 400 / bound.design_effect
    assert bound.lower == pytest.approx(rates.lower(0.05 * n_fail, n_fail, 0.95), rel=1e-6)


def test_evenly_spread_violations_cost_only_the_t_quantile() -> None:
    """Every twentieth session late leaves a design effect of 1; few batches still widen the bound."""
    ends = spread_evenly(800, 159.9)
    values = np.where(np.arange(800) % 20 == 3, 2.0, 0.5 + np.arange(800) % 20 / 100)
    bound = blocked_bound(ends, values, LIMIT, confidence=0.95)
    assert bound is not None
    assert bound.design_effect == pytest.approx(1.0)
    assert bound.batches == 8
    assert rates.upper(40, 800, 0.95) < bound.upper < 1.15 * rates.upper(40, 800, 0.95)
    assert bound.lower == pytest.approx(rates.lower(40, 800, 0.95))


def test_the_shadows_speak_where_nothing_violates() -> None:
    """No violation, but the slowest tenth all came in one half minute: the bound lies well above the rule of three."""
    ends = spread_evenly(600, 240.0)
    values = 0.3 + np.random.default_rng(1).random(600) / 10
    values[100:175] += 0.5
    bound = blocked_bound(ends, values, LIMIT, confidence=0.95)
    assert bound is not None
    assert (bound.k, bound.lower) == (0, 0.0)
    assert bound.upper > 5 * rates.upper(0, 600, 0.95)


def test_the_fail_bound_has_its_own_confidence() -> None:
    """More confidence moves the lower bound down and leaves the upper one alone."""
    ends, values = swinging(np.random.default_rng(2), 180, 2, 0.3, 0.2)
    one = blocked_bound(ends, values, LIMIT, confidence=0.95)
    shared = blocked_bound(ends, values, LIMIT, confidence=0.95, fail_confidence=0.9975)
    assert one is not None
    assert shared is not None
    assert shared.lower < one.lower < one.k / one.n < one.upper == shared.upper


def test_a_short_or_empty_window_has_no_bound() -> None:
    """Eight batches of ten seconds are the least; nothing measured is nothing."""
    assert blocked_bound(spread_evenly(400, 74.0), np.ones(400), LIMIT, confidence=0.95) is None
    assert drift(spread_evenly(400, 74.0), np.ones(400), LIMIT) is None
    assert blocked_bound(np.empty(0), np.empty(0), LIMIT, confidence=0.95) is None


def test_gaps_between_visits_are_no_batches() -> None:
    """Three visits of 20 s an hour apart are six batches of ten seconds, not hundreds; three of 30 s are nine."""
    for seconds, batches in ((20.0, None), (30.0, 9)):
        visit = spread_evenly(200, seconds - 0.1)
        ends = np.concatenate([visit, 3600 + visit, 7200 + visit])
        bound = blocked_bound(ends, np.random.default_rng(1).random(600), LIMIT, confidence=0.95)
        assert (bound and bound.batches) == batches


def test_missing_sessions_violate() -> None:
    """+inf is late, and all late is a certain level."""
    ends = spread_evenly(400, 100.0)
    lost = blocked_bound(ends, np.full(400, np.inf), LIMIT, confidence=0.95)
    assert lost is not None
    assert (lost.k, lost.upper) == (400, 1.0)


def test_broken_input_is_refused() -> None:
    """NaN is no measurement, and every value has an end."""
    with pytest.raises(ValueError, match="NaN"):
        blocked_bound(spread_evenly(400, 100.0), np.full(400, np.nan), LIMIT, confidence=0.95)
    with pytest.raises(ValueError, match="ends for"):
        drift(spread_evenly(400, 100.0), np.ones(399), LIMIT)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("tau_s", "rho", "plain"), [(2, 0.3, (6, 14)), (5, 0.3, (11, 25)), (20, 0.1, (15, 25)), (20, 0.3, (30, 41))]
)
def test_levels_on_the_limit_that_swing(tau_s: float, rho: float, plain: tuple[int, int]) -> None:
    """True rate 5 %, 720 sessions of 180 s, 300 runs: the plain bound passes as published, the blocked in < 8 %."""
    rng, naive, blocked = np.random.default_rng(21), 0, 0
    for _ in range(300):
        bound = blocked_bound(*swinging(rng, 180, tau_s, rho, 0.05), LIMIT, confidence=0.95)
        assert bound is not None
        naive += rates.upper(bound.k, bound.n, 0.95) <= 0.05
        blocked += bound.upper <= 0.05
    assert plain[0] - 3 <= naive / 3 <= plain[1] + 3
    assert blocked / 3 < 8


def test_a_good_independent_level_still_passes() -> None:
    """True rate 1 %, independent sessions, 180 s: at least 59 of 60 seeded levels pass."""
    rng, passed = np.random.default_rng(22), 0
    for _ in range(60):
        bound = blocked_bound(*swinging(rng, 180, 1e-3, 0.0, 0.01), LIMIT, confidence=0.95)
        passed += bound is not None and bound.upper <= 0.05
    assert passed >= 59


def test_a_rising_level_is_not_steady_and_a_falling_one_is() -> None:
    """Only a significant rise of more than a tenth of the limit counts; to become faster is no fault."""
    ends = spread_evenly(720, 180.0)
    noise = np.random.default_rng(3).normal(0, 0.02, 720)
    rising, falling = (drift(ends, 0.6 + sign * 0.2 * ends / 180 + noise, LIMIT) for sign in (1, -1))
    slight = drift(ends, 0.6 + 0.05 * ends / 180 + noise, LIMIT)
    assert rising is not None
    assert falling is not None
    assert slight is not None
    assert not rising.steady
    assert rising.rise == pytest.approx(0.19, abs=0.02)
    assert falling.steady
    assert falling.rise < 0
    assert slight.p_value < 0.01
    assert slight.steady


def test_the_trend_is_kendalls_of_the_batch_medians() -> None:
    """Ends in any order, medians of ten seconds, the p-value of an independent computation."""
    rng = np.random.default_rng(4)
    ends, values = np.arange(401) / 4, rng.random(401)
    medians = [np.quantile(values[40 * i : 40 * i + 40], 0.5, method="inverted_cdf") for i in range(9)]
    medians.append(np.quantile(values[360:], 0.5, method="inverted_cdf"))
    order = rng.permutation(401)
    found = drift(ends[order], values[order], LIMIT)
    assert found is not None
    assert (found.tau, found.p_value) == pytest.approx(tuple(kendalltau(range(10), medians)))


def test_a_level_that_loses_everything_half_way_is_not_steady() -> None:
    """Missing medians rank above all others and still make a finite rise; a flat level has no trend at all."""
    ends = spread_evenly(800, 200.0)
    lost = drift(ends, np.where(ends < 100, 0.5 + ends / 1e4, np.inf), LIMIT)
    flat = drift(ends, np.full(800, 0.5), LIMIT)
    assert lost is not None
    assert not lost.steady
    assert np.isfinite(lost.rise)
    assert flat is not None
    assert flat.steady


@pytest.mark.parametrize("n", [299, 301, 437, 911])
def test_all_sessions_late_is_a_rate_of_one_at_any_size(n: int) -> None:
    """No rounding of the effective numbers makes more violations than sessions."""
    bound = blocked_bound(spread_evenly(n, 180.0), 2.0 + np.random.default_rng(n).random(n), LIMIT, confidence=0.95)
    assert bound is not None
    assert bound.upper == 1.0
    assert bound.lower > 0.9


def test_the_effect_on_a_pooled_ratio_by_hand() -> None:
    """80 s, 8 batches of 50 sessions of 10 words; all 100 errors stand in the first batch."""
    ends, words = spread_evenly(400, 79.9), np.full(400, 10.0)
    errors = np.where(np.arange(400) < 50, 2.0, 0.0)
    residuals = errors - 0.25
    sums = residuals.reshape(8, 50).sum(axis=1)
    expected = 8 / 7 * (sums**2).sum() / (residuals**2).sum() * (stdtrit(7, 0.95) / ndtri(0.95)) ** 2
    assert pooled_effect(ends, errors, words, confidence=0.95) == pytest.approx(expected)


def test_few_batches_alone_cost_a_pooled_ratio_something() -> None:
    """Errors that are spread evenly, and none at all, leave the t quantile's price; a short window has no effect."""
    ends, words = spread_evenly(400, 79.9), np.full(400, 10.0)
    price = (stdtrit(7, 0.95) / ndtri(0.95)) ** 2
    for errors in (np.arange(400) % 2.0, np.zeros(400)):
        assert pooled_effect(ends, errors, words, confidence=0.95) == pytest.approx(price)
    assert pooled_effect(spread_evenly(400, 70.0), words, words, confidence=0.95) is None
