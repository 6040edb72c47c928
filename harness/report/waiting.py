"""The share of sessions that still wait, on a log axis, with the forbidden corner, and a mark for every session."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from itertools import pairwise

from harness.report import wording
from harness.report.latency import Curve, Panel
from harness.report.svg import Drawing, Point, Scale, text_width, ticks

WIDTH, TOP, BOTTOM, LEFT, RIGHT = 508, 26, 226, 46, 414
_LATER_X, _NEVER_X = 438, 478
_HEIGHT, _MARKS_Y = 346, 326
_BINS, _MARKS_HEIGHT = (6.0, 5.0, 4.0, 3.0, 2.0), 60  # px: columns of marks, and how high they may grow
_SHARES = (1, 0.5, 0.2, 0.1, 0.05, 0.02, 0.01, 0.005, 0.002, 0.001)
_BESIDE = 0.12  # the share at which a companion curve is named
_STRETCH = 2.6  # the axis reaches that many limits; what is later stands in a column of its own
_FINE = 0.4  # px: steps nearer to one another are drawn as one
_MOST_MARKS = 600  # more sessions are counted in bars
_BAR = 4.0  # px


def figure(panel: Panel) -> str:
    """One panel as SVG. Positions come from the values alone, so the same run gives the same drawing."""
    x, y = _scales(panel)
    drawing = Drawing(WIDTH, _HEIGHT, _says(panel))
    _corner(drawing, panel, x, y)
    _axes(drawing, panel, x, y)
    for curve in reversed(panel.curves):
        _curve(drawing, curve, panel, x, y)
    _limit(drawing, panel, x, y)
    for curve in reversed(panel.curves):
        _point(drawing, curve, panel, x, y)
    _labels(drawing, panel, x, y)
    _marks(drawing, panel, x)
    return drawing.svg()


def _scales(panel: Panel) -> tuple[Scale, Scale]:
    finite = [value for curve in panel.curves for value in curve.values if math.isfinite(value)]
    longest = max(finite, default=1.0)
    high = max(longest * 1.04, 1.6 * panel.limit_ms) if panel.limit_ms else longest * 1.04
    if panel.limit_ms:
        high = min(high, _STRETCH * panel.limit_ms)
    low = min(0.0, min(finite, default=0.0) * 1.04)
    most = max(len(curve.values) for curve in panel.curves)
    floor = next((share for share in reversed(_SHARES) if share >= 0.7 / most), 1 / most)
    floor = min(floor, (panel.share or 1.0) / 2.5)
    x = Scale(low=low, high=max(high, low + 1), start=LEFT, end=RIGHT)
    return x, Scale(low=floor * 0.8, high=1, start=BOTTOM, end=TOP, log=True)


def _where(value: float, x: Scale) -> float:
    """On the axis, or in the columns `later` and `never`."""
    if math.isinf(value):
        return _NEVER_X
    return x(value) if value <= x.high else _LATER_X


def _corner(drawing: Drawing, panel: Panel, x: Scale, y: Scale) -> None:
    if panel.limit_ms is not None and panel.share is not None:
        left = x(panel.limit_ms)
        drawing.rect(left, TOP, WIDTH - 8 - left, y(panel.share) - TOP, "f-badground")


def _axes(drawing: Drawing, panel: Panel, x: Scale, y: Scale) -> None:
    for share in _SHARES:
        if share >= y.low:
            strong = share == panel.share
            drawing.text(
                (LEFT - 8, y(share) + 4),
                f"{share * 100:g}" + (f"{wording.NNBSP}%" if share == 1 else ""),
                "ink" if strong else "ink3",
                "end",
            )
            drawing.line((LEFT, y(share)), (WIDTH - 8, y(share)), "s-hair w1")
    values = ticks(x.low, x.high)
    for index, value in enumerate(values):
        unit = f"{wording.NNBSP}ms" if index == 0 else ""
        drawing.text((x(value), BOTTOM + 17), wording.count(value).replace("-", "−") + unit, "ink3", "middle")  # noqa: RUF001
    if _has_later(panel, x):
        drawing.text((_LATER_X, BOTTOM + 17), "later", "ink3", "middle")
    drawing.line((_NEVER_X - 22, TOP), (_NEVER_X - 22, BOTTOM + 4), "s-rule w1 dots")
    drawing.text((_NEVER_X, BOTTOM + 17), "never", "ink b", "middle")


def _has_later(panel: Panel, x: Scale) -> bool:
    return any(x.high < value < math.inf for curve in panel.curves for value in curve.values)


def steps(values: Sequence[float]) -> list[tuple[float, float]]:
    """(value, share still waiting after it), each value once; the share never falls to zero where one never came."""
    left, points = len(values), []
    for value, number in sorted(Counter(values).items()):
        left -= number
        points.append((value, left / len(values)))
    return points


def _curve(drawing: Drawing, curve: Curve, panel: Panel, x: Scale, y: Scale) -> None:
    path: list[Point] = [(LEFT, TOP)]
    share = 1.0
    for value, left in steps(curve.values):
        if math.isinf(value):
            break
        at = _where(value, x)
        low = y(left) if left else BOTTOM
        if at - path[-1][0] < _FINE:
            path[-1] = (path[-1][0], low)
        else:
            path += [(at, y(share)), (at, low)]
        share = left
    if share:
        path.append((_NEVER_X, y(share)))
    tone = {"main": "data w2", "other": "ink2 w15", "companion": "soft w15 dash"}[curve.kind]
    drawing.path(path, f"s-{tone} nofill")
    if share and curve.kind != "companion":
        bad, never = curve.kind == "main", round(share * len(curve.values))
        drawing.triangle((_NEVER_X, y(share)), 4.5, "f-bad" if bad else "f-ink2")
        text = f"{wording.count(never)} of {wording.count(len(curve.values))}"
        drawing.text((WIDTH - 8, y(share) - 9), text, "t-bad b" if bad else "ink2", "end")
    if curve.kind == "main":
        _late_part(drawing, path, panel, x, y)


def _late_part(drawing: Drawing, path: Sequence[Point], panel: Panel, x: Scale, y: Scale) -> None:
    """The part of the main curve inside the forbidden corner, drawn again in the colour of a failure."""
    if panel.limit_ms is None or panel.share is None:
        return
    left, lowest = x(panel.limit_ms), y(panel.share)
    part: list[Point] = []
    for (ax, ay), (bx, by) in pairwise(path):
        if bx <= left or ay >= lowest:
            continue
        part += [] if part else [(max(ax, left), ay)]
        part.append((bx, min(by, lowest)))
    if len(part) > 1:
        drawing.path(part, "s-bad w25 nofill")


def _limit(drawing: Drawing, panel: Panel, x: Scale, y: Scale) -> None:
    if panel.limit_ms is None or panel.share is None:
        return
    at, level = x(panel.limit_ms), y(panel.share)
    drawing.line((at, TOP - 8), (at, BOTTOM + 4), "s-ink w15")
    drawing.line((at, BOTTOM + 24), (at, _MARKS_Y + 6), "s-ink w15")
    drawing.text((at, TOP - 13), f"limit {wording.milliseconds(panel.limit_ms)}", "ink b", "middle")
    drawing.line((LEFT, level), (WIDTH - 8, level), "s-ink w1")
    drawing.text((_NEVER_X - 28, level + 15), f"at most {wording.bare_percent(panel.share)}", "ink halo", "end")


def _point(drawing: Drawing, curve: Curve, panel: Panel, x: Scale, y: Scale) -> None:
    if curve.point is None or panel.share is None:
        return
    level = y(panel.share)
    over = panel.limit_ms is not None and curve.point > panel.limit_ms
    tone = ("bad" if over else "data") if curve.kind == "main" else "ink2"
    at, bound = _where(curve.point, x), _where(curve.bound, x) if curve.bound is not None else None
    if bound is not None:
        drawing.line((at, level), (bound, level), f"s-{tone} w25")
        drawing.line((bound, level - 6), (bound, level + 6), f"s-{tone} w25")
    if math.isinf(curve.point):
        drawing.triangle((at, level), 5, f"f-{tone}")
    elif over:
        drawing.square((at, level), 4.5, f"f-{tone}")
    else:
        drawing.circle((at, level), 4.5, f"f-{tone}")


def _labels(drawing: Drawing, panel: Panel, x: Scale, y: Scale) -> None:
    """The main curve's words stand in the corner it must not enter; the others' below the line, left of the curves."""
    main, warm = panel.curves[0], " halo warm" if panel.share is not None else " halo"
    late = panel.limit_ms is not None and _share_over(main, panel.limit_ms) > (panel.share or 0)
    drawing.text((WIDTH - 14, TOP + 18), main.label, ("t-bad b" if late else "t-data b") + warm, "end")
    for number, note in enumerate(main.notes, start=1):
        drawing.text((WIDTH - 14, TOP + 18 + 16 * number), note, "ink2" + warm, "end")
    base = y(panel.share or 0.05) + 20
    for curve in (curve for curve in panel.curves if curve.kind == "other"):
        drawing.text((LEFT + 9, base), curve.label, "ink b halo")
        drawing.text((LEFT + 9, base + 15), "".join(curve.notes[:1]), "ink2 halo")
        base += 36
    for curve in (curve for curve in panel.curves if curve.kind == "companion"):
        _companion_label(drawing, curve, panel, x, y)


def _share_over(curve: Curve, limit_ms: float) -> float:
    return sum(value > limit_ms for value in curve.values) / len(curve.values)


def _companion_label(drawing: Drawing, curve: Curve, panel: Panel, x: Scale, y: Scale) -> None:
    """Beside its curve, where one in eight still waits."""
    value = curve.values[min(len(curve.values) - 1, int(len(curve.values) * (1 - _BESIDE)))]
    at = min(_where(value, x), _NEVER_X - 22)
    left = at + 8 + text_width(curve.label) > WIDTH
    inside = panel.limit_ms is not None and at > x(panel.limit_ms)
    never = sum(math.isinf(value) for value in curve.values) / len(curve.values)
    place = (at - 6 if left else at + 8, (y(never) + 16) if never > _BESIDE else y(_BESIDE) + 4)
    drawing.text(place, curve.label, "t-data halo" + (" warm" if inside else ""), "end" if left else "start")


def _marks(drawing: Drawing, panel: Panel, x: Scale) -> None:
    """Every session of the main slice."""
    values, limit = panel.curves[0].values, panel.limit_ms
    if len(values) > _MOST_MARKS:
        tallest = _bars(drawing, values, limit, x)
        said = ("sessions,", f"up to {wording.count(tallest)}")
    else:
        _dots(drawing, values, limit, x)
        said = ("each mark", f"is one of {len(values)}")
    drawing.line((LEFT, _MARKS_Y), (WIDTH - 8, _MARKS_Y), "s-rule w1")
    for text, above in zip(said, (58, 43), strict=True):
        drawing.text((0, _MARKS_Y - above), text, "ink3")
    late = sum(limit is not None and value > limit for value in values)
    if late and limit is not None:
        drawing.text((x(limit) + 10, _MARKS_Y - 58), f"{wording.count(late)} late", "t-bad b")


def _dots(drawing: Drawing, values: Sequence[float], limit: float | None, x: Scale) -> None:
    """A mark each: circle, square over the limit, triangle never."""
    columns, pitch = _columns(values, limit, x)
    radius = 0.46 * pitch
    heights: Counter[float] = Counter()
    for value, column in zip(values, columns, strict=True):
        at = (column, _MARKS_Y - 3 - pitch * heights[column])
        heights[column] += 1
        if math.isinf(value):
            drawing.triangle(at, radius + 0.7, "f-bad")
        elif limit is not None and value > limit:
            drawing.square(at, radius, "f-bad")
        else:
            drawing.circle(at, radius, "f-data")


def _bars(drawing: Drawing, values: Sequence[float], limit: float | None, x: Scale) -> int:
    """Too many for a mark each: their number a column, a triangle over those that never came. How many the tallest."""
    counts = Counter(_column(value, limit, x, _BAR) for value in values)
    edge, never = math.inf if limit is None else x(limit), _column(math.inf, limit, x, _BAR)
    tallest = max(counts.values())
    for column, number in sorted(counts.items()):
        height = max(_MARKS_HEIGHT * number / tallest, 1.2)
        tone = "f-bad" if column > edge or column == never else "f-data"
        drawing.rect(column - _BAR / 2 + 0.4, _MARKS_Y - height, _BAR - 0.8, height, tone)
        if column == never:
            drawing.triangle((column, _MARKS_Y - height - 6), 3.2, "f-bad")
    return tallest


def _columns(values: Sequence[float], limit: float | None, x: Scale) -> tuple[list[float], float]:
    """Columns as wide as still lets the tallest fit, and the height of a mark in them."""
    columns, pitch = [LEFT + 0.0], 0.0
    for width in _BINS:
        columns = [_column(value, limit, x, width) for value in values]
        tallest = max(Counter(columns).values())
        pitch = min(0.77 * width, _MARKS_HEIGHT / tallest)
        if 0.77 * width * tallest <= _MARKS_HEIGHT:
            break
    return columns, pitch


def _column(value: float, limit: float | None, x: Scale, width: float) -> float:
    """A column of marks never straddles the limit."""
    column = round(_where(value, x) / width) * width
    if limit is None:
        return column
    return min(column, x(limit) - width / 2) if value <= limit else max(column, x(limit) + width / 2 + 1)


def _says(panel: Panel) -> str:
    curves = "; ".join(f"{curve.label}: {', '.join(curve.notes)}" for curve in panel.curves if curve.notes)
    limit = f", limit {wording.milliseconds(panel.limit_ms)}" if panel.limit_ms is not None else ""
    return f"{panel.title}, share of sessions still waiting{limit}. {curves}".strip()
