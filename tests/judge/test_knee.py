"""The knee of a rising run, and the levels around it."""

from __future__ import annotations

import math

import pytest
from judge.ladder import FINAL, Ladder, mixed

from harness.judge.knee import plan_levels, scout_knee


def knee(ladder: Ladder):
    return scout_knee(ladder.part.record, ladder.part.measured)


def test_levels_lie_around_the_knee() -> None:
    """0.6 to 1.4 times the knee, dense where it is expected."""
    assert plan_levels(40.0) == (24, 30, 34, 38, 42, 48, 56)
    assert plan_levels(40.0, levels=3) == (24, 38, 56)
    assert plan_levels(40.0, levels=5) == (24, 34, 38, 42, 56)


@pytest.mark.parametrize(("found", "expected"), [(0.4, (1,)), (1.0, (1, 2)), (2.0, (1, 2, 3)), (3.3, (2, 3, 4, 5))])
def test_tiny_knees_have_few_levels_each_once(found, expected) -> None:
    """An embedded stack carries a handful: its levels are neighbours, one of them above the knee."""
    assert plan_levels(found) == expected


@pytest.mark.parametrize("count", range(2, 8))
@pytest.mark.parametrize("found", [0.3, 1, 1.9, 2.5, 4.99, 7, 12, 40.4, 1000])
def test_levels_rise_and_one_lies_above_the_knee(found, count) -> None:
    """Whatever the knee and the number of levels."""
    levels = plan_levels(found, levels=count)
    assert levels == tuple(sorted(set(levels)))
    assert levels[0] >= 1
    assert levels[-1] > found
    assert len(levels) <= count + 1


@pytest.mark.parametrize(("found", "count"), [(0.0, 7), (math.inf, 7), (40.0, 1)])
def test_no_levels_around_nothing(found, count) -> None:
    """A knee is a positive number, and one level finds no interval."""
    with pytest.raises(ValueError, match="levels around a knee"):
        plan_levels(found, levels=count)


def test_the_scout_finds_where_the_limit_is_reached(bench):
    """1 % late at 30 and 9 % at 40: the line between reaches 5 % at 35."""
    scout = Ladder(bench).visit(20, mixed(100, 0)).visit(30, mixed(100, 1)).visit(40, mixed(100, 9))
    found = knee(scout)
    assert (found.level, found.objective_id, found.beyond) == (pytest.approx(35.0), "o1", "")


def test_the_lowest_of_all_objectives_is_the_knee(bench):
    """Errors that begin before the latency grows limit the target."""
    scout = Ladder(bench, FINAL, "rate error <= 1 %").visit(20, mixed(100, 0))
    scout.visit(30, mixed(100, 3, bad=None)).visit(40, mixed(100, 20))
    found = knee(scout)
    assert found.objective_id == "o2"
    assert 20 < found.level < 30


def test_a_scout_that_saw_no_end_says_so(bench):
    """Beyond all levels tried, above or below: no number is made up."""
    good = knee(Ladder(bench).visit(20, mixed(100, 0)).visit(30, mixed(100, 0)))
    bad = knee(Ladder(bench).visit(20, mixed(100, 50)).visit(30, mixed(100, 50)))
    assert (good.level, good.beyond, good.objective_id) == (30, "above", "")
    assert (bad.level, bad.beyond, bad.objective_id) == (20, "below", "o1")


def test_undivided_objectives_are_read_level_by_level_too(bench):
    """A scout's objective needs no `per level`; warm-up is not read."""
    scout = Ladder(bench, per=()).visit(20, mixed(100, 50), warm_up=True).visit(30, mixed(100, 1))
    assert knee(scout.visit(40, mixed(100, 9))).level == pytest.approx(35.0)


def test_what_does_not_decide_is_no_knee(bench):
    """Advisory objectives and ones without a bound are left out; then nothing was measured."""
    scout = Ladder(bench, "max final_ms <= 1").visit(20, mixed(100, 0))
    assert knee(scout) is None
