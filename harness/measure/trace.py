"""One session drawn out: what was spoken, what the listener saw of it and when, and where the transcript errs."""

from __future__ import annotations

from collections.abc import Iterable

from harness.measure.align import kept
from harness.measure.finals import segment_arrivals
from harness.measure.hearing import Hearing, hear
from harness.measure.wer import word_errors
from harness.model.measurement import SessionTrace, ShownWord, WordTrace
from harness.model.plan import SessionPlan
from harness.model.timeline import Timeline


def trace_session(plan: SessionPlan, timeline: Timeline) -> SessionTrace:
    """What the report draws; all times are run time. `edits` are the columns behind the `wer` row: normalised words."""
    hearing = hear(plan, timeline)
    first_shown, right = _meetings(hearing)
    return SessionTrace(
        session_id=plan.session_id,
        words=tuple(_words(hearing, first_shown)),
        shown=tuple(
            ShownWord(text=life.text, shown_ns=life.shown_ns, gone_ns=life.gone_ns, correct=id(life) in right)
            for life in hearing.screen.shown
        ),
        edits=word_errors(plan.clip.reference, hearing.transcript).edits,
        hypothesis_ns=tuple(seen.at_ns for seen in hearing.seen),
        final_ns=tuple(at_ns for at_ns, _ in hearing.finals),
        transcript=hearing.transcript,
        segments=_segments(hearing),
    )


def _words(hearing: Hearing, first_shown: dict[int, int]) -> Iterable[WordTrace]:
    for index, (word, stays_ns) in enumerate(zip(hearing.clip.words, hearing.stays_ns, strict=True)):
        moments = [at_ns for at_ns in (first_shown.get(index), stays_ns) if at_ns is not None]
        yield WordTrace(
            text=word.text,
            start_ns=hearing.spoken_at(word.start_ns),
            end_ns=hearing.spoken_at(word.end_ns),
            shown_ns=min(moments, default=None),
            stays_ns=stays_ns,
        )


def _segments(hearing: Hearing) -> tuple[tuple[int, int | None], ...]:
    if not hearing.clip.latency or len(hearing.segments) < 2:
        return ()
    ends = (hearing.spoken_at(hearing.clip.words[part.last_word].end_ns) for part in hearing.segments)
    return tuple(zip(ends, segment_arrivals(hearing), strict=True))


def _meetings(hearing: Hearing) -> tuple[dict[int, int], set[int]]:
    """When each reference word first stood in a hypothesis, and the identities of the shown words that were right.

    Words of the transcript are right where the transcript's own alignment says so; words that were taken back, where
    they stood for a reference word in some hypothesis.
    """
    first_shown: dict[int, int] = {}
    right: set[int] = set()
    for hypothesis, lives in zip(hearing.seen, hearing.screen.moments, strict=True):
        for word, at in kept(hearing.reference, hypothesis.words):
            first_shown.setdefault(word, hypothesis.at_ns)
            if lives[at].gone_ns is not None:
                right.add(id(lives[at]))
    standing = hearing.screen.standing
    right.update(id(standing[at]) for _, at in kept(hearing.reference, tuple(life.text for life in standing)))
    return first_shown, right
