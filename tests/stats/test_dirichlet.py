"""Pooled ratios: known exact cases, determinism to the last bit, and measured coverage."""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import pytest
from scipy.stats import beta

from harness.stats import dirichlet, rates
from harness.stats.dirichlet import paired_difference, pooled

Rows = list[tuple[str, float, float]]
Array = npt.NDArray[np.float64]


def rows(errors: Array, words: Array) -> Rows:
    return [(f"{i:05}", float(e), float(w)) for i, (e, w) in enumerate(zip(errors, words, strict=True))]


def zero_or_one(k: int, n: int, words: float = 1.0) -> Rows:
    return [(f"{i:05}", words if i < k else 0.0, words) for i in range(n)]


@pytest.mark.parametrize("words", [1.0, 7.0])
@pytest.mark.parametrize(("k", "n"), [(0, 59), (1, 93), (3, 96), (9, 30), (30, 30)])
def test_all_or_nothing_units_of_one_length_give_clopper_pearson(k: int, n: int, words: float) -> None:
    """Both bounds lie within four standard errors of the drawn quantile from the beta quantiles."""
    drawn = pooled(zero_or_one(k, n, words), seed=7)
    for exact, found, density in (
        (rates.upper(k, n, 0.95), drawn.upper(0.95), beta(k + 1, n - k).pdf if k < n else None),
        (rates.lower(k, n, 0.95), drawn.lower(0.95), beta(k, n - k + 1).pdf if k else None),
    ):
        error = 4 * np.sqrt(0.05 * 0.95 / dirichlet.DRAWS) / density(exact) if density else 1e-12
        assert found == pytest.approx(exact, abs=error)


def test_one_error_in_93_sessions_comes_to_the_limit() -> None:
    """0.0499 against the exact 0.0500: the mean of 20 seeds is within 0.0003, one seed's within 0.0015."""
    bounds = [pooled(zero_or_one(1, 93), seed=seed).upper(0.95) for seed in range(20)]
    assert f"{rates.upper(1, 93, 0.95):.4f}" == "0.0500"
    assert np.mean(bounds) == pytest.approx(0.0499, abs=0.0003)
    assert max(abs(bound - 0.0500) for bound in bounds) < 0.0015


@pytest.mark.parametrize("n", [16, 24, 59, 96])
def test_no_error_in_n_units_leaves_the_rule_of_three(n: int) -> None:
    """Zero errors bound the ratio at 1 - alpha^(1/N), where every resampling bound would say 0."""
    bounds = [pooled(zero_or_one(0, n, 12.0), seed=seed).upper(0.95) for seed in range(5)]
    assert np.mean(bounds) == pytest.approx(1 - 0.05 ** (1 / n), rel=0.03)
    assert pooled(zero_or_one(0, n, 12.0), seed=1).lower(0.95) == 0.0


def test_seeds_move_the_bound_by_less_than_a_tenth_of_a_point() -> None:
    """The standard deviation between seeds at 96 units is 0.0004."""
    errors = np.random.default_rng(1).binomial(20, 0.06, 96).astype(float)
    bounds = [pooled(rows(errors, np.full(96, 20.0)), seed=seed).upper(0.95) for seed in range(20)]
    assert np.std(bounds) < 0.0006


def test_the_value_is_the_ratio_of_sums() -> None:
    """3 errors in 10 words and 1 in 30 are 4 in 40, and the bounds lie around it."""
    drawn = pooled([("a", 3, 10), ("b", 1, 30)], seed=1)
    assert (drawn.value, drawn.units, drawn.errors, drawn.words) == (0.1, 2, 4.0, 40.0)
    assert drawn.lower(0.95) < 0.1 < drawn.upper(0.95)


def test_more_confidence_is_a_wider_interval() -> None:
    """One set of draws serves every confidence."""
    drawn = pooled(zero_or_one(9, 96, 10.0), seed=1)
    assert drawn.upper(0.9) < drawn.upper(0.95) < drawn.upper(0.9975) < 1.0
    assert drawn.lower(0.9) > drawn.lower(0.95) > drawn.lower(0.9975) > 0.0


