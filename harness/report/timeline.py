"""One session on one time axis: what was spoken, heard, shown and waited for."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise

from harness.model.measurement import ShownWord, WordTrace
from harness.model.timeline import Errored, Refused
from harness.report import wording
from harness.report.stories import Story
from harness.report.svg import Drawing, rows_for, text_width, ticks
from harness.report.window import LEFT, RIGHT, Axis, Wait, axis_of, drawn_ns, wait_of

WIDTH = 1060
AUDIO_COLUMNS = 420
_SPOKEN, _AUDIO, _SLANT, _SHOWN, _WAITED, _TIME, _HEIGHT = 13, 62, 88, 124, 204, 232, 238
_ROW = 15
_SHOWN_ROWS, _SPOKEN_ROWS = 4, 2
_PAUSE_NS = 900_000_000  # a silence of the partials worth a name


def figure(story: Story, peaks: Sequence[float]) -> str:
    """The whole story. `peaks` is the clip's outline; empty where there is no audio."""
    axis, wait = axis_of(story), wait_of(story)
    drawing = Drawing(WIDTH, _HEIGHT, _says(story))
    _grid(drawing, axis)
    _spoken(drawing, story, axis)
    _waveform(drawing, story, axis, peaks)
    _slants(drawing, story, axis, wait)
    _hypotheses(drawing, story, axis, wait)
    _ends(drawing, story, axis, wait)
    _shown(drawing, story, axis)
    _first_wait(drawing, story, axis)
    _final_wait(drawing, axis, wait)
    return drawing.svg()


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
    words = [word for word in story.trace.words if axis.shows(word.start_ns) and axis.shows(word.end_ns)]
    spans = [(axis(word.start_ns), axis(word.start_ns) + text_width(word.text)) for word in words]
    for word, row in zip(words, rows_for(spans, _SPOKEN_ROWS, gap=3), strict=True):
        start, end = axis(word.start_ns), axis(word.end_ns)
        drawing.line((start, _AUDIO - 27), (max(end - 1.5, start + 1), _AUDIO - 27), "s-base w15")
        if row is not None:
            drawing.text((start, _SPOKEN + _ROW * (_SPOKEN_ROWS - 1 - row)), word.text, "ink")


def _waveform(drawing: Drawing, story: Story, axis: Axis, peaks: Sequence[float]) -> None:
    plan, length_ns = story.session.plan, story.session.clip.duration_ns
    from_ns, until_ns = drawn_ns(story) or (0, length_ns)
    if not peaks:
        drawing.text((LEFT, _AUDIO + 4), "no audio stored", "ink3")
        return
    each_ns = (until_ns - from_ns) / len(peaks)
    centres = [plan.start_ns + from_ns + each_ns * (index + 0.5) for index in range(len(peaks))]
    points = [(axis(at), max(peak * 20, 0.6)) for at, peak in zip(centres, peaks, strict=True) if axis.shows(int(at))]
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


def _slants(drawing: Drawing, story: Story, axis: Axis, wait: Wait | None) -> None:
    limit_ms = wait.limit_ms if wait else None
    for word in story.trace.words:
        if word.stays_ns is None or not axis.shows(word.end_ns):
            continue
        late = limit_ms is not None and (word.stays_ns - word.end_ns) / 1e6 > limit_ms
        drawing.line((axis(word.end_ns), _SLANT), (axis(word.stays_ns), _SHOWN), "s-data w15" if late else "s-soft w1")


def _hypotheses(drawing: Drawing, story: Story, axis: Axis, wait: Wait | None) -> None:
    arrivals = [at for at in story.trace.hypothesis_ns if axis.shows(at)]
    last = max([*arrivals, axis.from_ns])
    end = max(last, wait.spoken_ns) if wait else last
    drawing.line((LEFT, _SHOWN), (axis(last), _SHOWN), "s-data w15")
    for at in arrivals:
        drawing.line((axis(at), _SHOWN - 4), (axis(at), _SHOWN + 4), "s-data w2")
    if end > last:
        drawing.line((axis(last), _SHOWN), (axis(end), _SHOWN), "s-base w15 dots")
    if wait:
        _longest_pause(drawing, story.trace.words[0].start_ns, wait.spoken_ns, arrivals, axis)


