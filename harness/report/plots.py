"""The small drawings inside tables: an objective's intervals on an axis of its own limit, and a cell's strip."""

from __future__ import annotations

import math
from collections.abc import Sequence

from harness.model.scenario import Objective
from harness.model.verdict import Outcome, Verdict
from harness.report import wording
from harness.report.objectives import Row, bound_text, reading
from harness.report.svg import Drawing, Point, Scale, text_width

INTERVAL_WIDTH = 276
LIMIT_X = 150  # the style sheet draws the limit line here, through all rows
ROW = 22
_ZERO_X = 8
_END_X = 264
_STEP = 30  # px a count, where the limit is zero
_STRIP_WIDTH, _STRIP_HEIGHT, _STRIP_LIMIT = 118, 20, 8
_TONES = {Outcome.PASS: "data", Outcome.FAIL: "bad", Outcome.INCONCLUSIVE: "unsure", Outcome.INVALID: "data"}


def position(objective: Objective, value: float) -> float:
    """Pixels from the left: the limit is at LIMIT_X in every row, its good side is left of it."""
    limit = objective.threshold
    upwards = objective.op not in (">=", ">")
    if limit > 0:
        step = (LIMIT_X - _ZERO_X) / limit
    elif wording.unit(objective) == "count":
        step = _STEP
    else:
        step = (LIMIT_X - _ZERO_X) / {"ms": 100.0, "ratio": 0.1}[wording.unit(objective)]
    return LIMIT_X + (value - limit) * (step if upwards else -step)


def intervals(row: Row) -> str:
    """An objective's lines below one another; the limit's value stands where nothing is drawn."""
    lines = [line.verdict for line in row.lines]
    label = wording.limit(row.standing.objective)
    spot = _free_line(lines, text_width(label))
    height = ROW * max(len(lines), spot + 1)
    drawing = Drawing(INTERVAL_WIDTH, height, "; ".join(_says(line) for line in lines))
    drawing.text((LIMIT_X + 8, ROW * spot + 15), label, "ink3 halo")
    for index, line in enumerate(lines):
        _interval(drawing, line, ROW * index + ROW / 2)
    return drawing.svg()


def _free_line(lines: Sequence[Verdict], width: float) -> int:
    """The first line that draws nothing where the limit's value would stand; else one more below."""
    for index, line in enumerate(lines):
        start, end = _extent(line)
        if end < LIMIT_X + 2 or start > LIMIT_X + 16 + width:
            return index
    return len(lines)


def _extent(line: Verdict) -> tuple[float, float]:
    """Where the drawing of a line begins and ends; without a bound it may lie anywhere on the bad side."""
    estimate, objective = line.estimate, line.objective
    values = (estimate.low, estimate.value, estimate.high)
    ends = [position(objective, value) for value in values if value is not None]
    if estimate.value is not None and objective.has_bound and reading(line) is None:
        ends.append(math.inf)
    return (min(ends), max(ends)) if ends else (0.0, 0.0)


def _interval(drawing: Drawing, line: Verdict, y: float) -> None:
    estimate, objective = line.estimate, line.objective
    if estimate.value is None:
        drawing.text((_ZERO_X + 4, y + 4), wording.NOT_MEASURED, "ink3")
        return
    tone = _TONES[line.outcome]
    start, end = _extent(line)
    low, high = min(max(start, _ZERO_X), _END_X), max(min(end, _END_X), _ZERO_X)
    drawing.line((low, y), (high, y), f"s-{tone} w2")
    if end > _END_X:
        drawing.arrow((_END_X + 8, y), 4.5, f"f-{tone}")
    if start < _ZERO_X:
        drawing.arrow((1, y), 4.5, f"f-{tone}", left=True)
    bound = reading(line)
    if bound is not None and _ZERO_X <= position(objective, bound) <= _END_X:
        x = position(objective, bound)
        drawing.line((x, y - 7), (x, y + 7), f"s-{tone} w25")
    _point(drawing, (position(objective, estimate.value), y), line, tone)


def _point(drawing: Drawing, at: Point, line: Verdict, tone: str) -> None:
    if not _ZERO_X <= at[0] <= _END_X:
        return
    if line.outcome is Outcome.FAIL:
        drawing.square(at, 4.5, f"f-{tone}")
    else:
        drawing.circle(at, 4.5, f"f-{tone}")


def _says(line: Verdict) -> str:
    label = wording.slice_label(line.slice) or wording.title(line.objective)
    shown = wording.value(wording.unit(line.objective), line.estimate.value)
    bound = f", bound {bound_text(line)}" if line.objective.has_bound else ""
    return f"{label}: {shown}{bound}, limit {wording.limit(line.objective)}, {line.outcome.value}"


def strip(values: Sequence[float], limit_ms: float | None) -> str:
    """The repeats of a cell in running order: squares are over the limit, a triangle never came."""
    if not values:
        return ""
    never = sum(math.isinf(value) for value in values)
    over = sum(limit_ms is not None and limit_ms < value < math.inf for value in values)
    drawing = Drawing(_STRIP_WIDTH, _STRIP_HEIGHT, f"{len(values)} finals: {over} over the limit, {never} never came")
    if limit_ms is not None:
        drawing.line((0, _STRIP_LIMIT), (_STRIP_WIDTH, _STRIP_LIMIT), "s-base w1")
    top = limit_ms or max((value for value in values if value < math.inf), default=1.0)
    scale = Scale(low=0, high=top, start=_STRIP_HEIGHT - 1, end=_STRIP_LIMIT)
    step = min(9.0, (_STRIP_WIDTH - 6) / len(values))
    radius = 1.9 if step > 4.5 else 1.4
    for index, value in enumerate(values):
        x = 4 + index * step
        if math.isinf(value):
            drawing.triangle((x, 3.5), 3, "f-bad")
        elif limit_ms is not None and value > limit_ms:
            drawing.square((x, max(2.5, min(scale(value), _STRIP_LIMIT - 2))), radius + 0.3, "f-bad")
        else:
            drawing.circle((x, min(scale(max(value, 0)), _STRIP_HEIGHT - 2)), radius, "f-data")
    return drawing.svg()
