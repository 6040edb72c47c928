"""Trace files."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.errors import ScenarioError
from harness.scenario.trace import read_trace


def test_moments_come_in_order_whatever_stands_beside_them(tmp_path: Path) -> None:
    """Other columns, a byte order mark from a spreadsheet and an unsorted file are fine."""
    file = tmp_path / "t.csv"
    file.write_text("\ufeffcaller,start_s\nann,3.5\nbob,0\n", encoding="utf-8")
    assert read_trace(file, "here") == (0.0, 3.5)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"start\n1\n", "has no column start_s; name one start_s in its first line"),
        (b"", "has no column start_s"),
        (b"start_s\n", "has no line below its first"),
        (b"start_s\n1\nsoon\n", "line 3: 'soon' is no moment"),
        (b"start_s\n-1\n", "line 2: '-1' is no moment"),
        (b"start_s\nnan\n", "line 2: 'nan' is no moment"),
        (b"start_s\n1e9\n", "line 2: '1e9' is no moment between 0 and 86400 s"),
        (b"caller,start_s\nann\n", "line 2: '' is no moment"),
        (b"start_s\n\xff\n", "is no CSV file in UTF-8"),
    ],
)
def test_a_trace_that_cannot_be_read_is_one_sentence(tmp_path: Path, content: bytes, sentence: str) -> None:
    """It names the key of the scenario, the file, and the line."""
    file = tmp_path / "t.csv"
    file.write_bytes(content)
    with pytest.raises(ScenarioError) as caught:
        read_trace(file, "x.yaml: arrival.shape.trace.file")
    assert str(caught.value).startswith(f"x.yaml: arrival.shape.trace.file: {file}")
    assert sentence in str(caught.value)


def test_a_trace_that_is_not_there_is_one_sentence(tmp_path: Path) -> None:
    """As any file that is missing."""
    with pytest.raises(ScenarioError, match=r"cannot be read \(No such file or directory\)"):
        read_trace(tmp_path / "t.csv", "here")