def _longest_pause(drawing: Drawing, first_ns: int, spoken_ns: int, arrivals: Sequence[int], axis: Axis) -> None:
    """One annotation at most: the longest silence of the partials while speech lasts."""
    points = sorted({max(first_ns, axis.from_ns), *(at for at in arrivals if first_ns <= at <= spoken_ns), spoken_ns})
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


def _ends(drawing: Drawing, story: Story, axis: Axis, wait: Wait | None) -> None:
    """The end of speech, the finals, and how the target ended it."""
    if wait:
        x = axis(wait.spoken_ns)
        drawing.line((x, _AUDIO - 27), (x, _WAITED + 8), "s-ink w1 dash")
        drawing.text((x + 5, _AUDIO - 18), f"end of {wait.segment or 'speech'}", "ink b halo")
    _finals(drawing, story.trace.final_ns, axis, wait)
    for at, event in story.session.timeline.heard:
        if isinstance(event, Errored | Refused) and axis.shows(at):
            drawing.line((axis(at), _SLANT - 4), (axis(at), _WAITED), "s-bad w2")
            anchor = "end" if axis(at) + 10 + text_width(event.code, 12.6) > WIDTH else "start"
            drawing.text((axis(at) + (-6 if anchor == "end" else 6), _SLANT + 22), event.code, "t-bad b halo", anchor)


def _finals(drawing: Drawing, finals_ns: Sequence[int], axis: Axis, wait: Wait | None) -> None:
    """The one that was waited for reaches down to the wait, and has its name."""
    awaited_ns = wait.answered_ns if wait else max(finals_ns, default=None)
    for at in filter(axis.shows, finals_ns):
        if at != awaited_ns:
            drawing.line((axis(at), _SLANT - 4), (axis(at), _SHOWN), "s-data w2")
            continue
        tone = "bad" if wait and wait.late else "data"
        drawing.line((axis(at), _SLANT - 4), (axis(at), _WAITED), f"s-{tone} w2")
        drawing.text((axis(at) + 6, _SLANT + 8), "final", f"t-{tone} b halo")


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


def _final_wait(drawing: Drawing, axis: Axis, wait: Wait | None) -> None:
    if wait is None or wait.value_ms is None:
        return
    start, value, limit = axis(wait.spoken_ns), wait.value_ms, wait.limit_ms
    end = RIGHT - 8 if math.isinf(value) else axis(wait.spoken_ns + value * 1e6)
    edge = axis(wait.spoken_ns + limit * 1e6) if limit is not None else end
    drawing.rect(start, _WAITED - 4, min(edge, end) - start, 8, "f-soft")
    if end > edge:
        drawing.rect(edge, _WAITED - 4, end - edge, 8, "f-bad")
    if math.isinf(value):
        drawing.arrow((RIGHT + 4, _WAITED), 7, "f-bad")
    if limit is not None:
        drawing.line((edge, _WAITED - 8), (edge, _WAITED + 8), "s-ink w15")
        drawing.text((edge - 2, _WAITED - 13), f"limit {wording.milliseconds(limit)}", "ink2 halo")
    tone = "t-bad b halo" if wait.late else "ink b halo"
    if math.isinf(value):
        drawing.text((RIGHT, _WAITED + 22), "never", tone, "end")
    else:
        text = wording.milliseconds(value)
        fits = end > edge or end + text_width(text, 13) + 16 < edge
        drawing.text(((end if fits else edge) + 7, _WAITED + 4), text, tone)


def _says(story: Story) -> str:
    bits = ", ".join(f"{bit.text} {bit.strong}".strip() for bit in story.bits)
    return f"Time line of {story.title}: {bits}"
