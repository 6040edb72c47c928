"""Arrival shapes taken apart."""

from __future__ import annotations

from collections import Counter

import pytest

from harness.model.scenario import Constant, Levels, Poisson, Ramp, Search, Spike, Steps, Storm, Stress, Surge, Trace
from harness.scenario.shapes import arrivals, legs, warm_up_ns

S = 1_000_000_000
SHORT, LONG = 3 * S, 20 * S


@pytest.mark.parametrize(
    ("warm_s", "longest_ns", "expected_s"), [(None, SHORT, 30), (None, LONG, 40), (5.0, LONG, 5), (0.0, LONG, 0)]
)
def test_the_warm_up_is_planned_time(warm_s, longest_ns, expected_s) -> None:
    """30 s or twice the longest clip, whatever is longer, unless the scenario says."""
    assert warm_up_ns(warm_s, longest_ns) == expected_s * S


def test_a_constant_shape_counts_for_as_long_as_asked() -> None:
    """The warm-up comes before the counted time and takes none of it."""
    (leg,) = legs(Constant(lanes=4, for_s=60.0), 7, SHORT)
    assert (leg.kind, leg.level, leg.warm_ns, leg.steady_ns) == ("level", 4, 30 * S, 60 * S)


def test_steps_end_with_their_last_level() -> None:
    """Even where it is no whole step away."""
    assert [leg.level for leg in legs(Steps(from_lanes=2, to_lanes=9, step=3, each_s=60.0), 7, SHORT)] == [2, 5, 8, 9]


def test_a_step_is_no_longer_than_asked() -> None:
    """A third of it at most is warm-up, or a scout of 30 s a step would count nothing."""
    for leg in legs(Steps(from_lanes=1, to_lanes=2, step=1, each_s=30.0), 7, SHORT):
        assert (leg.warm_ns, leg.warm_ns + leg.steady_ns) == (10 * S, 30 * S)


def test_stress_grows_by_its_factor_and_by_one_at_least() -> None:
    """A quarter more each time; 2 lanes still become 3."""
    found = legs(Stress(from_lanes=2, to_lanes=24), 7, SHORT)
    assert [leg.level for leg in found] == [2, 3, 4, 5, 6, 8, 10, 13, 16, 20, 24]
    assert {leg.kind for leg in found} == {"rise"}


def test_a_ramp_adds_one_lane_after_the_other_evenly() -> None:
    """All of it takes exactly the time that was asked for, though that is no multiple of its lanes."""
    found = legs(Ramp(from_lanes=1, to_lanes=7, for_s=10.0), 7, SHORT)
    assert [leg.level for leg in found] == [1, 2, 3, 4, 5, 6, 7]
    assert sum(leg.steady_ns for leg in found) == 10 * S
    assert len({leg.steady_ns // 10 for leg in found}) == 1


def test_a_spike_is_ten_times_the_load_and_ends() -> None:
    """Before, overload, recovery; what comes after is another visit of the same level."""
    before, peak, after = legs(Spike(lanes=3, at_s=60.0, spike_s=10.0, for_s=120.0), 7, SHORT)
    assert [(leg.kind, leg.level, leg.visit) for leg in (before, peak, after)] == [
        ("level", 3, 1),
        ("overload", 30, 1),
        ("recovery", 3, 2),
    ]
    assert [leg.warm_ns + leg.steady_ns for leg in (before, peak, after)] == [60 * S, 10 * S, 50 * S]
    assert (peak.warm_ns, after.warm_ns) == (0, 0)


def test_every_level_is_visited_once_in_each_block() -> None:
    """And the blocks are in orders of their own: rising order would confound load with time."""
    levels = (2, 4, 6, 8, 10)
    found = legs(Levels(levels=levels, visits=3, sessions=100), 7, SHORT)
    blocks = [[leg.level for leg in found if leg.visit == visit] for visit in (1, 2, 3)]
    assert [leg.visit for leg in found] == [1] * 5 + [2] * 5 + [3] * 5
    assert all(sorted(block) == list(levels) for block in blocks)
    assert len({tuple(block) for block in blocks}) == 3
    assert all(leg.sessions == 34 and leg.apart for leg in found)
    assert found != legs(Levels(levels=levels, visits=3, sessions=100), 8, SHORT)


def test_poisson_arrivals_are_as_many_as_expected_and_bunch_as_chance_does() -> None:
    """The number is settled; in single seconds it varies as much as its mean, as Poisson counts do."""
    told = arrivals(Poisson(per_s=4.0, for_s=570.0), 7, SHORT)
    assert (told.warm_ns, told.until_ns, len(told.starts_ns)) == (30 * S, 600 * S, 2400)
    assert list(told.starts_ns) == sorted(told.starts_ns)
    seconds = Counter(start_ns // S for start_ns in told.starts_ns)
    assert 0.8 < sum((seconds[at] - 4) ** 2 for at in range(600)) / 600 / 4 < 1.2


def test_a_storm_starts_all_its_sessions_in_its_time() -> None:
    """None before, none after, and no two by design at the same moment."""
    told = arrivals(Storm(sessions=200, within_s=2.0), 7, SHORT)
    assert (told.kind, len(set(told.starts_ns)), told.warm_ns) == ("storm", 200, 0)
    assert 0 <= min(told.starts_ns) < max(told.starts_ns) < 2 * S


def test_a_trace_is_replayed_as_it_is() -> None:
    """To the nanosecond, two at once too."""
    told = arrivals(Trace(file="day.csv", starts_s=(0.0, 1.5, 1.5)), 7, SHORT)
    assert told.starts_ns == (0, 1_500_000_000, 1_500_000_000)


def test_a_surge_rests_after_each_overload():
    """The stages that show a recovery have the level before it, and a visit of their own."""
    made = legs(Surge(lanes=4, overloads=(6, 12), each_s=40.0, rest_s=30.0), 7, 4 * S)
    assert [(leg.kind, leg.level, leg.visit) for leg in made] == [
        ("level", 4, 1),
        ("overload", 6, 2),
        ("recovery", 4, 2),
        ("overload", 12, 3),
        ("recovery", 4, 3),
    ]
    assert [leg.steady_ns for leg in made[1:]] == [40 * S, 30 * S, 40 * S, 30 * S]


def test_a_search_by_itself_is_its_scout():
    """What `harness plan` draws of it."""
    search = Search(from_lanes=2, to_lanes=9, rise_s=12.0)
    assert legs(search, 7, 4 * S) == legs(Stress(from_lanes=2, to_lanes=9, each_s=12.0), 7, 4 * S)
