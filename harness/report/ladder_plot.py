"""The drawing of the levels: each figure with its bounds and limit, the certified level, and where the limit lies."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise

from harness.model.verdict import Outcome
from harness.report import wording
from harness.report.ladder import Ladder, Panel, Spot, finite
from harness.report.svg import Drawing, Scale, ticks

_LEFT, _RIGHT, _LEAST, _MOST = 66, 14, 46, 104  # px
_ROOM, _WIDE = 620, 960  # beside the answer, and alone
_HEAD, _PANEL, _GAP, _FOOT = 74, 124, 64, 62
_NEVER = 14  # px above a panel's axis: where ∞ is drawn
_FURTHEST = 2.6  # limits: the axis reaches that far, what lies beyond is a mark at its end with its value
_GROUNDS = {Outcome.INVALID: "f-invalidground"}
_TONES = {"refused": "f-wave", "timeout": "f-bad"}
_ESTIMATE = 52  # px from the words beside it
_LABELLED = 14  # px: a lower part of a stack has no label


def figure(ladder: Ladder, *, alone: bool = False) -> str:
    """All panels on one axis of levels, evenly spaced."""
    number = len(ladder.columns)
    step = max(_LEAST, _WIDE / number if alone and number > 3 else min(_MOST, _ROOM / number))
    width = _LEFT + step * len(ladder.columns) + _RIGHT
    bottom = _HEAD + len(ladder.panels) * (_PANEL + _GAP)
    drawing = Drawing(max(width, 420), bottom + _FOOT - _GAP + 14, ladder.says)
    places = [_LEFT + step * (index + 0.5) for index in range(len(ladder.columns))]
    _grounds(drawing, ladder, places, step, bottom)
    for index, panel in enumerate(ladder.panels):
        top = _HEAD + index * (_PANEL + _GAP)
        _panel(drawing, panel, ladder, places, (top, top + _PANEL))
    _where(drawing, ladder, places, bottom)
    _foot(drawing, ladder, places, bottom)
    return drawing.svg()


def _grounds(drawing: Drawing, ladder: Ladder, places: Sequence[float], step: float, bottom: float) -> None:
    """Bands behind the certified and the refuted level, and behind those nobody can vouch for."""
    top, height = _HEAD - 42, bottom - _HEAD - 8
    for index, column in enumerate(ladder.columns):
        ground = _GROUNDS.get(column.outcome) if column.outcome else None
        ground = {ladder.certified: "f-passground", ladder.refuted: "f-badground"}.get(index, ground)
        if ground:
            drawing.rect(places[index] - step / 2 + 2, top, step - 4, height, ground)


def _panel(drawing: Drawing, panel: Panel, ladder: Ladder, places: Sequence[float], span: tuple[float, float]) -> None:
    y = _scale(panel, span)
    (top, bottom), right = span, places[-1] + places[0] - _LEFT
    drawing.title((0, top - 32), panel.title)
    for value in ticks(0, y.high, 4):
        drawing.line((_LEFT, y(value)), (right, y(value)), "s-hair w1")
        drawing.text((_LEFT - 8, y(value) + 4), _tick(panel.unit, value), "ink3", "end")
    if panel.unit == "ms" and any(spot and math.isinf(spot.value) for spot in panel.spots):
        drawing.text((_LEFT - 8, top - _NEVER + 4), wording.NEVER, "b", "end")
    _stacks(drawing, panel, places, y)
    if panel.limit is not None:
        drawing.line((_LEFT, y(panel.limit)), (right, y(panel.limit)), "s-ink w15")
    _course(drawing, panel, ladder, places, y)
    for place, spot in zip(places, panel.spots, strict=True):
        if spot is None:
            drawing.text((place, bottom - 6), wording.NOT_MEASURED, "ink3 halo", "middle")
        else:
            _spot(drawing, place, spot, y)
    if panel.limit is not None:
        drawing.text((_LEFT + 4, y(panel.limit) - 5), f"limit {panel.limit_text}", "b halo")


def _scale(panel: Panel, span: tuple[float, float]) -> Scale:
    """From zero to the highest figure, but not further than a few limits."""
    highest = max((*finite(panel, lambda spot: spot.value), *finite(panel, lambda spot: spot.high)), default=0.0)
    high = highest * 1.08 or 1.0
    if panel.limit and panel.unit == "ms":
        high = min(max(high, 1.35 * panel.limit), _FURTHEST * panel.limit)
    elif panel.limit:
        high = max(high, 1.35 * panel.limit)
    return Scale(low=0, high=high, start=span[1], end=span[0])


def _tick(unit: str, value: float) -> str:
    return (
        wording.percent(value, 0 if value * 100 == round(value * 100) else 1) if unit == "ratio" else f"{value:,.10g}"
    )


def _course(drawing: Drawing, panel: Panel, ladder: Ladder, places: Sequence[float], y: Scale) -> None:
    """A thin line through neighbours; towards ∞ it is dotted. A recovery is no step on the way up."""
    if panel.stacks:
        return
    columns = zip(places, panel.spots, ladder.columns, strict=True)
    known = [(x, spot) for x, spot, column in columns if spot is not None and column.kind in ("", "overload")]
    for (x0, one), (x1, other) in pairwise(known):
        dotted = math.isinf(one.value) != math.isinf(other.value)
        drawing.line((x0, _height(one.value, y)), (x1, _height(other.value, y)), _link(dotted=dotted))


def _link(*, dotted: bool) -> str:
    return "s-data w1 dots" if dotted else "s-data w1"


def _height(value: float, y: Scale) -> float:
    return y.end - _NEVER if math.isinf(value) else y(min(value, y.high))


def _spot(drawing: Drawing, x: float, spot: Spot, y: Scale) -> None:
    """Point and whiskers: circle within its limit, square over it, triangle where it is infinite."""
    tone = "bad" if spot.over else "data"
    low = spot.value if spot.low is None else spot.low
    high = math.inf if spot.high is None else spot.high
    ends = (_height(low, y), _height(high, y))
    drawing.line((x, ends[0]), (x, ends[1]), f"s-{tone} w15")
    if spot.low is not None:
        drawing.line((x - 5, ends[0]), (x + 5, ends[0]), f"s-{tone} w15")
    if spot.high is None:
        drawing.path([(x - 4, ends[1] + 5), (x, ends[1]), (x + 4, ends[1] + 5)], f"s-{tone} w15 nofill")
    elif math.isfinite(high):
        drawing.line((x - 5, ends[1]), (x + 5, ends[1]), f"s-{tone} w25")
    at = (x, _height(spot.value, y))
    if math.isinf(spot.value):
        drawing.triangle(at, 5, "f-bad")
    elif spot.over:
        drawing.square(at, 4.2, "f-bad")
    else:
        drawing.circle(at, 4.2, "f-data")
    if y.high < spot.value < math.inf:
        drawing.text((x, at[1] - 8), wording.milliseconds(spot.value), "t-bad b halo", "middle")


def _stacks(drawing: Drawing, panel: Panel, places: Sequence[float], y: Scale) -> None:
    """Failures by kind; a kind is named where it is largest."""
    if not any(panel.stacks):
        return
    width = min(26.0, places[0] - _LEFT)
    named: dict[str, tuple[float, float, float]] = {}
    for place, stack in zip(places, panel.stacks, strict=True):
        base = 0.0
        for kind, share in stack:
            height = y(base) - y(base + share)
            drawing.rect(place - width / 2, y(base + share), width, height, _TONES.get(kind, "f-ink2"))
            drawing.line((place - width / 2, y(base)), (place + width / 2, y(base)), "s-paper w1")
            named[kind] = max(named.get(kind, (0.0, 0.0, 0.0)), (share, place - width / 2 - 5, y(base + share / 2) + 4))
            base += share
    taken: list[float] = []
    for kind, (_, x, at) in sorted(named.items(), key=lambda item: item[1][2]):
        base_line = at if all(abs(at - one) >= _LABELLED for one in taken) else max(taken) + _LABELLED
        taken.append(base_line)
        drawing.text((x, base_line), kind, "ink2 halo" if kind != "timeout" else "t-bad b halo", "end")


def _where(drawing: Drawing, ladder: Ladder, places: Sequence[float], bottom: float) -> None:
    """Above everything: what is certified, what refuted, what lies between; and the estimate as a line."""
    if ladder.certified is not None:
        at = places[ladder.certified]
        drawing.text((at, 12), "certified", "t-pass b", "middle")
    if ladder.refuted is not None:
        drawing.text((places[ladder.refuted], 12), "refuted", "t-bad b", "middle")
    if ladder.certified is not None and ladder.refuted is not None:
        left, right = places[ladder.certified], places[ladder.refuted]
        drawing.line((left, 22), (right, 22), "s-ink w15")
        drawing.line((left, 17), (left, 27), "s-ink w15")
        drawing.line((right, 17), (right, 27), "s-ink w15")
    x = None if ladder.estimate is None else _between(ladder, places, ladder.estimate)
    if x is not None:
        drawing.line((x, 22), (x, bottom - _GAP + 4), "s-ink2 w15 dash")
        drawing.path([(x, 17), (x + 5, 22), (x, 27), (x - 5, 22)], "f-ink2", closed=True)
        taken = [places[one] for one in (ladder.certified, ladder.refuted) if one is not None]
        if all(abs(x - place) > _ESTIMATE for place in taken):
            drawing.text((x, 12), f"≈ {int(ladder.estimate or 0):,}", "ink2", "middle")


def _between(ladder: Ladder, places: Sequence[float], level: float) -> float | None:
    """Levels are evenly spaced, so a level between two lies between their columns; None outside all of them."""
    levels = [column.level for column in ladder.columns]
    for index, (low, high) in enumerate(pairwise(levels)):
        if low <= level <= high and high > low:
            return places[index] + (level - low) / (high - low) * (places[index + 1] - places[index])
    return None


def _foot(drawing: Drawing, ladder: Ladder, places: Sequence[float], bottom: float) -> None:
    """Verdict marks, levels, and what they are."""
    y = bottom - _GAP + 22
    for place, column in zip(places, ladder.columns, strict=True):
        if column.outcome is not None:
            drawing.use(f"v-{column.outcome.value.lower()}", (place, y), 15)
        drawing.text((place, y + 26), column.label, "b", "middle")
        drawing.text((place, y + 41), column.kind, "ink2", "middle")
    if any(column.outcome for column in ladder.columns):
        drawing.text((0, y + 4), "verdict", "ink2")
    drawing.text((0, y + 26), "sessions", "ink2")
