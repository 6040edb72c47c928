"""One session on one time axis: what was spoken, heard, shown and waited for."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from harness.model.measurement import ShownWord, WordTrace
from harness.model.timeline import Errored, Refused
from harness.report import wording
from harness.report.stories import Story
from harness.report.svg import Drawing, Scale, rows_for, text_width, ticks

WIDTH, LEFT, RIGHT = 1060, 76, 1046
AUDIO_COLUMNS = 420
_SPOKEN, _AUDIO, _SLANT, _SHOWN, _WAITED, _TIME, _HEIGHT = 13, 62, 88, 124, 204, 232, 238
_ROW = 15
_SHOWN_ROWS, _SPOKEN_ROWS = 4, 2
_WINDOW_NS = 16_000_000_000  # a longer session shows its last words and the wait for its final
_PAUSE_NS = 900_000_000  # a silence of the partials worth a name
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


def figure(story: Story, peaks: Sequence[float]) -> str:
    """The whole story. `peaks` is the clip's outline; empty where there is no audio."""
    axis = _axis(story)
    drawing = Drawing(WIDTH, _HEIGHT, _says(story))
    _grid(drawing, axis)
    _spoken(drawing, story, axis)
    _waveform(drawing, story, axis, peaks)
    _slants(drawing, story, axis)
    _hypotheses(drawing, story, axis)
    _ends(drawing, story, axis)
    _shown(drawing, story, axis)
    _first_wait(drawing, story, axis)
    _final_wait(drawing, story, axis)
    return drawing.svg()


def speech_end_ns(story: Story) -> int | None:
    return story.trace.words[-1].end_ns if story.trace.words else None


def _axis(story: Story) -> Axis:
    plan, trace = story.session.plan, story.trace
    spoken = speech_end_ns(story) or plan.end_ns
    from_ns = plan.start_ns if spoken - plan.start_ns <= _WINDOW_NS else spoken - _WINDOW_NS
    limit_ns = int(story.limits.get("final_ms", 0) * 1e6)
    seen = [*trace.hypothesis_ns, *trace.final_ns]
    seen += [at for at, event in story.session.timeline.heard if isinstance(event, Errored) and at <= spoken + _TAIL_NS]
    until = max([plan.end_ns, spoken + limit_ns, *seen])
    failed = any(isinstance(event, Errored) for _, event in story.session.timeline.heard)
    until_ns = until + int((0.16 if failed else 0.09) * (until - from_ns))  # room for the words at the right end
    low, high = ((at - plan.start_ns) / 1e9 for at in (from_ns, until_ns))
    return Axis(
        zero_ns=plan.start_ns,
        from_ns=from_ns,
        until_ns=until_ns,
        scale=Scale(low=low, high=high, start=LEFT, end=RIGHT),
    )


def _grid(drawing: Drawing, axis: Axis) -> None:
    for name, y in (("spoken", _SPOKEN + _ROW), ("audio", _AUDIO + 4), ("shown", _SHOWN + 18), ("waited", _WAITED + 4)):
        drawing.text((0, y), name, "ink2")
    drawing.text((0, _TIME), "time", "ink2")
    span = axis.scale.high - axis.scale.low
    values = ticks(axis.scale.low, axis.scale.high, min(14, math.ceil(span)))
    for index, at in enumerate(values):
        x = axis.scale(at)
        drawing.line((x, _AUDIO - 20), (x, _WAITED + 8), "s-hair w1")
        drawing.text((x, _TIME), f"{at:g}" + (f"{wording.NNBSP}s" if index == 0 else ""), "ink3", "middle")


def _spoken(drawing: Drawing, story: Story, axis: Axis) -> None:
    words = [word for word in story.trace.words if axis.shows(word.start_ns)]
    spans = [(axis(word.start_ns), axis(word.start_ns) + text_width(word.text)) for word in words]
    for word, row in zip(words, rows_for(spans, _SPOKEN_ROWS, gap=3), strict=True):
        start, end = axis(word.start_ns), axis(word.end_ns)
        drawing.line((start, _AUDIO - 27), (max(end - 1.5, start + 1), _AUDIO - 27), "s-base w15")
        if row is not None:
            drawing.text((start, _SPOKEN + _ROW * (_SPOKEN_ROWS - 1 - row)), word.text, "ink")


