"""The drawing of the last runs: the followed figure with its limit, a verdict mark for each run, and the turn."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable

from harness.model.scenario import Objective
from harness.model.verdict import Outcome
from harness.report import wording
from harness.report.facts import breaks
from harness.report.lines import value_text
from harness.report.since import Moment, Since
from harness.report.svg import Drawing, Scale, rows_for, text_width

WIDTH, TOP, BOTTOM, LEFT, NEWEST = 500, 32, 104, 38, 392
_STEP = 27  # px a run, where they are fewer than fit
_MARK = 15
_APART = 14  # px between two labels at the right
_ROOM = 8  # px right of the newest run

Place = Callable[[int], float]


def figure(since: Since) -> str:
    """Without remembered figures only the verdict marks are drawn."""
    base = BOTTOM if since.drawn else 16
    drawing = Drawing(WIDTH, base + 50, _says(since))
    step = min(_STEP, (NEWEST - LEFT) / (len(since.runs) - 1))

    def place(index: int) -> float:
        return LEFT + 8 + step * index

    if since.drawn and since.line is not None:
        _values(drawing, since, since.line.objective, place)
    _turn(drawing, since, place, base)
    _marks(drawing, since, place, base + 18)
    return drawing.svg()


def _values(drawing: Drawing, since: Since, objective: Objective, place: Place) -> None:
    known = [number for run in since.runs for number in (run.value, run.bound) if number is not None]
    finite = [number for number in (*known, objective.threshold) if math.isfinite(number)]
    low, high = min(0.0, *finite), max(finite)
    y = Scale(low=low, high=low + ((high - low) * 1.08 or 1.0), start=BOTTOM, end=TOP)
    end, level = place(len(since.runs) - 1) + _ROOM, y(objective.threshold)
    good = (TOP, level) if objective.op in (">=", ">") else (level, BOTTOM)
    drawing.rect(LEFT, good[0], end - LEFT, good[1] - good[0], "f-veil")
    drawing.line((LEFT, level), (end, level), "s-ink w15")
    _line(drawing, since, place, y)
    for index, run in enumerate(since.runs):
        _point(drawing, run, objective, place(index), y)
    _labels(drawing, since, objective, end + 6, y)


def _line(drawing: Drawing, since: Since, place: Place, y: Scale) -> None:
    """Neighbours only: over a run without a figure, or with an infinite one, nothing is drawn."""
    stretch: list[tuple[float, float]] = []
    for index, run in enumerate((*since.runs, None)):
        if run is not None and run.value is not None and math.isfinite(run.value):
            stretch.append((place(index), y(run.value)))
            continue
        if len(stretch) > 1:
            drawing.path(stretch, "s-data w1 nofill")
        stretch = []


def _point(drawing: Drawing, run: Moment, objective: Objective, x: float, y: Scale) -> None:
    """Circle, square on the wrong side, triangle where it is infinite; the tick is the bound."""
    if run.value is None:
        return
    bad = breaks(objective, run.value)
    tone = "bad" if bad else "data"
    if math.isinf(run.value):
        drawing.triangle((x, TOP + 3), 4, f"f-{tone}")
        return
    if run.bound is not None and math.isfinite(run.bound):
        drawing.line((x, y(run.value)), (x, y(run.bound)), f"s-{tone} w1")
        drawing.line((x - 3, y(run.bound)), (x + 3, y(run.bound)), f"s-{tone} w15")
    if bad:
        drawing.square((x, y(run.value)), 3.2, f"f-{tone}")
    else:
        drawing.circle((x, y(run.value)), 3.2, f"f-{tone}")


def _labels(drawing: Drawing, since: Since, objective: Objective, x: float, y: Scale) -> None:
    """The limit at its height, this run's figure at its own, or as near as it can be read."""
    level, now = y(objective.threshold), since.runs[-1].value
    drawing.text((x, level + 4), f"limit {wording.limit(objective)}", "ink b")
    if now is None:
        return
    at = TOP + 3 if math.isinf(now) else y(now)
    if abs(at - level) < _APART:
        at = level + (_APART if at >= level else -_APART)
    tone = "t-bad b" if breaks(objective, now) else "t-data b"
    drawing.text((x, at + 4), value_text(objective, now), tone)


def _turn(drawing: Drawing, since: Since, place: Place, base: float) -> None:
    """Between the last run that was otherwise and the first of the present state: what was new, and no cause."""
    if since.turn is None:
        return
    x = (place(since.turn - 1) + place(since.turn)) / 2
    drawing.line((x, 16), (x, base + 28), "s-ink2 w1 dash")
    left = x > WIDTH / 2
    room = 0.85 * (x if left else WIDTH - x)  # the reader's font may be wider than the guess
    drawing.text(
        (x - 5 if left else x + 5, 11),
        _fitting(since.turned or "no version changed", room),
        "ink2",
        "end" if left else "start",
    )


def _fitting(text: str, room: float) -> str:
    while text_width(text) > room and len(text) > 1:
        text = text.rstrip("…")[:-1].rstrip() + "…"
    return text


def _marks(drawing: Drawing, since: Since, place: Place, y: float) -> None:
    drawing.text((0, y + 4), "run", "ink3")
    for index, run in enumerate(since.runs):
        drawing.use(f"v-{run.outcome.value.lower()}", (place(index), y), _MARK)
    last = len(since.runs) - 1
    wanted = [last, *([since.turn] if since.turn not in (None, 0) else []), 0]
    order = list(dict.fromkeys(index for index in wanted if index is not None))
    days = {index: since.runs[index].day.rsplit(" ", 1)[0] for index in order}  # the year stands in the words beside
    spans = [
        (place(index) - text_width(days[index]) / 2, place(index) + text_width(days[index]) / 2) for index in order
    ]
    for index, row in zip(order, rows_for(spans, 1), strict=True):
        if row is not None:
            drawing.text((place(index), y + 26), days[index], "ink b" if index == last else "ink2", "middle")


def _says(since: Since) -> str:
    """The finding, then the figures behind it."""
    counts = Counter(run.outcome for run in since.runs)
    ended = wording.listed(f"{counts[outcome]} {outcome.value}" for outcome in Outcome if counts[outcome])
    said = [since.text, f"the last {len(since.runs)} runs: {ended}"]
    if since.drawn and since.line is not None:
        objective = since.line.objective
        values = [value_text(objective, run.value) for run in since.runs]
        said.append(f"{since.title}: {', '.join(values)}, limit {wording.limit(objective)}")
    return "; ".join(said)
