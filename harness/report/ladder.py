"""The levels as columns: what each came to, and where certified, refuted and estimated lie. Values only."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

from harness.model.capacity import Capacity, Knee, Level, LevelLine
from harness.model.load import Figure, LevelRow, LevelTable, Spread
from harness.model.verdict import Outcome, line_id
from harness.report import wording

_MOST_PANELS = 4  # of a campaign; objectives beyond that stand in the table


@dataclass(frozen=True, slots=True, kw_only=True)
class Spot:
    """One figure of one level. `high` None: there is no bound on that side."""

    value: float
    low: float | None
    high: float | None
    over: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Panel:
    """One figure over all levels; `stacks` are (kind, share) from the bottom, for failures."""

    title: str
    unit: str  # ms | ratio | count
    limit: float | None
    limit_text: str
    spots: tuple[Spot | None, ...]  # None: not measured
    stacks: tuple[tuple[tuple[str, float], ...], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    level: int
    label: str
    kind: str  # overload, storm, recovery; empty for an ordinary level
    outcome: Outcome | None
    sessions: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Ladder:
    """`certified`, `refuted` are indices of columns; `estimate` a level between them."""

    columns: tuple[Column, ...]
    panels: tuple[Panel, ...]
    certified: int | None
    refuted: int | None
    estimate: float | None
    says: str


def of_table(table: LevelTable, capacity: Capacity | None = None, knee: Knee | None = None) -> Ladder | None:
    """Of a run's levels; None where nothing was measured at any of them."""
    rows = [row for row in table.rows if row.measured]
    if not rows:
        return None
    found = (
        _latency("First partial, p95", table.first_partial_limit_ms, [row.first_partial for row in rows]),
        _latency("Final, p95", table.final_limit_ms, [row.final for row in rows]),
        _failed(table.error_limit, rows),
    )
    columns = tuple(
        Column(
            level=row.level,
            label=wording.count(row.level),
            kind="" if row.steady_level else row.kind,
            outcome=row.outcome,
            sessions=row.measured,
        )
        for row in rows
    )
    ladder = _ladder(columns, tuple(panel for panel in found if panel is not None), capacity)
    if capacity is None and knee is not None and not knee.beyond:
        return replace(ladder, estimate=knee.level)
    return ladder


def of_capacity(capacity: Capacity) -> Ladder | None:
    """Of a campaign's levels: a panel for each objective that decides; None where no level was judged."""
    levels = [level for level in capacity.levels if level.sessions]
    names = dict.fromkeys(name_of(line) for level in levels for line in level.lines if line.gating)
    panels = [_judged(name, levels) for name in _limiting_first(names, capacity)]
    if not levels or not panels:
        return None
    columns = tuple(
        Column(level=one.level, label=wording.count(one.level), kind="", outcome=one.outcome, sessions=one.sessions)
        for one in levels
    )
    return _ladder(columns, tuple(panels[:_MOST_PANELS]), capacity)


def name_of(line: LevelLine) -> str:
    """The judged line whatever its level: the same one at all of them."""
    return line_id(line.objective, tuple((key, text) for key, text in line.slice if key != "level"))


def _limiting_first(names: Iterable[str], capacity: Capacity) -> list[str]:
    """The objective that sets the limit, then in the scenario's order."""
    return sorted(names, key=lambda name: name.split("[")[0] != capacity.limited_by)


def _ladder(columns: tuple[Column, ...], panels: tuple[Panel, ...], capacity: Capacity | None) -> Ladder:
    index = {column.level: at for at, column in reversed(list(enumerate(columns)))}  # a recovery stands behind
    return Ladder(
        columns=columns,
        panels=panels,
        certified=index.get(capacity.certified or -1) if capacity else None,
        refuted=index.get(capacity.refuted or -1) if capacity else None,
        estimate=capacity.estimate if capacity else None,
        says="; ".join(_says(column, at, panels) for at, column in enumerate(columns)),
    )


def _says(column: Column, at: int, panels: Sequence[Panel]) -> str:
    figures = [
        f"{panel.title} {wording.value(panel.unit, spot.value)}" for panel in panels if (spot := panel.spots[at])
    ]
    verdict = f", {column.outcome.value}" if column.outcome else ""
    kind = f" ({column.kind})" if column.kind else ""
    return f"{column.label} sessions{kind}: {', '.join(figures)}{verdict}"


def _latency(title: str, limit_ms: float | None, spreads: Sequence[Spread | None]) -> Panel | None:
    figures = [None if one is None else one.p95 for one in spreads]
    return _panel(title, "ms", limit_ms, figures) if any(figures) else None


def _failed(limit: float | None, rows: Sequence[LevelRow]) -> Panel | None:
    panel = _panel("Sessions failed", "ratio", limit, [row.errors for row in rows])
    stacks = tuple(tuple((kind, count / row.measured) for kind, count in reversed(row.failures)) for row in rows)
    return replace(panel, stacks=stacks)


def _panel(title: str, unit: str, limit: float | None, figures: Sequence[Figure | None]) -> Panel:
    text = "" if limit is None else wording.value("ms", limit) if unit == "ms" else wording.bare_percent(limit)
    return Panel(
        title=title,
        unit=unit,
        limit=limit,
        limit_text=text,
        spots=tuple(None if one is None else _spot(one.value, one.low, one.high, limit) for one in figures),
    )


def _spot(value: float, low: float | None, high: float | None, limit: float | None) -> Spot:
    return Spot(value=value, low=low, high=high, over=limit is not None and value > limit)


def _judged(name: str, levels: Sequence[Level]) -> Panel:
    found = [next((line for line in level.lines if name_of(line) == name), None) for level in levels]
    line = next(one for one in found if one is not None)
    objective = line.objective
    part = tuple((key, text) for key, text in line.slice if key != "level")
    aggregate = "" if objective.aggregate == "rate" else f", {objective.aggregate}"
    return Panel(
        title=wording.title(objective, part) + aggregate,
        unit=wording.unit(objective),
        limit=objective.threshold,
        limit_text=wording.limit(objective),
        spots=tuple(None if one is None else _estimated(one) for one in found),
    )


def _estimated(line: LevelLine) -> Spot | None:
    estimate = line.estimate
    if estimate.value is None:
        return None
    return _spot(estimate.value, estimate.low, estimate.high, line.objective.threshold)


def finite(panel: Panel, pick: Callable[[Spot], float | None]) -> list[float]:
    """The finite ones of what is picked of every measured level."""
    found = [pick(spot) for spot in panel.spots if spot is not None]
    return [one for one in found if one is not None and math.isfinite(one)]
