"""The tables of a run's folder: one explicit schema each, written as Parquet parts, read back as rows."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from harness.errors import FolderError
from harness.store.rows import Row

if TYPE_CHECKING:
    import pyarrow as pa

# In the order of writing. `sessions` comes last: where a crash falls between two tables, a session that is over must
# not stand there without what it heard, or it is judged as the target's failure instead of as cut.
TABLES: Final = ("heard", "frames", "series", "faults", "sessions")
_STRETCH: Final = 1 << 16  # rows
_WORTH_PACKING: Final = 4096  # rows; a smaller part is read more than twice as fast unpacked, and hardly larger


@cache
def schema(table: str) -> pa.Schema:
    """The columns of that table; all times are ns since the run began."""
    import pyarrow as pa  # noqa: PLC0415  heavy

    text, whole, small, flag = pa.string(), pa.int64(), pa.int32(), pa.bool_()
    word = pa.struct([("text", text), ("start_ns", whole), ("end_ns", whole)])
    columns: dict[str, list[tuple[str, Any]]] = {
        "sessions": [
            *(("session_id", text), ("end_reason", text)),
            *((name, whole) for name in ("opened_ns", "ready_ns", "ended_ns")),
            *(("backlog_max", small), ("tick_late_max_us", whole), ("engine", text)),
            *(("clip", text), ("rate_hz", small), ("condition", text)),
            *(("lane", small), ("repeat", small), ("warm_up", flag)),
            *((name, whole) for name in ("open_ns", "start_ns", "end_ns", "deadline_ns")),
        ],
        "heard": [
            *(("session_id", text), ("at_ns", whole), ("kind", text), ("segment", small), ("text", text)),
            *(("words", pa.list_(word)), ("audio_end_ns", whole)),
            *(("code", text), ("retryable", flag), ("retry_after_ms", whole), ("detail", text)),
            ("ours", flag),
        ],
        "frames": [("session_id", text), ("frame", small), ("send_lag_us", whole)],
        "series": [("at_ns", whole), ("source", text), ("metric", text), ("value", pa.float64())],
        "faults": [("at_ns", whole), ("fault_id", text), ("what", text)],
    }
    return pa.schema(columns[table])


class Parts:
    """Collects rows of all tables and writes each table's as its next part."""

    __slots__ = ("_folder", "_rows", "_written")

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._rows: dict[str, list[Row]] = {table: [] for table in TABLES}
        self._written = dict.fromkeys(TABLES, 0)

    @property
    def written(self) -> tuple[tuple[str, int], ...]:
        """How many parts there are of each table."""
        return tuple(self._written.items())

    def add(self, table: str, rows: Iterable[Row]) -> None:
        self._rows[table].extend(rows)

    def flush(self, *, last: bool = False) -> None:
        """Write what has come since; the last time a table without any row gets an empty part, so that it reads.

        Raises FolderError where the disk does not take it.
        """
        for table, rows in self._rows.items():
            if rows or (last and not self._written[table]):
                self._write(table, rows)
                rows.clear()

    def _write(self, table: str, rows: list[Row]) -> None:
        self._written[table] += 1
        try:
            write_part(self._folder / table, self._written[table], rows, table)
        except OSError as error:
            where = str(self._folder / table)
            raise FolderError(where, f"cannot be written ({error.strerror or error})", "free some space") from error


def write_part(directory: Path, number: int, rows: Sequence[Row], table: str) -> None:
    """One Parquet file, whole or not at all; readers skip names that begin with a dot."""
    import pyarrow as pa  # noqa: PLC0415  heavy
    import pyarrow.parquet as pq  # noqa: PLC0415  heavy

    directory.mkdir(exist_ok=True)
    hidden = directory / f".part-{number:05}.parquet"
    packing = "zstd" if len(rows) >= _WORTH_PACKING else "none"
    pq.write_table(pa.Table.from_pylist(rows, schema=schema(table)), hidden, compression=packing)
    os.replace(hidden, directory / hidden.name[1:])  # noqa: PTH105  Path.replace is the same call


def read_rows(directory: Path, table: str) -> Iterator[Row]:
    """All rows in order of their parts; none where the run wrote none. A column that a part lacks is None.

    Raises ValueError for what is no Parquet or does not fit the schema. A long run has thousands of parts and millions
    of rows: they stay Arrow, which is small, and become Python values a stretch at a time.
    """
    import pyarrow.dataset as ds  # noqa: PLC0415  heavy

    parts = [str(part) for part in part_files(directory)]
    found = ds.dataset(parts, schema=schema(table), format="parquet").to_table().combine_chunks()
    names = tuple(found.column_names)
    for start in range(0, found.num_rows, _STRETCH):
        columns = found.slice(start, _STRETCH).to_pydict()
        for values in zip(*columns.values(), strict=True):
            yield dict(zip(names, values, strict=True))


def part_files(directory: Path) -> list[Path]:
    return sorted(directory.glob("part-*.parquet"))
