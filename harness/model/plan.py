"""Everything that will be sent, and when, settled before anything runs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal

from harness.model.clip import Clip

StageKind = Literal["level", "rise", "overload", "recovery", "storm"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """A stretch of a load plan with one number of lanes. Sessions that start before `steady_ns` are sent, not counted.

    A level is visited several times, each visit is a stage of its own. Times are ns since the run began.
    """

    stage_id: str
    kind: StageKind
    level: int  # sessions at once that are planned; with open arrivals those that are expected
    visit: int
    from_ns: int
    steady_ns: int
    until_ns: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionPlan:
    """One clip streamed once. All times are ns since the run began."""

    session_id: str
    clip: Clip
    lane: int
    repeat: int
    open_ns: int
    start_ns: int
    frame_ns: int
    end_ns: int
    deadline_ns: int
    warm_up: bool = False
    stage: str = ""
    level: int | None = None  # of its stage; None where the plan has no stages

    def keys(self) -> dict[str, str]:
        """What objectives may slice by: the clip's keys, and the level where there is one."""
        return self.clip.keys() if self.level is None else {**self.clip.keys(), "level": str(self.level)}

    def due_ns(self, frame: int) -> int:
        """When that frame's last sample has been spoken; the last frame may be short."""
        return min(self.start_ns + (frame + 1) * self.frame_ns, self.end_ns)

    @property
    def frame_count(self) -> int:
        return -(-(self.end_ns - self.start_ns) // self.frame_ns)

    @property
    def spoken_ns(self) -> int:
        """How much of the clip is streamed."""
        return self.end_ns - self.start_ns


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Complete and seeded: same scenario, clips and seed, same plan, byte for byte."""

    seed: int
    lanes: int
    sessions: tuple[SessionPlan, ...]
    stages: tuple[Stage, ...] = ()

    @property
    def counted(self) -> tuple[SessionPlan, ...]:
        """The sessions that statistics read; warm-up is sent and not counted."""
        return tuple(session for session in self.sessions if not session.warm_up)

    @property
    def end_ns(self) -> int:
        """When the last session can be over."""
        return max(session.deadline_ns for session in self.sessions)

    def part(self, part: int, of: int) -> tuple[SessionPlan, ...]:
        """What one of several engines plays: dealt round robin in plan order, so each has its share at any time."""
        return self.sessions[part::of]

    def with_clips(self, clips: Mapping[str, Clip]) -> Plan:
        """The same plan with each clip replaced by the one under its key."""
        return replace(self, sessions=tuple(replace(one, clip=clips[one.clip.key]) for one in self.sessions))

    @property
    def clips(self) -> tuple[Clip, ...]:
        """The clips used, each once, in order of their keys."""
        return tuple(
            sorted({session.clip.key: session.clip for session in self.sessions}.values(), key=lambda c: c.key)
        )
