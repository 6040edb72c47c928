"""What a plan amounts to, before it runs: its totals, its stages, and how many sessions stream at once, and when."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from harness.model.plan import Plan, SessionPlan, Stage

_NS_PER_S = 1e9
_NS_PER_H = 3600e9


@dataclass(frozen=True, slots=True, kw_only=True)
class Outline:
    """`sessions` and `audio_hours` are all that is sent, warm-up too; `wall_s` ends with the last session's audio.

    A lane's next session connects while its last one still speaks, so more are open than stream: `peak_open` is what
    connections and streams must be allowed for at least; those that wait for their last final come on top.
    """

    sessions: int
    counted: int
    audio_hours: float
    peak_streams: int
    peak_open: int
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
        peak_streams=max(at_once for _, at_once in _changes((one.start_ns, one.end_ns) for one in plan.sessions)),
        peak_open=max(at_once for _, at_once in _changes((one.open_ns, one.end_ns) for one in plan.sessions)),
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
    for now_ns, after in _changes((one.start_ns, one.end_ns) for one in plan.sessions):
        last = -(-now_ns * columns // over_ns)  # the first column that lies wholly after the change
        for column in range(since * columns // over_ns, last):
            most[column] = max(most[column], streams)
        since, streams = now_ns, after
    return tuple(most)


def _changes(stretches: Iterable[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """Each moment at which the number of stretches that hold it changes, and the number from then on."""
    steps: defaultdict[int, int] = defaultdict(int)
    for from_ns, until_ns in stretches:
        steps[from_ns] += 1
        steps[until_ns] -= 1
    at_once = 0
    for now_ns in sorted(steps):
        at_once += steps[now_ns]
        yield now_ns, at_once


def _hours(sessions: list[SessionPlan] | tuple[SessionPlan, ...]) -> float:
    return sum(session.spoken_ns for session in sessions) / _NS_PER_H
