"""The published tables of sizes and of what the rules do, to the last digit."""

from __future__ import annotations

import numpy as np
import pytest

from harness.stats import binomial, planning
from harness.stats.dirichlet import pooled

ALLOWED = (0, 1, 2, 3, 5, 10, 20)
P95 = 0.05


def shown(share: float, published: str) -> str:
    """A share in per cent, with as many decimals as the published figure."""
    return f"{100 * share:.{len(published.partition('.')[2])}f}"


@pytest.mark.parametrize(
    ("p0", "confidence", "sizes"),
    [
        (0.05, 0.95, (59, 93, 124, 153, 208, 336, 577)),
        (0.05, 0.99, (90, 130, 165, 198, 259, 398, 656)),
        (0.005, 0.95, (598, 947, 1258, 1549, 2100, 3389, 5808)),
        (0.005, 0.99, (919, 1325, 1678, 2006, 2618, 4024, 6615)),
        (0.05, 0.975, (72, 110, 142, 173)),
        (0.01, 0.95, (299, 473, 628)),
        (0.01, 0.99, (459, 662, 838)),
        (0.5, 0.95, (5, 8, 11)),
    ],
)
def test_the_least_n_of_every_cell(p0: float, confidence: float, sizes: tuple[int, ...]) -> None:
    """All 28 cells of the table and the further ones for 97.5 %, p99 and p50; one session fewer does not certify."""
    for k, n in zip(ALLOWED, sizes, strict=False) if len(sizes) == 7 else enumerate(sizes):
        assert planning.least_n(k, p0, confidence) == n
        assert binomial.certified(k, n, p0, confidence)
        assert not binomial.certified(k, n - 1, p0, confidence)


RATES = (0.02, 0.04, 0.05, 0.06, 0.10, 0.20)
RULES = {
    60: (("30", "9", "4.6", "2.4", "0.2", "0"), ("3", "22", "35", "49", "86", "100"), ("0", "1", "3", "7", "39", "97")),
    96: (
        ("43", "10", "4.4", "1.9", "0", "0"),
        ("4", "34", "53", "69", "97", "100"),
        ("0", "0.5", "2", "6", "50", "99.6"),
    ),
    200: (
        ("63", "9.5", "2.6", "0.6", "0", "0"),
        ("0.3", "18", "42", "66", "99", "100"),
        ("0", "0.7", "4", "15", "86", "100"),
    ),
    336: (
        ("92", "21", "5.0", "0.8", "0", "0"),
        ("0.1", "19", "51", "80", "100", "100"),
        ("0", "0.2", "3", "16", "96", "100"),
    ),
}


@pytest.mark.parametrize("n", RULES)
def test_how_often_each_rule_passes_and_fails(n: int) -> None:
    """P(PASS), P(FAIL by the point rule) and P(FAIL by the bound rule) at six true rates and four sizes."""
    passes, points, bounds = RULES[n]
    for p, good, point, bound in zip(RATES, passes, points, bounds, strict=True):
        assert shown(planning.pass_probability(n, p, P95, 0.95), good) == good, p
        assert shown(planning.point_fail_probability(n, p, P95), point) == point, p
        assert shown(planning.fail_probability(n, p, P95, 0.95), bound) == bound, p


@pytest.mark.parametrize(
    ("p0", "p", "sizes"),
    [
        (0.05, 0.005, (93, 93)),
        (0.05, 0.01, (124, 153)),
        (0.05, 0.02, (234, 311)),
        (0.05, 0.03, (601, 832)),
        (0.05, 0.04, (2698, 3701)),
        (0.005, 0.0005, (947, 947)),
        (0.005, 0.001, (1258, 1549)),
        (0.005, 0.002, (2366, 3389)),
    ],
)
def test_the_first_n_that_passes_with_80_and_90_per_cent(p0: float, p: float, sizes: tuple[int, int]) -> None:
    """The published planning sizes."""
    assert (planning.first_n(p, p0, 0.95, power=0.8), planning.first_n(p, p0, 0.95, power=0.9)) == sizes