def test_the_callers_order_does_not_matter() -> None:
    """Units are put in the order of their ids, so shuffled rows give the same bits; renamed units need not."""
    rng = np.random.default_rng(3)
    table = rows(rng.binomial(20, 0.1, 50).astype(float), rng.integers(20, 40, 50).astype(float))
    shuffled = [table[i] for i in rng.permutation(50)]
    assert pooled(shuffled, seed=5).high.tobytes() == pooled(table, seed=5).high.tobytes()
    assert pooled(table, seed=6).upper(0.95) != pooled(table, seed=5).upper(0.95)


@pytest.mark.parametrize("numbers", [1, 1000, 1 << 30])
def test_the_size_of_the_chunks_does_not_matter(numbers: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """One draw at a time, a few, or all at once: the same bits."""
    table = zero_or_one(5, 40, 9.0)
    expected = pooled(table, seed=5, draws=500)
    monkeypatch.setattr(dirichlet, "_CHUNK_NUMBERS", numbers)
    assert pooled(table, seed=5, draws=500).high.tobytes() == expected.high.tobytes()
    assert pooled(table, seed=5, draws=500).low.tobytes() == expected.low.tobytes()


def test_the_stream_is_frozen() -> None:
    """A verdict can be recomputed years later: each draw takes the phantom's number first, then the units' by id."""
    weights = np.random.RandomState(2026).standard_exponential((1000, 3))
    high = (weights[:, 1] * 2 + weights[:, 0] * 15) / (weights[:, 1] * 10 + weights[:, 2] * 20 + weights[:, 0] * 15)
    drawn = pooled([("b", 0, 20), ("a", 2, 10)], seed=2026, draws=1000)
    assert drawn.high == pytest.approx(np.sort(high), rel=1e-12)
    assert drawn.upper(0.95) == pytest.approx(0.795739078534702, rel=1e-12)


def test_rows_of_one_id_are_one_unit() -> None:
    """Repeats and degraded copies of one recording are summed first, capped or not."""
    parts: Rows = [("ana", 1, 10), ("ben", 0, 20), ("ana", 2, 10), ("ben", 4, 20)]
    whole: Rows = [("ana", 3, 20), ("ben", 4, 40)]
    assert pooled(parts, seed=1).high.tobytes() == pooled(whole, seed=1).high.tobytes()
    assert pooled(parts, seed=1).units == 2


def test_units_with_more_errors_than_words_are_capped_and_counted() -> None:
    """Insertions can exceed the words; the bound needs ratios of at most one, and says how many it cut."""
    drawn = pooled([("a", 15, 10), ("b", 20, 20), ("c", 0, 20)], seed=1)
    assert (drawn.capped, drawn.errors, drawn.value) == (1, 30.0, 0.6)
    assert drawn.upper(0.95) <= 1.0


@pytest.mark.parametrize(("longest", "length"), [(10.0, 10.0), (30.0, 12.0), (100.0, 100.0)])
def test_the_phantom_is_a_mean_unit_or_the_longest_of_very_unequal_ones(longest: float, length: float) -> None:
    """Nine units of ten words and one of 10, 30 or 100: only beyond three means is the phantom the longest."""
    table = [*zero_or_one(0, 9, 10.0), ("long", 0.0, longest)]
    assert pooled(table, seed=1, draws=10).phantom_words == length


@pytest.mark.parametrize("row", [("a", 1, 0), ("a", -1, 5), ("a", float("nan"), 5), ("a", 1, float("inf"))])
def test_rows_that_make_no_rate_are_refused(row: tuple[str, float, float]) -> None:
    """No words, negative errors and non-numbers are the caller's bug, named with the unit."""
    with pytest.raises(ValueError, match="'a'"):
        pooled([row], seed=1)
    with pytest.raises(ValueError, match="'a'"):
        paired_difference([("a", row[1], 0, row[2])], seed=1)


def test_nothing_measured_has_no_ratio() -> None:
    """An empty slice is for the judge to call inconclusive."""
    with pytest.raises(ValueError, match="no units"):
        pooled([], seed=1)
    with pytest.raises(ValueError, match="no units"):
        paired_difference([], seed=1)


def test_ten_thousand_units_need_little_memory() -> None:
    """The weights are drawn in chunks: a thousand draws of 10,000 units would be 80 MB at once."""
    table = zero_or_one(300, 10_000, 10.0)
    tracemalloc.start()
    drawn = pooled(table, seed=1, draws=1000)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 20e6
    assert drawn.upper(0.95) == pytest.approx(rates.upper(300, 10_000, 0.95), abs=0.001)


@pytest.mark.parametrize(
    ("bound", "up", "down"), [(0.11234, 0.113, 0.112), (0.12, 0.12, 0.12), (0.1200000000001, 0.12, 0.12)]
)
def test_bounds_are_shown_to_a_tenth_of_a_point_and_outwards(bound: float, up: float, down: float) -> None:
    """Upper bounds go up, lower ones down, and a bound on the grid stays there whatever its last bits say."""
    assert (dirichlet.rounded_up(bound), dirichlet.rounded_down(bound)) == (up, down)


@pytest.mark.parametrize(("pairs", "points"), [(150, "2.0"), (400, "0.75")])
def test_pairs_without_any_difference(pairs: int, points: str) -> None:
    """Two arms alike bound the difference at 2.0 points with 150 pairs and 0.75 with 400, and mirror below."""
    same = [(f"{i:03}", 1.0, 1.0, 20.0) for i in range(pairs)]
    drawn = [paired_difference(same, seed=seed) for seed in range(5)]
    decimals = len(points.partition(".")[2])
    assert round(100 * np.mean([d.upper(0.95) for d in drawn]), decimals) == pytest.approx(float(points), abs=0.011)
    assert drawn[0].value == 0.0
    assert drawn[0].lower(0.95) == pytest.approx(-drawn[0].upper(0.95), rel=1e-12)


def test_swapping_the_arms_mirrors_the_bounds() -> None:
    """new - old and old - new are the same draws with the sign turned."""
    rng = np.random.default_rng(4)
    new, old = rng.binomial(20, 0.10, 80).astype(float), rng.binomial(20, 0.06, 80).astype(float)
    ids = [f"{i:03}" for i in range(80)]
    there = paired_difference(zip(ids, new, old, [20.0] * 80, strict=True), seed=3)
    back = paired_difference(zip(ids, old, new, [20.0] * 80, strict=True), seed=3)
    assert there.value == pytest.approx((new.sum() - old.sum()) / 1600)
    assert there.upper(0.95) == pytest.approx(-back.lower(0.95), rel=1e-12)
    assert there.lower(0.95) < there.value < there.upper(0.95)


def test_each_arm_of_a_pair_is_capped_on_its_own() -> None:
    """25 errors in 20 words against 30 are two lost sessions, not an improvement."""
    drawn = paired_difference([("a", 25, 30, 20), ("b", 1, 0, 20)], seed=1)
    assert (drawn.capped, drawn.errors) == (2, 1.0)


def test_pairs_of_one_id_add_up() -> None:
    """Repeats of one clip are one pair."""
    parts = [("a", 2, 1, 10), ("b", 0, 0, 10), ("a", 1, 1, 10)]
    whole = [("a", 3, 2, 20), ("b", 0, 0, 10)]
    assert paired_difference(parts, seed=1).high.tobytes() == paired_difference(whole, seed=1).high.tobytes()


def equal(rng: np.random.Generator, n: int) -> Array:
    return np.full(n, 0.06)


def unlike(rng: np.random.Generator, n: int) -> Array:
    return np.minimum(rng.gamma(1.0, 0.06, n), 1.0)


def uneven(rng: np.random.Generator, n: int) -> Array:
    return np.where(rng.random(n) < 0.1, 0.24, 0.04)


@pytest.mark.slow
@pytest.mark.parametrize("clips", [equal, unlike, uneven])
@pytest.mark.parametrize("n", [6, 12, 24, 48])
def test_the_bounds_cover_the_truth_where_the_bootstrap_does_not(
    clips: Callable[[np.random.Generator, int], Array], n: int
) -> None:
    """Clips of 6-60 words, equal, unlike (CV 1) or a tenth six times worse: both bounds hold in 94 % of 2000 runs."""
    rng, truth = np.random.default_rng(n), 0.06
    above = below = 0
    for seed in range(2000):
        words = rng.integers(6, 61, n)
        drawn = pooled(rows(rng.binomial(words, clips(rng, n)), words), seed=seed, draws=400)
        above += drawn.upper(0.95) >= truth
        below += drawn.lower(0.95) <= truth
    assert above >= 1880
    assert below >= 1880


@pytest.mark.slow
@pytest.mark.parametrize("lost", [0.01, 0.03, 0.06])
def test_the_bounds_cover_lists_in_which_sessions_are_lost_whole(lost: float) -> None:
    """96 sessions of like length, 5 % errors and 1-6 % of them lost: both bounds hold in >= 94 % of 1000 runs."""
    rng, truth = np.random.default_rng(round(100 * lost)), lost + (1 - lost) * 0.05
    above = below = 0
    for seed in range(1000):
        words = rng.integers(15, 26, 96)
        errors = np.where(rng.random(96) < lost, words, rng.binomial(words, 0.05))
        drawn = pooled(rows(errors, words), seed=seed, draws=400)
        above += drawn.upper(0.95) >= truth
        below += drawn.lower(0.95) <= truth
    assert above >= 940
    assert below >= 940


@pytest.mark.slow
def test_a_long_clip_needs_the_long_phantom() -> None:
    """One clip of more than three mean lengths and 3 % lost sessions: the bound holds in >= 94 % of 1000 runs."""
    rng, truth = np.random.default_rng(9), 0.03
    words = np.array([20.0] * 23 + [90.0])
    held = 0
    for seed in range(1000):
        drawn = pooled(rows(np.where(rng.random(24) < truth, words, 0.0), words), seed=seed, draws=400)
        held += drawn.upper(0.95) >= truth
    assert drawn.phantom_words == 90.0
    assert held >= 940


@pytest.mark.slow
@pytest.mark.parametrize(
    ("sessions", "wer", "percent"), [(42, 0.03, 100), (42, 0.06, 19), (56, 0.06, 94), (24, 0.03, 0)]
)
def test_how_often_twelve_per_cent_is_certified(sessions: int, wer: float, percent: int) -> None:
    """P(PASS) of "<= 12 %" for clips of 6-60 words, within seven points of the published figures (300 runs)."""
    rng = np.random.default_rng(sessions)
    passed = 0
    for seed in range(300):
        words = rng.integers(6, 61, sessions)
        passed += pooled(rows(rng.binomial(words, wer), words), seed=seed, draws=2000).upper(0.95) <= 0.12
    assert passed / 3 == pytest.approx(percent, abs=7)


@pytest.mark.slow
def test_a_worse_build_seldom_passes_as_no_worse() -> None:
    """Exactly 2 points worse by sessions lost whole, margin 2 points, 150 pairs: false PASS at most 7 % of 1000 runs.

    Student's t lets 10-19 % of such builds through.
    """
    rng, passed = np.random.default_rng(12), 0
    for seed in range(1000):
        old = rng.binomial(20, 0.05, 150)
        new = np.where(rng.random(150) < 0.02 / 0.95, 20, old)
        pairs = [(f"{i:03}", float(a), float(b), 20.0) for i, (a, b) in enumerate(zip(new, old, strict=True))]
        passed += paired_difference(pairs, seed=seed, draws=400).upper(0.95) <= 0.02
    assert passed <= 70


@pytest.mark.parametrize(("k", "n", "effect"), [(0, 600, 6.0), (30, 600, 3.0), (9, 300, 1.5)])
def test_units_that_share_moments_count_as_fewer(k: int, n: int, effect: float) -> None:
    """With a design effect d, 0/1 data give the beta quantiles of k/d violations among n/d."""
    drawn = pooled(zero_or_one(k, n), seed=7, design_effect=effect)
    assert drawn.upper(0.95) == pytest.approx(rates.upper(k / effect, n / effect, 0.95), rel=0.03)
    assert drawn.lower(0.95) == pytest.approx(rates.lower(k / effect, n / effect, 0.95), rel=0.04)
