"""The users that Locust is to show."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from harness.model.plan import Plan, SessionPlan, Stage
from harness.run.lanes import active_lanes

S = 1_000_000_000


def test_a_lane_is_active_from_its_first_session_to_its_last(make_session: Callable[..., SessionPlan]) -> None:
    """Pauses between two sessions of a lane are none of Locust's business."""
    sessions = (
        make_session("a", 0),
        replace(make_session("b", 3 * S), lane=1),
        make_session("c", 10 * S),
    )
    plan = Plan(seed=1, lanes=2, sessions=sessions)
    assert active_lanes(plan) == ((0, 1), (3 * S, 2), (5 * S, 1), (12 * S, 0))


def test_stages_have_their_levels(make_session: Callable[..., SessionPlan]) -> None:
    """One step where one stage follows another."""
    stages = tuple(
        Stage(stage_id=str(n), kind="level", level=level, visit=1, from_ns=n * S, steady_ns=n * S, until_ns=(n + 1) * S)
        for n, level in enumerate((10, 40, 40, 10))
    )
    plan = Plan(seed=1, lanes=40, sessions=(make_session(),), stages=stages)
    assert active_lanes(plan) == ((0, 10), (S, 40), (3 * S, 10), (4 * S, 0))
