"""Words heard where nobody speaks: which, when, and in which clip, so that anyone can listen."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from harness.model.clip import Clip
from harness.model.measurement import Mistake
from harness.model.run import Measured
from harness.report import wording
from harness.report.facts import Session


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """Words heard at once. `clip_ns` counts from the clip's first sample; a final may come after its last."""

    text: str
    clip_ns: int
    given: bool  # by the target; otherwise it is when the final came

    @property
    def when(self) -> str:
        return f"{'at' if self.given else 'final at'} {wording.seconds(self.clip_ns, 2)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Hearing:
    """One session's false words, in order."""

    session_id: str
    words: int
    moments: tuple[Moment, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SilentClip:
    """A clip at a rate in which words were heard, once however many sessions heard them."""

    clip: Clip
    title: str
    note: str
    sessions: tuple[Hearing, ...]

    @property
    def moments(self) -> tuple[Moment, ...]:
        return tuple(moment for session in self.sessions for moment in session.moments)


@dataclass(frozen=True, slots=True, kw_only=True)
class FalseWords:
    """`clips` is empty where silence stayed silent."""

    heading: str
    silent: str
    clips: tuple[SilentClip, ...]


def heard_in(measured: Measured) -> tuple[str, ...]:
    """Ids of the sessions that heard words where nobody speaks: their clips are worth listening to."""
    return tuple(dict.fromkeys(mistake.session_id for mistake in measured.mistakes if not mistake.of))


def build(measured: Measured, sessions: Sequence[Session]) -> FalseWords | None:
    """None where every clip that was measured has speech."""
    without = [session for session in sessions if "silence_words" in session.values]
    if not without:
        return None
    own: defaultdict[str, list[Mistake]] = defaultdict(list)
    for mistake in measured.mistakes:
        if not mistake.of:
            own[mistake.session_id].append(mistake)
    played: defaultdict[str, list[Session]] = defaultdict(list)
    for session in without:
        played[session.clip.key].append(session)
    clips = [_clip(found, own) for _, found in sorted(played.items())]
    loud = sorted((clip for clip in clips if clip.sessions), key=lambda clip: -sum(s.words for s in clip.sessions))
    return FalseWords(heading=_heading(without), silent=_silent(without), clips=tuple(loud))


def _clip(sessions: Sequence[Session], own: dict[str, list[Mistake]]) -> SilentClip:
    clip = sessions[0].clip
    heard = [
        _hearing(session, own[session.plan.session_id]) for session in sessions if own.get(session.plan.session_id)
    ]
    return SilentClip(
        clip=clip,
        title=f"{clip.clip_id}, {wording.hertz(clip.rate_hz)}",
        note=f"in {wording.count(len(heard))} of {wording.plural(len(sessions), 'session')}",
        sessions=tuple(heard),
    )


def _hearing(session: Session, mistakes: Sequence[Mistake]) -> Hearing:
    placed = [(mistake.heard, *_place(session, mistake)) for mistake in mistakes]
    moments = [
        Moment(text=" ".join(word for word, _, _ in words), clip_ns=clip_ns, given=given)
        for (clip_ns, given), words in groupby(placed, key=lambda one: one[1:])
    ]
    return Hearing(session_id=session.plan.session_id, words=len(mistakes), moments=tuple(moments))


def _place(session: Session, mistake: Mistake) -> tuple[int, bool]:
    if mistake.clip_ns is not None:
        return mistake.clip_ns, True
    return (mistake.at_ns or 0) - session.plan.start_ns, False


def _heading(sessions: Sequence[Session]) -> str:
    words = sum(session.value("silence_words") or 0 for session in sessions)
    of = wording.plural(len(sessions), "session")
    if not words:
        return f"Nothing was heard in {of} without speech"
    loud = sum(bool(session.value("silence_words")) for session in sessions)
    return f"{wording.plural(round(words), 'word')} heard in {wording.count(loud)} of {of} without speech"


def _silent(sessions: Sequence[Session]) -> str:
    """How much audio stayed silent, by kind; a session that failed proves nothing and is not among it."""
    seconds: Counter[str] = Counter()
    failed = sum(session.outcome.outcome != "ok" for session in sessions)
    for session in sessions:
        if session.outcome.outcome == "ok" and not session.value("silence_words"):
            seconds[session.clip.clip_id.removeprefix(f"{session.clip.condition}-")] += session.plan.spoken_ns
    parts = [f"{kind} {wording.seconds(ns)}" for kind, ns in sorted(seconds.items())]
    said = [f"Stayed silent: {wording.listed(parts)}" if parts else "No session stayed silent"]
    said += [f"{wording.plural(failed, 'session')} failed, and proves nothing"] if failed == 1 else []
    said += [f"{wording.plural(failed, 'session')} failed, and prove nothing"] if failed > 1 else []
    return wording.joined(said)
