"""The harness's own health: how late its frames left, and what its processes used."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence

from harness.report import wording
from harness.report.svg import Drawing, Scale, ticks
from harness.report.trust import Lag, Load

WIDTH, HEIGHT, TOP, BOTTOM, LEFT, RIGHT = 508, 196, 56, 160, 14, 496
_LOW_US, _PER_DECADE = 10.0, 12
_MOST_POINTS = 240  # of a line on 340 px
_TONES = ("data", "ink2", "soft", "base")
_LABELS = (0.01, 0.1, 1, 10, 100, 1000, 10_000)


def lag_histogram(lag: Lag) -> str:
    """Frames by lag on a log axis; what is below its start stands in the first bar."""
    top_us = max(2.0 * lag.late_us, lag.values_us[-1] * 1.3)
    x = Scale(low=_LOW_US, high=top_us, start=LEFT, end=RIGHT, log=True)
    bins = Counter(max(0, math.floor(math.log10(max(us, 1) / _LOW_US) * _PER_DECADE)) for us in lag.values_us)
    tallest = max(bins.values())
    y = Scale(low=0, high=tallest, start=BOTTOM, end=TOP)
    drawing = Drawing(WIDTH, HEIGHT, _says(lag))
    for index, number in sorted(bins.items()):
        left, right = (x(_LOW_US * 10 ** (edge / _PER_DECADE)) for edge in (index, index + 1))
        late = _LOW_US * 10 ** (index / _PER_DECADE) >= lag.late_us * 0.999
        height = max(BOTTOM - y(number), 1.2)
        drawing.rect(left, BOTTOM - height, right - left - 1, height, "f-bad" if late else "f-data")
    drawing.line((LEFT, BOTTOM), (RIGHT, BOTTOM), "s-rule w1")
    for ms in _LABELS:
        if _LOW_US <= ms * 1000 <= top_us:
            unit = f"{wording.NNBSP}ms" if ms == _LABELS[0] else ""
            drawing.text((x(ms * 1000), BOTTOM + 17), f"{ms:,g}{unit}", "ink3", "start" if unit else "middle")
    drawing.line((x(lag.late_us), 14), (x(lag.late_us), BOTTOM), "s-ink w15")
    _pointers(drawing, lag, x)
    drawing.text((x(lag.late_us) - 6, 24), f"disturbed over {wording.milliseconds(lag.late_us / 1000)}", "ink b", "end")
    return drawing.svg()


def _pointers(drawing: Drawing, lag: Lag, x: Scale) -> None:
    """Median, p99 and maximum: each label on its own height, so that they never meet."""
    for height, (label, us) in enumerate(
        (("half are below", lag.at(0.5)), ("p99", lag.at(0.99)), ("max", lag.values_us[-1]))
    ):
        at, y = x(max(us, _LOW_US)), 46 + 17 * height
        text = f"{label} {wording.milliseconds(us / 1000)}"
        drawing.line((at, y + 4), (at, BOTTOM), "s-ink2 w1 dots")
        end = at > RIGHT - 140
        drawing.text((at - 5 if end else at + 5, y + 4), text, "ink halo", "end" if end else "start")


def _says(lag: Lag) -> str:
    p99, most = (wording.milliseconds(us / 1000) for us in (lag.at(0.99), lag.values_us[-1]))
    return f"Send lag of {wording.count(len(lag.values_us))} frames: p99 {p99}, at most {most}"


def cpu(loads: Sequence[Load]) -> str:
    """Every process's CPU over the run, each line named where it ends."""
    order = sorted(loads, key=lambda load: -load.points[-1][1])[: len(_TONES)]
    most = max(_highest(load) for load in order)
    x = Scale(low=0, high=max(*(load.points[-1][0] for load in order), 1.0), start=LEFT + 26, end=RIGHT - 146)
    y = Scale(low=0, high=max(most, 1.0) * 1.1, start=BOTTOM, end=22)
    said = [f"{load.source}, at most {_highest(load):.0f}{wording.NNBSP}%" for load in order]
    drawing = Drawing(WIDTH, HEIGHT, f"CPU in percent of one core: {'; '.join(said)}")
    for value in ticks(0, y.high, 4):
        drawing.line((x.start, y(value)), (x.end, y(value)), "s-hair w1")
        drawing.text((x.start - 8, y(value) + 4), f"{value:g}", "ink3", "end")
    for value in ticks(0, x.high, 6):
        drawing.text((x(value), BOTTOM + 17), f"{value:g}{wording.NNBSP}s", "ink3", "middle")
    lowest = y.end
    for index, (load, text, tone) in enumerate(zip(order, said, _TONES, strict=False)):
        drawing.path([(x(at), y(value)) for at, value in _outline(load)], f"s-{tone} w15 nofill")
        base = min(max(y(load.points[-1][1]), lowest), BOTTOM - 15 * (len(order) - 1 - index))
        drawing.line((x(load.points[-1][0]) + 3, y(load.points[-1][1])), (x.end + 10, base), "s-base w1")
        drawing.text((x.end + 13, base + 4), text, "ink")
        lowest = base + 15
    return drawing.svg()


def _highest(load: Load) -> float:
    return max(value for _, value in load.points)


def _outline(load: Load) -> list[tuple[float, float]]:
    """The points, of a long run the highest of each stretch and the last one: no peak is lost."""
    step = -(-len(load.points) // _MOST_POINTS)
    kept = [max(load.points[at : at + step], key=lambda point: point[1]) for at in range(0, len(load.points), step)]
    return kept if kept[-1] == load.points[-1] else [*kept, load.points[-1]]