def _waveform(drawing: Drawing, story: Story, axis: Axis, peaks: Sequence[float]) -> None:
    start_ns, length_ns = story.session.plan.start_ns, story.session.clip.duration_ns
    if not peaks:
        drawing.text((LEFT, _AUDIO + 4), "no audio stored", "ink3")
        return
    points = [
        (axis(start_ns + length_ns * (index + 0.5) / len(peaks)), max(peak * 20, 0.6))
        for index, peak in enumerate(peaks)
        if axis.shows(int(start_ns + length_ns * (index + 0.5) / len(peaks)))
    ]
    upper = [(x, _AUDIO - peak) for x, peak in points]
    lower = [(x, _AUDIO + peak) for x, peak in reversed(points)]
    if points:
        drawing.path([*upper, *lower], "f-wave", closed=True)
    _unsent(drawing, story, axis)


def _unsent(drawing: Drawing, story: Story, axis: Axis) -> None:
    """Where the stream ended before the clip did."""
    plan = story.session.plan
    if plan.end_ns < plan.start_ns + story.session.clip.duration_ns and axis.shows(plan.end_ns):
        x, end = axis(plan.end_ns), min(axis(plan.start_ns + story.session.clip.duration_ns), RIGHT)
        drawing.rect(x, _AUDIO - 22, end - x, 44, "f-veil")


def _slants(drawing: Drawing, story: Story, axis: Axis) -> None:
    final_limit = story.limits.get("final_ms")
    for word in story.trace.words:
        if word.stays_ns is None or not axis.shows(word.end_ns):
            continue
        late = final_limit is not None and (word.stays_ns - word.end_ns) / 1e6 > final_limit
        drawing.line((axis(word.end_ns), _SLANT), (axis(word.stays_ns), _SHOWN), "s-data w15" if late else "s-soft w1")


def _hypotheses(drawing: Drawing, story: Story, axis: Axis) -> None:
    arrivals = [at for at in story.trace.hypothesis_ns if axis.shows(at)]
    spoken = speech_end_ns(story)
    last = max([*arrivals, axis.from_ns])
    end = max(last, spoken) if spoken is not None else last
    drawing.line((LEFT, _SHOWN), (axis(last), _SHOWN), "s-data w15")
    for at in arrivals:
        drawing.line((axis(at), _SHOWN - 4), (axis(at), _SHOWN + 4), "s-data w2")
    if end > last:
        drawing.line((axis(last), _SHOWN), (axis(end), _SHOWN), "s-base w15 dots")
    _longest_pause(drawing, story, arrivals, axis)


def _longest_pause(drawing: Drawing, story: Story, arrivals: Sequence[int], axis: Axis) -> None:
    """One annotation at most: the longest silence of the partials while speech lasts."""
    if not story.trace.words:
        return
    first, spoken = story.trace.words[0].start_ns, story.trace.words[-1].end_ns
    points = sorted({max(first, axis.from_ns), *(at for at in arrivals if first <= at <= spoken), spoken})
    gaps = [(b - a, a, b) for a, b in pairwise(points)]
    length, start, end = max(gaps, default=(0, 0, 0))
    if length < _PAUSE_NS:
        return
    drawing.line((axis(start), _SHOWN), (axis(end), _SHOWN), "s-paper w3")
    drawing.line((axis(start), _SHOWN), (axis(end), _SHOWN), "s-ink2 w15 dots")
    text = f"no partial for {wording.seconds(length)}"
    drawing.text(((axis(start) + axis(end)) / 2, _SHOWN - 6), text, "ink b halo", "middle")


def _shown(drawing: Drawing, story: Story, axis: Axis) -> None:
    """Words that stayed first, then those taken back; what finds no room is counted."""
    words = [word for word in story.trace.shown if axis.shows(word.shown_ns)]
    order = sorted(words, key=lambda word: (word.gone_ns is not None, word.shown_ns))
    spans = [_span(word, axis) for word in order]
    hidden = 0
    for word, (start, _), row in zip(order, spans, rows_for(spans, _SHOWN_ROWS, gap=4), strict=True):
        if row is None:
            hidden += 1
            continue
        back = word.gone_ns is not None
        style = "ink3 struck" if back else ("ink halo" if word.correct else "t-bad b halo")
        drawing.text((start, _SHOWN + 18 + _ROW * row), word.text, style)
    if hidden:
        drawing.text((0, _SHOWN + 18 + _ROW), f"+ {hidden} more", "ink3")


