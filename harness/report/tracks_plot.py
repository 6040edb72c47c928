"""The drawing of a load run's course: tracks under one another on one time axis, stages as bands through all."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from itertools import pairwise

from harness.report import wording
from harness.report.svg import Drawing, Point, Scale, rows_for, text_width, ticks
from harness.report.tracks import Band, Points, Trace, Track, Tracks, highest

WIDTH, _LEFT, _RIGHT = 1060, 46, 938
_TOP, _GAP, _LOW, _TALL, _FOOT = 52, 38, 60, 92, 30
_FURTHEST = 2.6  # limits: later answers stand at the top edge
_GROUNDS = {"overload": "f-badground", "storm": "f-badground", "recovery": "f-passground"}
_MOST_POINTS = 520  # of a line on 850 px: of neighbours the highest is kept
_APART = 14


def figure(tracks: Tracks) -> str:
    height = _TOP + sum(_height(track) + _GAP for track in tracks.tracks) + _FOOT - _GAP
    drawing = Drawing(WIDTH, height, tracks.says)
    x = Scale(low=0, high=tracks.until_s, start=_LEFT, end=_RIGHT)
    bottom = height - _FOOT
    _bands(drawing, tracks.bands, x, bottom)
    top = float(_TOP)
    for track in tracks.tracks:
        _track(drawing, track, x, (top, top + _height(track)), tracks.bin_s)
        top += _height(track) + _GAP
    _axis(drawing, x, bottom)
    return drawing.svg()


def _height(track: Track) -> float:
    return _TALL if track.tall else _LOW


def _bands(drawing: Drawing, bands: Sequence[Band], x: Scale, bottom: float) -> None:
    """Every stage's warm-up is shaded, its level stands above; where there is no room, the level is left out."""
    labels = []
    for band in bands:
        ground = _GROUNDS.get(band.kind)
        if ground:
            drawing.rect(x(band.steady_s), 22, x(band.until_s) - x(band.steady_s), bottom - 22, ground)
        drawing.rect(x(band.from_s), 22, x(band.steady_s) - x(band.from_s), bottom - 22, "f-warm")
        drawing.line((x(band.from_s), 6), (x(band.from_s), bottom), "s-rule w1")
        text = f"{band.label} {band.kind}".strip()
        middle, half = (x(band.from_s) + x(band.until_s)) / 2, text_width(text) / 2
        labels.append((middle - half, middle + half, text))
    placed = rows_for([(start, end) for start, end, _ in labels], 1)
    for (start, end, text), row in zip(labels, placed, strict=True):
        if row is not None:
            drawing.text(((start + end) / 2, 14), text, "b", "middle")


def _track(drawing: Drawing, track: Track, x: Scale, span: tuple[float, float], bin_s: float) -> None:
    top, bottom = span
    y = _scale(track, span)
    for value in _grid(track, y):
        drawing.line((_LEFT, y(value)), (_RIGHT, y(value)), "s-hair w1")
        drawing.text((_LEFT - 6, y(value) + 4), _short(value), "ink3 halo", "end")
    for trace in track.traces:
        _trace(drawing, trace, x, y, bin_s)
    drawing.line((_LEFT, bottom), (_RIGHT, bottom), "s-rule w1")
    if track.limit is not None and y(track.limit) >= top - 1:
        drawing.line((_LEFT, y(track.limit)), (_RIGHT, y(track.limit)), "s-ink w15")
    _names(drawing, track, y, span)
    drawing.title((0, top - 9), track.title, track.note)


def _scale(track: Track, span: tuple[float, float]) -> Scale:
    most = highest(track) * 1.08
    if track.log:
        lowest = min((v for trace in track.traces for _, v in trace.points if v > 0), default=0.1)
        low = 10.0 ** math.floor(math.log10(min(lowest, 1.0)))
        return Scale(low=low, high=max(most, 2 * low), start=span[1], end=span[0], log=True)
    if track.limit:
        most = min(most, _FURTHEST * track.limit)
    return Scale(low=0, high=most, start=span[1], end=span[0])


def _grid(track: Track, y: Scale) -> list[float]:
    if not track.log:
        return [value for value in ticks(0, y.high, 3) if value]
    decades = range(round(math.log10(y.low)) + 1, math.floor(math.log10(y.high)) + 1)
    return [10.0**power for power in decades]


