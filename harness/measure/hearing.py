"""One session made ready for measuring: plan and timeline, with what both mean together, worked out once."""

from __future__ import annotations

from dataclasses import dataclass, replace

from harness.measure.align import kept
from harness.measure.hypothesis import Hypothesis, Screen, Words, hypotheses, watch
from harness.measure.text import fold, fold_word
from harness.model.clip import Clip, Segment
from harness.model.measurement import Measurement
from harness.model.plan import SessionPlan
from harness.model.timeline import Final, Timeline

NS_PER_MS = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Hearing:
    """All times in it are run time (ns since the run began), never clip time."""

    plan: SessionPlan
    timeline: Timeline
    reference: Words  # the clip's words, folded
    seen: tuple[Hypothesis, ...]
    screen: Screen
    finals: tuple[tuple[int, Final], ...]  # those with a word in them, and when they arrived
    stays_ns: tuple[int | None, ...]  # a reference word: since when it stood for good; None: not in the transcript

    @property
    def clip(self) -> Clip:
        return self.plan.clip

    @property
    def segments(self) -> tuple[Segment, ...]:
        """The reference segments; speech that nobody cut is one."""
        return self.clip.segments or (Segment(first_word=0, last_word=len(self.clip.words) - 1),)

    @property
    def onset_ns(self) -> int:
        """Speech onset: the first reference word begins."""
        return self.spoken_at(self.clip.words[0].start_ns)

    @property
    def end_of_speech_ns(self) -> int:
        """The last reference word has been spoken."""
        return self.spoken_at(self.clip.words[-1].end_ns)

    @property
    def transcript(self) -> str:
        """The finals in order of arrival, nothing de-duplicated."""
        return " ".join(final.text.strip() for _, final in self.finals)

    def spoken_at(self, clip_ns: int) -> int:
        """When that moment of the clip was to be spoken: the intended time, whatever was really sent."""
        return self.plan.start_ns + clip_ns

    def row(self, metric: str, numerator: float | None, *, denominator: float = 1.0, reason: str = "") -> Measurement:
        """A measurement of this session; `numerator` None: missing, and `reason` says why."""
        return Measurement(
            session_id=self.plan.session_id,
            metric=metric,
            numerator=numerator,
            denominator=denominator,
            reason=reason,
        )


def glance(plan: SessionPlan, timeline: Timeline) -> Hearing:
    """A hearing without its screen, for what needs no life of a word: first partial, final and outcome. Far cheaper."""
    return Hearing(
        plan=plan,
        timeline=timeline,
        reference=tuple(fold_word(word.text) for word in plan.clip.words),
        seen=hypotheses(timeline),
        screen=Screen(shown=(), moments=(), standing=()),
        finals=tuple((at, heard) for at, heard in timeline.heard if isinstance(heard, Final) and fold(heard.text)),
        stays_ns=(),
    )


def hear(plan: SessionPlan, timeline: Timeline) -> Hearing:
    """Work out what the listener saw and which reference words came through."""
    hearing = glance(plan, timeline)
    screen = watch(hearing.seen, _over_ns(timeline))
    standing = screen.standing
    stays = {word: standing[at].shown_ns for word, at in kept(hearing.reference, tuple(life.text for life in standing))}
    return replace(hearing, screen=screen, stays_ns=tuple(stays.get(at) for at in range(len(hearing.reference))))


def _over_ns(timeline: Timeline) -> int:
    last_ns = timeline.heard[-1][0] if timeline.heard else 0
    return last_ns if timeline.ended_ns is None else max(timeline.ended_ns, last_ns)