@pytest.mark.parametrize(
    ("p", "sizes"),
    [
        (0.002, ((59, 93), (93, 124), (124, 124), (124, 124))),
        (0.005, ((93, 93), (153, 153), (153, 181), (181, 181))),
        (0.01, ((124, 153), (208, 234), (234, 260), (260, 311))),
        (0.02, ((234, 311), (482, 554), (554, 624), (624, 694))),
    ],
)
def test_the_n_per_slice_when_all_of_many_slices_must_pass(p: float, sizes: tuple[tuple[int, int], ...]) -> None:
    """The published sizes for 1, 10, 20 and 40 gates."""
    for gates, (eighty, ninety) in zip((1, 10, 20, 40), sizes, strict=True):
        assert planning.first_n(p, P95, 0.95, power=0.8, gates=gates) == eighty
        assert planning.first_n(p, P95, 0.95, power=0.9, gates=gates) == ninety


@pytest.mark.parametrize(("p", "gates"), [(0.005, 1), (0.01, 1), (0.01, 10), (0.02, 1)])
def test_no_smaller_n_reaches_the_power(p: float, gates: int) -> None:
    """Looking only at the jumps of the saw-tooth misses nothing: every smaller n passes less often."""
    n = planning.first_n(p, P95, 0.95, gates=gates)
    assert n is not None
    assert planning.pass_probability(n, p, P95, 0.95, gates=gates) >= 0.9
    assert all(planning.pass_probability(i, p, P95, 0.95, gates=gates) < 0.9 for i in range(1, n))


@pytest.mark.parametrize(
    ("p", "point", "uncorrected", "shared"),
    [(0.02, "59", "0.0", "0.0"), (0.04, "100", "10", "0.2"), (0.05, "100", "36", "2.0")],
)
def test_how_often_a_run_of_twenty_good_slices_fails(p: float, point: str, uncorrected: str, shared: str) -> None:
    """20 gates of 96 sessions: the point rule, the bound rule at full error, and the bound rule with the shared one."""
    alone = planning.fail_probability(96, p, P95, 0.95)
    assert shown(planning.point_fail_probability(96, p, P95, gates=20), point) == point
    assert shown(1 - (1 - alone) ** 20, uncorrected) == uncorrected
    assert shown(planning.fail_probability(96, p, P95, 0.95, gates=20), shared) == shared


def test_what_the_shared_error_costs_a_bad_slice() -> None:
    """At 20 gates and 96 sessions a slice at 10, 15, 20 or 30 % FAILs as often as published."""
    k = binomial.least_to_fail(96, P95, 0.95, gates=20)
    assert k is not None
    assert [shown(binomial.at_least(k, 96, p), "1") for p in (0.10, 0.15, 0.20, 0.30)] == ["16", "70", "96", "100"]


def test_two_gates_on_the_limit_pass_together_far_less_often_than_one() -> None:
    """PASS needs no correction: one gate on the limit passes in 4.4 %, two independent ones in 0.19 %."""
    assert shown(planning.pass_probability(96, 0.05, P95, 0.95), "4.4") == "4.4"
    assert shown(planning.pass_probability(96, 0.05, P95, 0.95, gates=2), "0.19") == "0.19"


def test_gates_that_violate_together_on_the_limit_still_pass_in_less_than_the_error() -> None:
    """20,000 seeded runs of five gates that share every session's luck: the run passes like one gate, 4.4 +- 0.6 %."""
    luck = np.random.default_rng(11).random((20_000, 96))
    violations = (luck < 0.05).sum(axis=1)
    passes = binomial.most_to_pass(96, P95, 0.95)
    assert (violations <= passes).mean() == pytest.approx(0.044, abs=0.006)


def test_the_size_of_a_fresh_run_follows_the_observed_rate() -> None:
    """1 of 100 plans like a true 1 %, none at all needs the least n; a rate on the wrong side has no size."""
    assert planning.fresh_n(1, 100, P95, 0.95) == 153
    assert planning.fresh_n(0, 20, P95, 0.95) == 59
    assert planning.fresh_n(5, 100, P95, 0.95) is None
    assert planning.fresh_n(50, 100, P95, 0.95) is None
    assert planning.fresh_n(0, 0, P95, 0.95) is None


