"""The table of a load run: a column for each level, a row for each figure, bounds beside it. Values only."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from harness.model.load import Figure, LevelRow, LevelTable, Spread
from harness.report import wording

_DASH = "–"  # noqa: RUF001  typographic dash
_PLAIN_BELOW = 300  # sessions: fewer have the plain bound

Text = tuple[str, str]  # value, what stands beside it in small


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """`tone`: over a limit, or nothing."""

    text: str
    note: str = ""
    tone: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    label: str
    note: str
    cells: tuple[Cell, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    title: str
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    level: str
    kind: str
    mark: str  # a verdict's symbol, or empty
    word: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    heads: tuple[Head, ...]
    parts: tuple[Part, ...]


def build(table: LevelTable, late_ms: float | None = None) -> Table:
    """Rows that no level has a figure for are left out, but for those that a certificate needs.

    `late_ms`: later than this the harness disturbs a session; None where that is told elsewhere.
    """
    rows = table.rows
    parts = (
        _sessions(rows),
        _spread("First partial", table.first_partial_limit_ms, rows, lambda row: row.first_partial),
        _spread("Final", table.final_limit_ms, rows, lambda row: row.final),
        _failures(table.error_limit, rows),
        _words(rows),
        _rests_on(rows),
        _harness(rows, late_ms),
    )
    return Table(heads=tuple(map(_head, rows)), parts=tuple(part for part in parts if part.rows))


def _head(row: LevelRow) -> Head:
    word = row.outcome.value if row.outcome else ""
    kind = "" if row.steady_level else row.kind
    return Head(level=wording.count(row.level), kind=kind, mark=word.lower(), word=word)


def _sessions(rows: Sequence[LevelRow]) -> Part:
    return Part(
        title="Sessions",
        rows=(
            _row("visits", "", rows, lambda row: Cell(text=wording.count(row.visits))),
            _row("steady", "of all visits", rows, lambda row: Cell(text=wording.span(round(row.steady_s * 1e9)))),
            _row("counted", "", rows, _counted),
            _row("ok", "", rows, lambda row: Cell(text=wording.count(row.ok))),
            _row("RTFx", "= concurrency reached", rows, _rtfx),
        ),
    )


def _rtfx(row: LevelRow) -> Cell:
    return _unknown() if row.rtfx is None else Cell(text=f"{row.rtfx:,.1f}")


def _counted(row: LevelRow) -> Cell:
    of = f"of {wording.count(row.planned)}" if row.measured < row.planned else ""
    return Cell(text=wording.count(row.measured), note=of)


def _spread(
    title: str, limit: float | None, rows: Sequence[LevelRow], pick: Callable[[LevelRow], Spread | None]
) -> Part:
    """Quantiles in ms; over the limit is marked at p95 alone, which is what the limit is for."""
    if not any(map(pick, rows)):
        return Part(title=title, rows=())
    at = f", ms; limit of p95 {wording.milliseconds(limit)}" if limit is not None else ", ms"
    names = (("p50", None), ("p95", limit), ("p99", None))
    return Part(
        title=title + at,
        rows=(
            *(_row(name, "", rows, _quantile(pick, name, edge)) for name, edge in names),
            _row("never came", "", rows, lambda row: _never(pick(row))),
        ),
    )


def _quantile(pick: Callable[[LevelRow], Spread | None], name: str, limit: float | None) -> Callable[[LevelRow], Cell]:
    def cell(row: LevelRow) -> Cell:
        spread = pick(row)
        if spread is None:
            return _unknown()
        figure: Figure = getattr(spread, name)
        tone = "over" if limit is not None and figure.value > limit else ""
        return Cell(text=_ms(figure.value), note=_range(figure, _ms), tone=tone)

    return cell


def _never(spread: Spread | None) -> Cell:
    return _unknown() if spread is None else Cell(text=wording.count(spread.missing))


def _failures(limit: float | None, rows: Sequence[LevelRow]) -> Part:
    at = f", limit {wording.bare_percent(limit)}" if limit is not None else ""
    return Part(
        title=f"Failed{at}",
        rows=(
            _row("share", "%", rows, lambda row: _share(row.errors, limit)),
            _row("timed out", "%", rows, lambda row: _share(row.timeouts, None)),
            _row("kinds", "", rows, _kinds),
        ),
    )


def _kinds(row: LevelRow) -> Cell:
    said = [f"{wording.count(number)} {kind.replace('_', ' ')}" for kind, number in row.failures]
    return Cell(text="" if said else _DASH, note=", ".join(said)) if row.measured else _unknown()


def _words(rows: Sequence[LevelRow]) -> Part:
    golden = any(row.wer_baseline is not None for row in rows)
    found = [
        _row("partial every", "ms, median and p95 of sessions", rows, _cadence),
        _row("unstable words", "%", rows, lambda row: _share(row.unstable, None)),
        _row("word errors", "%, under this load", rows, lambda row: _share(row.wer, None)),
    ]
    if golden:
        found.append(_row("word errors", "%, the blessed run on these clips", rows, _golden))
    return Part(title="Partials and words", rows=tuple(found))


def _cadence(row: LevelRow) -> Cell:
    if row.interval_p50_ms is None or row.interval_p95_ms is None:
        return _unknown()
    return Cell(text=_ms(row.interval_p50_ms), note=_ms(row.interval_p95_ms))


def _golden(row: LevelRow) -> Cell:
    return _unknown() if row.wer_baseline is None else Cell(text=_percent(row.wer_baseline))


def _rests_on(rows: Sequence[LevelRow]) -> Part:
    return Part(
        title="What the bounds rest on",
        rows=(
            _row("design effect d", "", rows, _effect),
            _row("worth n*", "independent sessions", rows, _worth),
            _row("steady?", "rise of the medians, ms", rows, _rise),
        ),
    )


def _effect(row: LevelRow) -> Cell:
    found = row.dependence
    if found is None:
        return Cell(text="", note="too short to tell") if row.measured else _unknown()
    return Cell(text=f"{found.design_effect:.1f}", note=f"{found.batches} × {found.batch_s:g} s")  # noqa: RUF001  times


def _worth(row: LevelRow) -> Cell:
    plain = f"n < {_PLAIN_BELOW}: plain bounds" if row.measured < _PLAIN_BELOW else ""
    if row.dependence is None:
        return Cell(text="", note=plain or "plain bounds") if row.measured else _unknown()
    return Cell(text=wording.count(round(row.dependence.effective_n)), note=plain)


def _rise(row: LevelRow) -> Cell:
    if row.dependence is None:
        return _unknown()
    steady = row.dependence.steady
    return Cell(
        text=wording.signed(row.dependence.rise, 0),
        note="steady" if steady else "not steady",
        tone="" if steady else "over",
    )


def _harness(rows: Sequence[LevelRow], late_ms: float | None) -> Part:
    late = "" if late_ms is None else f"over {wording.milliseconds(late_ms)} late"
    return Part(
        title="The harness itself",
        rows=(
            _row("send lag, p99", "ms", rows, lambda row: _lag(row.send_lag_p99_us)),
            _row("worst tick", "ms", rows, lambda row: _lag(row.tick_late_max_us)),
            _row("disturbed sessions", late, rows, lambda row: Cell(text=wording.count(row.disturbed))),
        ),
    )


def _lag(lag_us: float | None) -> Cell:
    return _unknown() if lag_us is None else Cell(text=f"{lag_us / 1000:,.2f}")


def _row(label: str, note: str, rows: Sequence[LevelRow], cell: Callable[[LevelRow], Cell]) -> Row:
    return Row(label=label, note=note, cells=tuple(map(cell, rows)))


def _share(figure: Figure | None, limit: float | None) -> Cell:
    if figure is None:
        return _unknown()
    tone = "over" if limit is not None and figure.value > limit else ""
    return Cell(text=_percent(figure.value), note=_range(figure, _percent), tone=tone)


def _range(figure: Figure, show: Callable[[float], str]) -> str:
    """`590–631`; a bound that so few sessions do not have is a dash."""  # noqa: RUF002  typographic dash
    if figure.low is None and figure.high is None:
        return "no bounds"
    low, high = ("none" if one is None else show(one) for one in (figure.low, figure.high))
    return f"{low}{wording.NNBSP}{_DASH}{wording.NNBSP}{high}"


def _ms(value: float) -> str:
    return wording.NEVER if math.isinf(value) else wording.count(round(value)).replace("-", "−")  # noqa: RUF001  typographic minus


def _percent(share: float) -> str:
    """Without its unit, which stands at the head of the row."""
    return wording.percent(share).split(wording.NNBSP)[0]


def _unknown() -> Cell:
    return Cell(text="", note=wording.NOT_MEASURED)
