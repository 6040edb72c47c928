"""What a plan amounts to, before it runs: its totals, its stages, and how many sessions stream at once, and when."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

from harness.model.plan import Plan, SessionPlan, Stage

_NS_PER_S = 1e9
_NS_PER_H = 3600e9


@dataclass(frozen=True, slots=True, kw_only=True)
class Outline:
    """`sessions` and `audio_hours` are all that is sent, warm-up too; `wall_s` ends with the last session's audio."""

    sessions: int
    counted: int
    audio_hours: float
    peak_streams: int
    wall_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class StageOutline:
    """A stage with what is sent in it; a session belongs to the stage in which it starts."""

    stage: Stage
    counted: int
    warm_up: int
    audio_hours: float


def outline(plan: Plan) -> Outline:
    """The totals of a plan that has sessions."""
    return Outline(
        sessions=len(plan.sessions),
        counted=len(plan.counted),
        audio_hours=_hours(plan.sessions),
        peak_streams=max(streams for _, streams in _changes(plan)),
        wall_s=max(session.end_ns for session in plan.sessions) / _NS_PER_S,
    )


def stage_outlines(plan: Plan) -> tuple[StageOutline, ...]:
    """Stage by stage, in order of time."""
    of: defaultdict[str, list[SessionPlan]] = defaultdict(list)
    for session in plan.sessions:
        of[session.stage].append(session)
    return tuple(
        StageOutline(
            stage=stage,
            counted=sum(not session.warm_up for session in of[stage.stage_id]),
            warm_up=sum(session.warm_up for session in of[stage.stage_id]),
            audio_hours=_hours(of[stage.stage_id]),
        )
        for stage in plan.stages
    )


def concurrency(plan: Plan, columns: int) -> tuple[int, ...]:
    """The most sessions that stream at once in each of so many equal parts of the time until the last one's end."""
    over_ns = max(session.end_ns for session in plan.sessions)
    most, since, streams = [0] * columns, 0, 0
    for now_ns, after in _changes(plan):
        last = -(-now_ns * columns // over_ns)  # the first column that lies wholly after the change
        for column in range(since * columns // over_ns, last):
            most[column] = max(most[column], streams)
        since, streams = now_ns, after
    return tuple(most)


def _changes(plan: Plan) -> Iterator[tuple[int, int]]:
    """Each moment at which the number of streaming sessions changes, and the number from then on."""
    steps: defaultdict[int, int] = defaultdict(int)
    for session in plan.sessions:
        steps[session.start_ns] += 1
        steps[session.end_ns] -= 1
    streams = 0
    for now_ns in sorted(steps):
        streams += steps[now_ns]
        yield now_ns, streams


def _hours(sessions: list[SessionPlan] | tuple[SessionPlan, ...]) -> float:
    return sum(session.spoken_ns for session in sessions) / _NS_PER_H