def _short(value: float) -> str:
    """`40`, `1,000`, `20k`, `3M`: as wide as the room beside the axis."""
    for of, sign in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if value >= max(of, 1e4):
            return f"{value / of:g}{sign}"
    return f"{value:,.10g}"


def _trace(drawing: Drawing, trace: Trace, x: Scale, y: Scale, bin_s: float) -> None:
    if trace.style == "bars":
        _bars(drawing, trace, x, y, bin_s)
        return
    for part in _parts(trace.points, bin_s):
        points = [(x(at), _at(value, y)) for at, value in part]
        if trace.style == "area":
            edge = [(points[0][0], y.start), *points, (points[-1][0], y.start)]
            drawing.path(edge, f"f-{trace.tone}", closed=True)
        elif len(points) == 1:
            drawing.circle(points[0], 1.4, f"f-{trace.tone}")
        else:
            drawing.path(points, f"s-{trace.tone} w15 nofill" + (" dash" if trace.style == "dashes" else ""))
    for at, value in trace.points:
        if math.isinf(value):
            drawing.triangle((x(at), y.end + 3), 3.2, "f-bad")


def _at(value: float, y: Scale) -> float:
    return y.end if value > y.high else y(max(value, y.low))


def _parts(points: Points, bin_s: float) -> Iterator[list[Point]]:
    """Unbroken stretches, thinned so that no peak is lost; what is infinite, or was not measured, breaks the line."""
    apart = [later - earlier for (earlier, _), (later, _) in pairwise(points)]
    widest = max(2.5 * bin_s, 2.5 * min(apart, default=0.0))
    part: list[Point] = []
    for point in points:
        if part and (math.isinf(point[1]) or point[0] - part[-1][0] > widest):
            yield _thinned(part)
            part = []
        if math.isfinite(point[1]):
            part.append(point)
    if part:
        yield _thinned(part)


def _thinned(part: Sequence[Point]) -> list[Point]:
    step = -(-len(part) // _MOST_POINTS)
    kept = [max(part[at : at + step], key=lambda point: point[1]) for at in range(0, len(part), step)]
    return kept if kept[-1] == part[-1] else [*kept, part[-1]]


def _bars(drawing: Drawing, trace: Trace, x: Scale, y: Scale, bin_s: float) -> None:
    """One path for all of them: a long run has hundreds."""
    width = max(1.0, x(bin_s) - x(0) - 0.6)
    steps = [
        f"M{x(at) - width / 2:.1f} {y.start:.1f}V{y(value):.1f}h{width:.1f}V{y.start:.1f}Z"
        for at, value in trace.points
        if value
    ]
    if steps:
        drawing.parts.append(f'<path class="f-{trace.tone}" d="{"".join(steps)}"/>')


def _names(drawing: Drawing, track: Track, y: Scale, span: tuple[float, float]) -> None:
    """Each line is named beside its end, the limit beside its line; they push one another apart."""
    wanted = [
        (_at(_last(trace.points), y), trace.label, "b" if trace.tone == "data" else "ink2", trace.tone)
        for trace in track.traces
        if trace.points
    ]
    if track.limit is not None:
        wanted.append((_at(track.limit, y), f"limit {track.limit_text}", "b", ""))
    lowest = span[0] - 6
    for index, (at, text, cls, tone) in enumerate(sorted(wanted)):
        room = span[1] - _APART * (len(wanted) - 1 - index)
        base = max(lowest, min(at + 4, room + 4))
        if tone:
            drawing.line((_RIGHT + 2, at), (_RIGHT + 9, base - 4), f"s-{tone} w15")
        drawing.text((_RIGHT + 12, base), text, cls)
        lowest = base + _APART


def _last(points: Points) -> float:
    return next((value for _, value in reversed(points) if math.isfinite(value)), 0.0)


def _axis(drawing: Drawing, x: Scale, bottom: float) -> None:
    """In minutes, of a short run in seconds."""
    unit, of = ("s", 1.0) if x.high <= 150 else ("min", 60.0) if x.high <= 3 * 3600 else ("h", 3600.0)
    for value in ticks(0, x.high / of, 8):
        at = x(value * of)
        drawing.line((at, bottom), (at, bottom + 4), "s-base w1")
        drawing.text((at, bottom + 18), f"{value:g}{wording.NNBSP}{unit}", "ink3", "middle")
