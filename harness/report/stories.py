"""The worst sessions: which ones, and what each one's story says in words."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from harness.model.measurement import EditStep, SessionTrace
from harness.model.metrics import METRICS
from harness.model.timeline import Closed, Errored, Refused
from harness.model.verdict import Judgement, Outcome, Verdict
from harness.report import wording
from harness.report.facts import Session, Standing, badness, inside
from harness.report.limits import limits, mark, strictest

_QUIET_RUN, _KEPT = 30, 6  # so many right words in a row are folded; of them stay at each end
_LONG, _LONG_QUIET_RUN, _LONG_KEPT = 300, 6, 2  # the same in a diff of more words than anybody reads


@dataclass(frozen=True, slots=True, kw_only=True)
class Bit:
    """A piece of a story's summary; `bad` is over its limit or wrong."""

    text: str
    strong: str
    bad: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """A stretch of the word diff. kind: equal, substitute, delete, insert, or fold (words left out, all right)."""

    kind: str
    reference: str = ""
    heard: str = ""
    words: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """One session: its numbers in words, its word diff, and what the drawing needs."""

    number: int
    session: Session
    trace: SessionTrace
    title: str
    note: str
    bits: tuple[Bit, ...]
    pieces: tuple[Piece, ...]
    limits: Mapping[str, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Stories:
    heading: str
    lede: str
    stories: tuple[Story, ...]


def pick(rows: Sequence[Standing], sessions: Sequence[Session], limit: int) -> tuple[Session, ...]:
    """The worst session of each clip in the worst slice, then the next worst; without a failure the slowest finals."""
    line = focus(rows)
    pool = inside(line, sessions) if line else tuple(sessions)
    measured = [session for session in pool if session.outcome.measured] or list(pool)
    measured = [session for session in measured if session.timeline.end_reason != "never_started"]
    order = sorted(measured, key=lambda session: _badness(session, line), reverse=True)
    seen: dict[str, int] = {}
    turns = []
    for session in order:
        turn = seen.get(session.clip.key, 0)
        seen[session.clip.key] = turn + 1
        turns.append((turn, session))
    chosen = {session.plan.session_id for _, session in sorted(turns, key=lambda pair: pair[0])[:limit]}
    return tuple(session for session in order if session.plan.session_id in chosen)


def focus(rows: Sequence[Standing]) -> Verdict | None:
    """The judged line that does not hold and weighs most; none where the run is INVALID and no line says more."""
    lines = [line for row in rows for line in row.counted if line.outcome in (Outcome.FAIL, Outcome.INCONCLUSIVE)]
    return max(lines, key=badness, default=None)


def build(
    judgement: Judgement, rows: Sequence[Standing], sessions: Sequence[Session], traces: Mapping[str, SessionTrace]
) -> Stories | None:
    """None where no session was traced."""
    order = pick(rows, sessions, len(sessions))
    traced = [session for session in order if session.plan.session_id in traces]
    chosen = {session.plan.session_id for session in traced}
    rest = [s for s in sessions if s.plan.session_id in traces and s.plan.session_id not in chosen]
    stories = tuple(
        _story(number, session, traces[session.plan.session_id], judgement)
        for number, session in enumerate([*traced, *rest], start=1)
    )
    if not stories:
        return None
    line = focus(rows)
    return Stories(heading=_heading(line, stories), lede=_lede(line, rows), stories=stories)


def _badness(session: Session, line: Verdict | None) -> tuple[float, bool, float, float]:
    metric = line.objective.metric if line else "final_ms"
    value = session.value(metric)
    sign = -1 if line and line.objective.op in (">=", ">") else 1
    final, wer = session.value("final_ms"), session.value("wer")
    failed = session.outcome.outcome != "ok"
    return (
        -math.inf if value is None else sign * value,
        failed,
        -math.inf if final is None else final,
        -math.inf if wer is None else wer,
    )


def _heading(line: Verdict | None, stories: Sequence[Story]) -> str:
    metric = line.objective.metric if line else "final_ms"
    values = [story.session.value(metric) for story in stories]
    if METRICS[metric].unit == "ms":
        said = _late(values)
        noun = METRICS[metric].label
        label = noun + "s" if noun in ("final", "first partial", "segment final") else noun
        return f"The latest {label}: {', '.join(said)}"
    if metric == "wer":
        rows = [story.session.values["wer"] for story in stories if "wer" in story.session.values]
        said = [f"{wording.count(row.numerator or 0)} of {wording.count(row.denominator)}" for row in rows]
        return f"Most words wrong: {', '.join(said)}"
    outcomes = [story.session.outcome.outcome for story in stories]
    if set(outcomes) != {"ok"}:
        return f"How they ended: {', '.join(outcomes)}"
    said = [wording.value(METRICS[metric].unit, value) for value in values]
    return f"{METRICS[metric].label.capitalize()} in the worst sessions: {', '.join(said)}"


def _late(values: Sequence[float | None]) -> list[str]:
    """`two that never came`, `one after 1,486 ms`."""
    never = sum(value is not None and math.isinf(value) for value in values)
    finite = [value for value in values if value is not None and math.isfinite(value)]
    said = [f"{wording.number_word(never)} that never came"] if never else []
    return said + [f"one after {wording.milliseconds(value)}" for value in finite]


def _lede(line: Verdict | None, rows: Sequence[Standing]) -> str:
    if line is None:
        which = "The slowest finals, at most one a clip and rate"
    else:
        title = next(row.title for row in rows if row.objective.objective_id == line.objective.objective_id)
        label = wording.slice_label(line.slice)
        which = f"The worst sessions of “{title}{', ' + label if label else ''}”, each clip’s worst before a second one"  # noqa: RUF001
    return (
        f"{which}. Each slanted line runs from a word’s end to the moment the caller saw it for good; "  # noqa: RUF001
        "ticks are partials, struck words were taken back, bold words are wrong."
    )


def _story(number: int, session: Session, trace: SessionTrace, judgement: Judgement) -> Story:
    clip = session.clip
    limits = {
        metric: found.threshold
        for metric in ("first_partial_ms", "final_ms", "segment_final_ms")
        if (found := strictest(judgement, metric, clip)) is not None
    }
    speech = {"human": "", "synthetic": ", synthetic voice", "none": ""}.get(clip.speech, "")
    return Story(
        number=number,
        session=session,
        trace=trace,
        title=f"{clip.clip_id}, {wording.hertz(clip.rate_hz)}, repeat {session.plan.repeat + 1}",
        note=f"{clip.condition}{speech} · {session.plan.session_id}",
        bits=tuple(_bits(session, judgement)),
        pieces=fold(trace.edits),
        limits=limits,
    )


def _bits(session: Session, judgement: Judgement) -> list[Bit]:
    outcome = session.outcome
    bits = [Bit(text="outcome", strong=outcome.outcome, bad=outcome.outcome != "ok")]
    if ended := _how_it_ended(session):
        bits.append(Bit(text=ended, strong=""))
    for metric in ("first_partial_ms", "first_correct_word_ms", "final_ms", "segment_final_ms"):
        value, held = session.value(metric), limits(judgement, metric, session.clip)
        if value is not None and (held or metric != "segment_final_ms"):
            bits.append(_latency_bit(metric, value, mark(held, value)))
    if wer := session.values.get("wer"):
        wrong = wer.numerator or 0.0
        share = f" ({wording.percent(wrong / wer.denominator)})" if 0 < wrong < wer.denominator else ""
        text = f"{wording.count(wrong)} of {wording.count(wer.denominator)}{share}"
        bits.append(Bit(text="WER", strong=text, bad=wrong >= wer.denominator))
    for metric in ("silence_words",):
        value = session.value(metric)
        if value is not None:
            bits.append(Bit(text=METRICS[metric].label, strong=wording.count(value), bad=value > 0))
    if outcome.disturbed:
        bits.append(Bit(text="the harness cannot vouch for it:", strong=outcome.disturbed, bad=True))
    return bits


def _latency_bit(metric: str, value: float, marked: str) -> Bit:
    text = "never" if math.isinf(value) else wording.milliseconds(value)
    text += " (a known limit)" if marked == "known" else ""
    return Bit(
        text=METRICS[metric].label, strong=text, bad=marked == "over" or (math.isinf(value) and marked != "known")
    )


def _how_it_ended(session: Session) -> str:
    """The target's own words, last first: an error code says more than the close that follows it."""
    heard = [event for _, event in session.timeline.heard]
    errors = [f"{event.code}" for event in heard if isinstance(event, Errored | Refused)]
    closes = [f"closed {event.code}" for event in heard if isinstance(event, Closed)]
    reason = session.timeline.end_reason
    return ", ".join([*errors[-1:], *closes[-1:], *([reason] if reason in ("deadline", "cut") else [])])


def fold(edits: Sequence[EditStep]) -> tuple[Piece, ...]:
    """A piece a word; deletions in a row are one box, and of many right words in a row the middle is only counted."""
    quiet, kept = (_LONG_QUIET_RUN, _LONG_KEPT) if len(edits) > _LONG else (_QUIET_RUN, _KEPT)
    pieces: list[Piece] = []
    for run in _runs(edits):
        if run[0].kind == "delete":
            pieces.append(_piece(run))
        elif run[0].kind == "equal" and len(run) > quiet:
            pieces += [_piece([step]) for step in run[:kept]]
            pieces.append(Piece(kind="fold", words=len(run) - 2 * kept))
            pieces += [_piece([step]) for step in run[-kept:]]
        else:
            pieces += [_piece([step]) for step in run]
    return tuple(pieces)


def _runs(edits: Sequence[EditStep]) -> list[list[EditStep]]:
    runs: list[list[EditStep]] = []
    for step in edits:
        if runs and runs[-1][0].kind == step.kind:
            runs[-1].append(step)
        else:
            runs.append([step])
    return runs


def _piece(steps: Sequence[EditStep]) -> Piece:
    return Piece(
        kind=steps[0].kind,
        reference=" ".join(step.reference for step in steps if step.reference),
        heard=" ".join(step.heard for step in steps if step.heard),
        words=len(steps),
    )