def _span(word: ShownWord, axis: Axis) -> tuple[float, float]:
    width = text_width(word.text, 12 if word.correct else 12.6)
    start = min(axis(word.shown_ns), WIDTH - width)
    return start, start + width


def _ends(drawing: Drawing, story: Story, axis: Axis) -> None:
    """The end of speech, the finals, and how the target ended it."""
    spoken = speech_end_ns(story)
    if spoken is not None:
        x = axis(spoken)
        drawing.line((x, _AUDIO - 27), (x, _WAITED + 8), "s-ink w1 dash")
        drawing.text((x + 5, _AUDIO - 18), "end of speech", "ink b halo")
    late = _is_late(story)
    for index, at in enumerate(story.trace.final_ns):
        last = index == len(story.trace.final_ns) - 1
        drawing.line(
            (axis(at), _SLANT - 4),
            (axis(at), _WAITED if last else _SHOWN),
            f"s-{'bad' if late and last else 'data'} w2",
        )
        if last:
            drawing.text((axis(at) + 6, _SLANT + 8), "final", ("t-bad" if late else "t-data") + " b halo")
    for at, event in story.session.timeline.heard:
        if isinstance(event, Errored | Refused) and axis.shows(at):
            drawing.line((axis(at), _SLANT - 4), (axis(at), _WAITED), "s-bad w2")
            anchor = "end" if axis(at) + 10 + text_width(event.code, 12.6) > WIDTH else "start"
            drawing.text((axis(at) + (-6 if anchor == "end" else 6), _SLANT + 22), event.code, "t-bad b halo", anchor)


def _is_late(story: Story) -> bool:
    value, limit = story.session.value("final_ms"), story.limits.get("final_ms")
    return value is not None and (math.isinf(value) or (limit is not None and value > limit))


def _first_wait(drawing: Drawing, story: Story, axis: Axis) -> None:
    value = story.session.value("first_partial_ms")
    words: tuple[WordTrace, ...] = story.trace.words
    if value is None or not words or not axis.shows(words[0].end_ns):
        return
    start = axis(words[0].end_ns)
    limit = story.limits.get("first_partial_ms")
    if math.isinf(value):
        drawing.text((start, _WAITED + 4), "no partial ever came", "t-bad b halo")
        return
    end = axis(words[0].end_ns + value * 1e6)
    late = limit is not None and value > limit
    drawing.rect(min(start, end), _WAITED - 4, max(abs(end - start), 1.5), 8, "f-bad" if late else "f-data")
    text = f"first partial {wording.milliseconds(value)}"
    drawing.text((max(start, end) + 6, _WAITED + 4), text, ("t-bad" if late else "ink") + " b halo")


def _final_wait(drawing: Drawing, story: Story, axis: Axis) -> None:
    value, spoken = story.session.value("final_ms"), speech_end_ns(story)
    if value is None or spoken is None:
        return
    start, limit = axis(spoken), story.limits.get("final_ms")
    end = RIGHT - 8 if math.isinf(value) else axis(spoken + value * 1e6)
    edge = axis(spoken + limit * 1e6) if limit is not None else end
    drawing.rect(start, _WAITED - 4, min(edge, end) - start, 8, "f-soft")
    if end > edge:
        drawing.rect(edge, _WAITED - 4, end - edge, 8, "f-bad")
    if math.isinf(value):
        drawing.arrow((RIGHT + 4, _WAITED), 7, "f-bad")
    if limit is not None:
        drawing.line((edge, _WAITED - 8), (edge, _WAITED + 8), "s-ink w15")
        drawing.text((edge - 2, _WAITED - 13), f"limit {wording.milliseconds(limit)}", "ink2 halo")
    tone = "t-bad b halo" if _is_late(story) else "ink b halo"
    if math.isinf(value):
        drawing.text((RIGHT, _WAITED + 22), "never", tone, "end")
    else:
        text = wording.milliseconds(value)
        fits = end > edge or end + text_width(text, 13) + 16 < edge
        drawing.text(((end if fits else edge) + 7, _WAITED + 4), text, tone)


def _says(story: Story) -> str:
    bits = ", ".join(f"{bit.text} {bit.strong}".strip() for bit in story.bits)
    return f"Time line of {story.title}: {bits}"
