"""Locust's users over time."""

from __future__ import annotations

import time
from types import SimpleNamespace

import pytest

from harness.load.shape import RATE, PlannedLanes, lanes_at

S = 1_000_000_000
LANES = ((0, 2), (10 * S, 5), (20 * S, 0))


@pytest.mark.parametrize(("at_s", "lanes"), [(-1, 0), (0, 2), (9.999, 2), (10, 5), (20, 0), (99, 0)])
def test_lanes_hold_from_their_moment_on(at_s: float, lanes: int) -> None:
    """Until the next moment."""
    assert lanes_at(LANES, round(at_s * S)) == lanes


def test_nobody_is_there_before_the_run_begins_and_all_ends_with_it() -> None:
    """Locust's own clock starts when its workers stand, which is not when the plan does."""
    shape = PlannedLanes()
    assert shape.tick() == (0, RATE)
    shape.begin(LANES, time.monotonic_ns() - 15 * S)
    assert shape.tick() == (5, RATE)
    shape.finish()
    assert shape.tick() is None


def test_users_changed_by_hand_are_told() -> None:
    """Locust keeps the target it was given, so another one is somebody else's."""
    told: list[str] = []
    shape = PlannedLanes()
    shape.runner = SimpleNamespace(target_user_count=0)
    shape.on_change = told.append
    shape.begin(LANES, time.monotonic_ns() - 15 * S)
    shape.tick()
    shape.runner.target_user_count = 5
    shape.tick()
    assert told == []
    shape.runner.target_user_count = 7
    shape.tick()
    assert told == ["the users were set to 7, not to 5 as planned"]
