"""A stage on which a session is written down in milliseconds, relative to its first spoken sample."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import pytest

from harness.measure.hearing import Hearing, hear
from harness.measure.run import measure_session
from harness.model.clip import Clip, Segment, Word
from harness.model.measurement import Measurement, SessionOutcome
from harness.model.plan import SessionPlan
from harness.model.timeline import Closed, Final, Heard, HeardWord, Opened, Partial, Timeline

MS = 1_000_000
START_NS = 7_000 * MS  # not 0: run time and clip time must not be mixed up
Cue = tuple[float, Heard]


def clip_of(reference: str, **changes: object) -> Clip:
    """Word i is spoken from 500 + 400 i ms, for 300 ms; each "|" is a pause of a second and starts a segment."""
    words, segments, at_ms = [], [], 500
    for part in [part.split() for part in reference.split("|") if part.strip()]:
        segments.append(Segment(first_word=len(words), last_word=len(words) + len(part) - 1))
        for text in part:
            words.append(Word(text=text, start_ns=at_ms * MS, end_ns=(at_ms + 300) * MS))
            at_ms += 400
        at_ms += 1000
    clip = Clip(
        clip_id="clip",
        rate_hz=16000,
        path="clip.flac",
        sha256="0" * 64,
        condition="clean",
        source="source",
        speaker="speaker",
        speech="human" if words else "none",
        duration_ns=(at_ms + 1000) * MS,
        reference=" ".join(word.text for word in words),
        words=tuple(words),
        segments=tuple(segments),
    )
    return replace(clip, **changes)  # type: ignore[arg-type]


def plan_of(clip: Clip, session_id: str = "s1", **changes: object) -> SessionPlan:
    """Opened a second before the first sample; the audio ends 200 ms after the last word."""
    end_ms = clip.words[-1].end_ns // MS + 200 if clip.words else 3000
    plan = SessionPlan(
        session_id=session_id,
        clip=clip,
        lane=0,
        repeat=0,
        open_ns=START_NS - 1000 * MS,
        start_ns=START_NS,
        frame_ns=100 * MS,
        end_ns=START_NS + end_ms * MS,
        deadline_ns=START_NS + (end_ms + 10_000) * MS,
    )
    return replace(plan, **changes)  # type: ignore[arg-type]


def timeline_of(*cues: Cue, closed: str | None = "1000", **changes: object) -> Timeline:
    """Ready 900 ms before the first sample; closed in good order at 30 s unless it says otherwise."""
    everything: list[Cue] = [(-900.0, Opened()), *cues]
    if closed is not None:
        everything.append((max(30_000.0, cues[-1][0] if cues else 0.0), Closed(code=closed)))
    timeline = Timeline(
        session_id="s1",
        end_reason="completed",
        opened_ns=START_NS - 999 * MS,
        ready_ns=START_NS - 900 * MS,
        ended_ns=START_NS + round(everything[-1][0] * MS),
        send_lag_us=(100, 700, 300),
        heard=tuple((START_NS + round(at_ms * MS), heard) for at_ms, heard in everything),
    )
    return replace(timeline, **changes)  # type: ignore[arg-type]


def partial(at_ms: float, text: str, segment: int = 0) -> Cue:
    return at_ms, Partial(segment=segment, text=text)


def final(at_ms: float, text: str, segment: int = 0, ends_ms: tuple[float, ...] | None = None) -> Cue:
    """A final; with `ends_ms` it carries a word time for each of its words, which last 200 ms."""
    words = tuple(
        HeardWord(text=word, start_ns=round((end - 200) * MS), end_ns=round(end * MS))
        for word, end in zip(text.split(), ends_ms or (), strict=ends_ms is not None)
    )
    return at_ms, Final(segment=segment, text=text, words=words)


def hearing(reference: str, *cues: Cue, clip: dict[str, object] | None = None, **changes: object) -> Hearing:
    return hear(plan_of(clip_of(reference, **(clip or {}))), timeline_of(*cues, **changes))  # type: ignore[arg-type]


def measured(
    reference: str, *cues: Cue, clip: dict[str, object] | None = None, **changes: object
) -> tuple[SessionOutcome, dict[str, Measurement]]:
    """The session's outcome and its rows by metric."""
    plan = plan_of(clip_of(reference, **(clip or {})))
    outcome, rows, _ = measure_session(plan, timeline_of(*cues, **changes))  # type: ignore[arg-type]
    assert len({row.metric for row in rows}) == len(rows)
    return outcome, {row.metric: row for row in rows}


@pytest.fixture
def stage() -> SimpleNamespace:
    """Everything above."""
    return SimpleNamespace(
        clip=clip_of,
        plan=plan_of,
        timeline=timeline_of,
        partial=partial,
        final=final,
        hearing=hearing,
        measured=measured,
        rows=lambda *args, **kwargs: measured(*args, **kwargs)[1],
        outcome=lambda *args, **kwargs: measured(*args, **kwargs)[0],
        start_ns=START_NS,
        at=lambda ms: START_NS + round(ms * MS),
        closed=lambda code="1000": Closed(code=code),
    )
