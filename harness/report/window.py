"""Which part of a session is drawn and played: all of a short one, of a long one where it waited longest."""

from __future__ import annotations

import math
from dataclasses import dataclass

from harness.model.timeline import Errored
from harness.report import wording
from harness.report.stories import Story
from harness.report.svg import Scale

LEFT, RIGHT = 76, 1046
_WINDOW_NS = 16_000_000_000  # of speech, up to the end that is waited for
_TAIL_NS = 6_000_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Axis:
    """Run time to pixels, for the part of the session that is drawn."""

    zero_ns: int
    from_ns: int
    until_ns: int
    scale: Scale

    def __call__(self, at_ns: float) -> float:
        return self.scale((at_ns - self.zero_ns) / 1e9)

    def shows(self, at_ns: int) -> bool:
        return self.from_ns <= at_ns <= self.until_ns


@dataclass(frozen=True, slots=True, kw_only=True)
class Wait:
    """What was waited for after the end of speech, or of a segment of it; `value_ms` None where it does not apply."""

    spoken_ns: int
    value_ms: float | None
    limit_ms: float | None
    answered_ns: int | None
    segment: str = ""  # `segment 3 of 40`; empty: the end of all speech

    @property
    def late(self) -> bool:
        if self.value_ms is None:
            return False
        return math.isinf(self.value_ms) or (self.limit_ms is not None and self.value_ms > self.limit_ms)


def wait_of(story: Story) -> Wait | None:
    """The wait for the final; of a long session's segments the longest, the first that never ended. None: silence."""
    trace, limits = story.trace, story.limits
    if not trace.words:
        return None
    if is_long(story) and trace.segments:
        waits = [math.inf if at is None or at <= spoken else (at - spoken) / 1e6 for spoken, at in trace.segments]
        slowest = waits.index(max(waits))
        spoken_ns, answered_ns = trace.segments[slowest]
        return Wait(
            spoken_ns=spoken_ns,
            value_ms=waits[slowest],
            limit_ms=limits.get("segment_final_ms"),
            answered_ns=answered_ns,
            segment=f"segment {slowest + 1} of {len(waits)}",
        )
    return Wait(
        spoken_ns=trace.words[-1].end_ns,
        value_ms=story.session.value("final_ms"),
        limit_ms=limits.get("final_ms"),
        answered_ns=trace.final_ns[-1] if trace.final_ns else None,
    )


def is_long(story: Story) -> bool:
    """Too long to be read in one drawing."""
    spoken_ns = story.trace.words[-1].end_ns if story.trace.words else story.session.plan.end_ns
    return spoken_ns - story.session.plan.start_ns > _WINDOW_NS


def axis_of(story: Story) -> Axis:
    plan, wait = story.session.plan, wait_of(story)
    spoken = wait.spoken_ns if wait else plan.end_ns
    from_ns = max(plan.start_ns, spoken - _WINDOW_NS) if is_long(story) else plan.start_ns
    limit_ns = int((wait.limit_ms or 0) * 1e6) if wait else 0
    until = max([spoken + limit_ns, *_seen(story, wait, spoken)])
    failed = any(isinstance(event, Errored) for _, event in story.session.timeline.heard)
    until_ns = until + int((0.16 if failed else 0.09) * (until - from_ns))  # room for the words at the right end
    low, high = ((at - plan.start_ns) / 1e9 for at in (from_ns, until_ns))
    scale = Scale(low=low, high=high, start=LEFT, end=RIGHT)
    return Axis(zero_ns=plan.start_ns, from_ns=from_ns, until_ns=until_ns, scale=scale)


def _seen(story: Story, wait: Wait | None, spoken_ns: int) -> list[int]:
    """What must not lie beyond the right end."""
    heard = story.session.timeline.heard
    errors = [at for at, event in heard if isinstance(event, Errored) and spoken_ns <= at <= spoken_ns + _TAIL_NS]
    if wait is None or not wait.segment:
        return [story.session.plan.end_ns, *story.trace.hypothesis_ns, *story.trace.final_ns, *errors]
    return [*errors, spoken_ns + _TAIL_NS if wait.answered_ns is None else wait.answered_ns]


def drawn_ns(story: Story) -> tuple[int, int] | None:
    """From when to when, in the clip's time, a long session is drawn; None: all of it."""
    if not is_long(story):
        return None
    axis, start_ns = axis_of(story), story.session.plan.start_ns
    return axis.from_ns - start_ns, min(axis.until_ns - start_ns, story.session.clip.duration_ns)


def said(story: Story) -> str:
    """What of a long session is there to be seen and heard; empty for a short one."""
    part = drawn_ns(story)
    if part is None:
        return ""
    from_s, until_s = (wording.seconds(at) for at in part)
    whole = wording.seconds(story.session.clip.duration_ns)
    wait = wait_of(story)
    why = f"around the end of {wait.segment}, whose final took longest" if wait and wait.segment else "the end"
    return f"Drawn and played: {from_s} to {until_s} of {whole}, {why}."
