"""The small drawings inside tables: an objective's intervals on an axis of its own limit, and a cell's strip."""

from __future__ import annotations

import math
from collections.abc import Sequence

from harness.model.scenario import Objective
from harness.model.verdict import Outcome, Verdict
from harness.report import wording
from harness.report.lines import Line, bound_text, came_to, value_text
from harness.report.svg import Drawing, Point, Scale, text_width

INTERVAL_WIDTH = 276
LIMIT_X = 150  # the style sheet draws the limit line here, through all rows
ROW = 22
_ZERO_X = 8
_END_X = 264
_STEP = 30  # px a count, where the limit is zero
_STRIP_HEIGHT, _STRIP_LIMIT, _NARROWEST = 20, 8, 2  # px; two are the least that tells one mark from the next
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


def intervals(lines: Sequence[Line]) -> str:
    """Judged lines of one objective below one another; the limit's value stands where nothing is drawn."""
    label = wording.limit(lines[0].verdict.objective)
    spot = _free_line(lines, text_width(label))
    height = ROW * max(len(lines), spot + 1)
    drawing = Drawing(INTERVAL_WIDTH, height, "; ".join(_says(line) for line in lines))
    drawing.text((LIMIT_X + 8, ROW * spot + 15), label, "ink3 halo")
    for index, line in enumerate(lines):
        y = ROW * index + ROW / 2
        if line.baseline is not None:
            _baseline(drawing, position(line.verdict.objective, line.baseline), y)
        _interval(drawing, line.verdict, y)
    return drawing.svg()


def _free_line(lines: Sequence[Line], width: float) -> int:
    """The first line that draws nothing where the limit's value would stand; else one more below."""
    for index, line in enumerate(lines):
        start, end = _extent(line.verdict)
        then = None if line.baseline is None else position(line.verdict.objective, line.baseline)
        free = end < LIMIT_X + 2 or start > LIMIT_X + 16 + width
        if free and (then is None or not LIMIT_X + 2 < then < LIMIT_X + 16 + width):
            return index
    return len(lines)


def _baseline(drawing: Drawing, x: float, y: float) -> None:
    """The blessed run's value, behind this run's; an open arrow where it lies off the axis."""
    if x > _END_X:
        drawing.arrow((_END_X + 8, y), 4.5, "s-base w15 nofill")
    elif x < _ZERO_X:
        drawing.arrow((1, y), 4.5, "s-base w15 nofill", left=True)
    else:
        drawing.circle((x, y), 4.6, "s-base w2 nofill")


def _extent(line: Verdict) -> tuple[float, float]:
    """Where the drawing of a line begins and ends; without a bound it may lie anywhere on the bad side."""
    estimate, objective = line.estimate, line.objective
    values = (estimate.low, estimate.value, estimate.high)
    ends = [position(objective, value) for value in values if value is not None]
    if estimate.value is not None and objective.has_bound and line.bound is None:
        ends.append(math.inf)
    return (min(ends), max(ends)) if ends else (0.0, 0.0)


def _interval(drawing: Drawing, line: Verdict, y: float) -> None:
    estimate, objective = line.estimate, line.objective
    if estimate.value is None:
        drawing.text((_ZERO_X + 4, y + 4), wording.NOT_MEASURED, "ink3")
        return
    tone = "limit" if line.known_limit else _TONES[line.outcome]
    start, end = _extent(line)
    low, high = min(max(start, _ZERO_X), _END_X), max(min(end, _END_X), _ZERO_X)
    drawing.line((low, y), (high, y), f"s-{tone} w2")
    if end > _END_X:
        drawing.arrow((_END_X + 8, y), 4.5, f"f-{tone}")
    if start < _ZERO_X:
        drawing.arrow((1, y), 4.5, f"f-{tone}", left=True)
    bound = line.bound
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


def _says(line: Line) -> str:
    verdict = line.verdict
    objective = verdict.objective
    label = line.label or wording.title(objective)
    bound = f", bound {bound_text(verdict)}" if objective.has_bound else ""
    then = f", baseline {value_text(objective, line.baseline)}" if line.baseline is not None else ""
    ended = f"known limit, {came_to(verdict)}" if verdict.known_limit else verdict.outcome.value
    shown = wording.value(wording.unit(objective), verdict.estimate.value)
    return f"{label}: {shown}{bound}, limit {wording.limit(objective)}{then}, {ended}"


def strip(values: Sequence[float], limit_ms: float | None, *, marks: int, known: bool = False) -> str:
    """The repeats of a cell in running order: squares are over the limit, a triangle never came.

    More than `marks` stand in bunches of neighbours, each drawn as its worst. `known`: the limit is a known one.
    """
    if not values:
        return ""
    width = _NARROWEST * marks + 6
    drawing = Drawing(width, _STRIP_HEIGHT, _counted(values, limit_ms))
    if limit_ms is not None:
        drawing.line((0, _STRIP_LIMIT), (width, _STRIP_LIMIT), "s-base w1")
    top = limit_ms or max((value for value in values if value < math.inf), default=1.0)
    scale = Scale(low=0, high=top, start=_STRIP_HEIGHT - 1, end=_STRIP_LIMIT)
    worst = _worst(values, marks)
    step = min(9.0, (width - 6) / len(worst))
    radius, bad = 1.9 if step > 4.5 else 1.4, "f-limit" if known else "f-bad"
    for index, value in enumerate(worst):
        x = 4 + index * step
        if math.isinf(value):
            drawing.triangle((x, 3.5), 3, bad)
        elif limit_ms is not None and value > limit_ms:
            drawing.square((x, max(2.5, min(scale(value), _STRIP_LIMIT - 2))), radius + 0.3, bad)
        else:
            drawing.circle((x, min(scale(max(value, 0)), _STRIP_HEIGHT - 2)), radius, "f-data")
    return drawing.svg()


def _counted(values: Sequence[float], limit_ms: float | None) -> str:
    never = sum(math.isinf(value) for value in values)
    over = sum(limit_ms is not None and limit_ms < value < math.inf for value in values)
    return f"{len(values)} finals: {over} over the limit, {never} never came"


def _worst(values: Sequence[float], marks: int) -> list[float]:
    """Neighbours in bunches, the worst of each."""
    bunch = math.ceil(len(values) / marks)
    return [max(values[at : at + bunch]) for at in range(0, len(values), bunch)]
