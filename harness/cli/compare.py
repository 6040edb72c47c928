"""`harness compare`: what changed between two runs, for each slice and each clip."""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

if TYPE_CHECKING:
    from harness.judge.change import Change
    from harness.judge.compare import Comparison, Row
    from harness.model.run import Measured, Record

_MOST_NAMED: Final = 5
_WIDTH: Final = 34


def command(
    old: Annotated[Path, typer.Argument(help="The earlier run's folder.")],
    new: Annotated[Path, typer.Argument(help="The later run's folder.")],
) -> None:
    """Print what changed from one run to another, pair by pair; positive is worse."""
    from harness.errors import FolderError
    from harness.judge.compare import compare

    then, now = _measured(old), _measured(new)
    found = compare(then, now)
    if not any(change.pairs for row in found.slices for change in row.changes):
        raise FolderError(f"{old}, {new}", _unlike(then[0], now[0]), "compare runs of like plans")
    typer.echo("\n".join(table(then[0], now[0], found)))


def table(old: Record, new: Record, found: Comparison) -> Iterator[str]:
    """The comparison in columns."""
    yield f"old  {_who(old)}"
    yield f"new  {_who(new)}"
    yield "Change from old to new, positive is worse; in brackets its interval at 90 % (each end at 95 %)."
    yield "Word errors pooled, in points; latency as the shift of the typical session, in ms."
    label = max(len(row.label) for row in (*found.slices, *found.clips))
    for title, rows in (("slice", found.slices), ("clip", found.clips)):
        yield ""
        yield f"{title:<{label}} {'pairs':>5}  {'word errors':<{_WIDTH}}{'final':<{_WIDTH}}first partial".rstrip()
        yield from (_line(row, label) for row in rows)
    yield from _left_out(found)


def _unlike(old: Record, new: Record) -> str:
    """Why no session of one has a partner in the other."""
    scenarios = [record.manifest.scenario.name for record in (old, new)]
    clips = [{session.clip.clip_id for session in record.manifest.plan.counted} for record in (old, new)]
    said = f"they are of other scenarios ({' and '.join(scenarios)}) and " if len({*scenarios}) > 1 else "they "
    if not clips[0] & clips[1]:
        return f"{said}play no clip in common"
    return f"{said}share no session, which takes the same clip, rate, repeat and audio in both"


def _measured(path: Path) -> tuple[Record, Measured]:
    from harness.measure.run import measure_run
    from harness.store.folder import RunFolder

    record = RunFolder.open(path).read()
    return record, measure_run(record)


def _who(record: Record) -> str:
    manifest = record.manifest
    model = dict(manifest.identity_before.facts).get("model", "model not named")
    return f"{manifest.run_id}  {manifest.target.name} · {model} · {manifest.driver} driver"


def _line(row: Row, label: int) -> str:
    pairs = max(change.pairs for change in row.changes)
    cells = [_cell(change, 100.0 if at == 0 else 1.0, 1 if at == 0 else 0) for at, change in enumerate(row.changes)]
    return f"{row.label:<{label}} {pairs:>5}  {''.join(f'{cell:<{_WIDTH}}' for cell in cells)}".rstrip()


def _cell(change: Change, scale: float, digits: int) -> str:
    if change.value is None:
        return "-"
    low, value, high = (_figure(one * scale, digits) for one in (change.low, change.value, change.high))
    lost = f" {change.lost} lost" if change.lost else ""
    return f"{value} [{low}, {high}]{lost}" + (" unclear" if change.unclear else "")


def _figure(value: float, digits: int) -> str:
    if math.isinf(value):
        return "+∞" if value > 0 else "-∞"
    text = f"{value:+.{digits}f}"
    return text.removeprefix("+").removeprefix("-") if float(text) == 0 else text


def _left_out(found: Comparison) -> Iterator[str]:
    from harness.judge.wording import named

    for ids, which in ((found.only_new, "new"), (found.only_old, "old")):
        if ids:
            yield ""
            yield f"Without a partner, only in the {which} run: {len(ids)} ({named(ids, _MOST_NAMED)})."
