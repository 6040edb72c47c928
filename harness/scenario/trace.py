"""The moments of a trace file: CSV with a column start_s, seconds since some beginning."""

from __future__ import annotations

import csv
import math
from collections.abc import Iterable
from pathlib import Path

from harness.errors import ScenarioError

COLUMN = "start_s"
LONGEST_S = 86_400.0


def read_trace(file: Path, place: str) -> tuple[float, ...]:
    """In order, whatever their order in the file. Raises ScenarioError at `place`."""
    try:
        with file.open(encoding="utf-8-sig", newline="") as lines:
            rows = csv.DictReader(lines)
            if COLUMN not in (rows.fieldnames or ()):
                raise ScenarioError(place, f"{file} has no column {COLUMN}", f"name one {COLUMN} in its first line")
            starts_s = sorted(_moments(rows, file, place))
    except OSError as error:
        raise ScenarioError(place, f"{file} cannot be read ({error.strerror})", "name an existing file") from error
    except (UnicodeDecodeError, csv.Error) as error:
        raise ScenarioError(place, f"{file} is no CSV file in UTF-8", "export it as such") from error
    if not starts_s:
        raise ScenarioError(place, f"{file} has no line below its first", "give each session a line")
    return tuple(starts_s)


def _moments(rows: csv.DictReader[str], file: Path, place: str) -> Iterable[float]:
    for row in rows:
        text = row[COLUMN] or ""
        try:
            start_s = float(text)
        except ValueError:
            start_s = math.nan
        if not 0 <= start_s <= LONGEST_S:
            what = f"{file} line {rows.line_num}: {text!r} is no moment between 0 and {LONGEST_S:.0f} s"
            raise ScenarioError(place, what, "write seconds since the beginning of the trace")
        yield start_s