def test_a_size_beyond_all_reason_is_no_advice() -> None:
    """A rate of 4.99 % would need millions of sessions."""
    assert planning.first_n(0.0499, P95, 0.95) is None


def test_a_limit_nothing_can_meet_is_refused() -> None:
    """No number of sessions certifies a rate of at most zero."""
    with pytest.raises(ValueError, match="no number of sessions"):
        planning.least_n(0, 0.0, 0.95)


def test_the_least_units_without_any_error() -> None:
    """59, 29, 24 and 16 clean units certify 5, 10, 12 and 18 %; the bound of one unit fewer does not."""
    for limit, units in ((0.05, 59), (0.10, 29), (0.12, 24), (0.18, 16)):
        assert planning.least_clean_units(limit, 0.95) == units
        assert planning.unseen_share(units, 0.95) <= limit < planning.unseen_share(units - 1, 0.95)


def test_what_a_clean_run_leaves_possible() -> None:
    """Nothing seen in 96 sessions leaves 3.1 %, in none everything."""
    assert shown(planning.unseen_share(96, 0.95), "3.1") == "3.1"
    assert planning.unseen_share(0, 0.95) == 1.0


def lossy_run(rng: np.random.Generator, sessions: int) -> list[tuple[str, float, float]]:
    """Clips of 6-30 words at 6 % errors; 2 % of the sessions lose every word."""
    words = rng.integers(6, 31, sessions)
    errors = np.where(rng.random(sessions) < 0.02, words, rng.binomial(words, 0.06))
    return [(f"{i:04}", float(e), float(w)) for i, (e, w) in enumerate(zip(errors, words, strict=True))]


@pytest.mark.slow
def test_the_advised_number_of_fresh_units_passes_about_as_often_as_it_says() -> None:
    """The size advised from a large sample passes a 12 % limit in 80-98 % of 200 seeded runs, where 90 is meant."""
    rng = np.random.default_rng(3)
    units = planning.fresh_units(pooled(lossy_run(rng, 4000), seed=1, draws=10), 0.12, 0.95)
    assert units is not None
    passed = [pooled(lossy_run(rng, units), seed=1, draws=1000).upper(0.95) <= 0.12 for _ in range(200)]
    assert 0.80 <= sum(passed) / len(passed) <= 0.98


def test_fresh_units_at_the_ends() -> None:
    """No error at all needs the clean size; a ratio on the wrong side or a hair below the limit has none."""
    assert planning.fresh_units(pooled([("a", 0, 9), ("b", 0, 4)], seed=1), 0.12, 0.95) == 24
    assert planning.fresh_units(pooled([("a", 3, 9), ("b", 1, 4)], seed=1), 0.12, 0.95) is None
    near = pooled([(str(i), 23 * (i % 2), 100) for i in range(96)], seed=1, draws=10)
    assert planning.fresh_units(near, 0.1151, 0.95) is None


def test_a_fresh_comparison_is_large_enough_for_its_bound():
    """The normal part shrinks with the root of the pairs: four times as many for half the room, power and all."""
    near, nearer = (planning.fresh_pairs((100, 0.0, 20.0), limit, 0.95, phantom=False) for limit in (10.0, 5.0))
    assert near == pytest.approx(100 * (20 / 10 * (1 + 1.2816 / 1.6449)) ** 2, abs=1)
    assert nearer == pytest.approx(4 * near, abs=4)


def test_without_a_difference_only_the_phantom_pair_counts():
    """Then the bound is 1 - 0.05^(1/n), and the size is that of a clean run."""
    bound = 1 - 0.05 ** (1 / 60)
    assert planning.fresh_pairs((60, 0.0, bound), 0.02, 0.95, phantom=True) == pytest.approx(149, abs=2)


@pytest.mark.parametrize("change", [0.02, 0.03, 0.0199999])
def test_a_change_at_the_limit_has_no_size(change):
    """Nor has one a hair below it."""
    assert planning.fresh_pairs((60, change, change + 0.03), 0.02, 0.95, phantom=True) is None
