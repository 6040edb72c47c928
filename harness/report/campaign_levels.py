"""The judged levels of a capacity: a row for each level, a column for each objective, and what each visit showed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from harness.model.capacity import Capacity, Level, LevelLine
from harness.model.scenario import Objective
from harness.report import wording
from harness.report.ladder import name_of
from harness.report.lines import value_text


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """`visits` are the values of the visits in their order; empty strings where nothing was judged."""

    mark: str
    value: str
    bounds: str
    n: str
    worth: str
    visits: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    level: str
    mark: str
    word: str
    note: str
    cells: tuple[Cell | None, ...]
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    heading: str
    lede: str
    heads: tuple[tuple[str, str], ...]  # objective, its text
    rows: tuple[Row, ...]


def build(capacity: Capacity) -> Judged | None:
    """None where no level was judged."""
    names = dict.fromkeys(name_of(line) for level in capacity.levels for line in level.lines)
    if not names:
        return None
    first = {name_of(line): line for level in reversed(capacity.levels) for line in level.lines}
    side = wording.bare_percent(capacity.side_confidence)
    return Judged(
        heading=_heading(capacity),
        lede=f"Bounds at {side} a side; the small row of figures are the visits in their order, the first to the last.",
        heads=tuple((_title(first[name]), first[name].objective.text) for name in names),
        rows=tuple(_row(level, tuple(names), capacity) for level in capacity.levels),
    )


def _heading(capacity: Capacity) -> str:
    held = [level for level in capacity.levels if level.outcome.value == "PASS"]
    total = wording.number_word(len(capacity.levels))
    number = wording.number_word(len(held)) if held else "none"
    verb = "are" if len(held) > 1 else "is"
    return f"{number[0].upper()}{number[1:]} of {total} levels {verb} shown to hold every objective"


def _title(line: LevelLine) -> str:
    part = tuple((key, text) for key, text in line.slice if key != "level")
    aggregate = "" if line.objective.aggregate == "rate" else f", {line.objective.aggregate}"
    return wording.title(line.objective, part) + aggregate + ("" if line.gating else " (advisory)")


def _row(level: Level, names: Sequence[str], capacity: Capacity) -> Row:
    lines = {name_of(line): line for line in level.lines}
    notes = {capacity.certified: "certified", capacity.refuted: "refuted from here"}
    visits, steady = wording.plural(level.visits, "visit"), wording.span(round(level.steady_s * 1e9))
    return Row(
        level=wording.count(level.level),
        mark=level.outcome.value.lower(),
        word=level.outcome.value,
        note=notes.get(level.level) or f"{visits}, {steady}",
        cells=tuple(_cell(lines[name]) if name in lines else None for name in names),
        reason="" if level.outcome.value == "PASS" else wording.fine(level.reason),
    )


def _cell(line: LevelLine) -> Cell:
    objective, estimate = line.objective, line.estimate
    worth = f"n* {wording.count(round(line.blocked.effective_n))}" if line.blocked else "no bound"
    return Cell(
        mark=line.outcome.value.lower(),
        value=value_text(objective, estimate.value),
        bounds=_bounds(objective, estimate.low, estimate.high),
        n=f"n {wording.count(estimate.n)}",
        worth=worth if line.steady else f"{worth}, not steady",
        visits=" · ".join(_bare(objective, one.value) for one in line.visits) if len(line.visits) > 1 else "",
    )


def _bounds(objective: Objective, low: float | None, high: float | None) -> str:
    if low is None and high is None:
        return ""
    return " – ".join("none" if one is None else _bare(objective, one) for one in (low, high))  # noqa: RUF001


def _bare(objective: Objective, value: float | None) -> str:
    """Without a unit, which stands with the value above."""
    return wording.value(wording.unit(objective), value, objective.threshold).split(wording.NNBSP)[0]
