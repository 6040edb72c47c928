"""What a plan amounts to."""

from __future__ import annotations

import pytest

from harness.model.clip import Clip
from harness.model.outline import concurrency, outline, stage_outlines
from harness.model.plan import Plan, SessionPlan, Stage

S = 1_000_000_000


def session(number: int, start_s: float, end_s: float, stage: str = "a", *, warm_up: bool = False) -> SessionPlan:
    clip = Clip(
        clip_id="c",
        rate_hz=8000,
        path="c.flac",
        sha256="c",
        condition="clean",
        source="c",
        speaker="someone",
        speech="human",
        duration_ns=S,
        reference="",
        words=(),
        segments=(),
    )
    return SessionPlan(
        session_id=f"s{number}",
        clip=clip,
        lane=0,
        repeat=0,
        open_ns=int((start_s - 1) * S),
        start_ns=int(start_s * S),
        frame_ns=S // 10,
        end_ns=int(end_s * S),
        deadline_ns=int(end_s * S) + 10 * S,
        warm_up=warm_up,
        stage=stage,
    )


def stage(stage_id: str) -> Stage:
    return Stage(stage_id=stage_id, kind="level", level=2, visit=1, from_ns=0, steady_ns=0, until_ns=S)


PLAN = Plan(
    seed=7,
    lanes=2,
    sessions=(
        session(1, 1, 4, warm_up=True),
        session(2, 2, 5),
        session(3, 4, 6),
        session(4, 8, 10, "b"),
    ),
    stages=(stage("a"), stage("b"), stage("c")),
)


def test_the_totals_are_of_all_that_is_sent() -> None:
    """Warm-up costs time and audio too. Who begins as another ends is not at once with it, but was open before."""
    told = outline(PLAN)
    assert (told.sessions, told.counted, told.peak_streams, told.peak_open, told.wall_s) == (4, 3, 2, 3, 10.0)
    assert told.audio_hours == pytest.approx(10 / 3600)


def test_a_stage_has_the_sessions_that_start_in_it() -> None:
    """One without any has a line too."""
    told = stage_outlines(PLAN)
    assert [(one.stage.stage_id, one.counted, one.warm_up) for one in told] == [("a", 2, 1), ("b", 1, 0), ("c", 0, 0)]
    assert told[1].audio_hours == pytest.approx(2 / 3600)


@pytest.mark.parametrize(
    ("columns", "most"), [(10, (0, 1, 2, 2, 2, 1, 0, 0, 1, 1)), (5, (1, 2, 2, 0, 1)), (2, (2, 1)), (1, (2,))]
)
def test_the_most_streams_at_once_in_each_part_of_the_time(columns: int, most: tuple[int, ...]) -> None:
    """What began in an earlier part and still runs is there too."""
    assert concurrency(PLAN, columns) == most
