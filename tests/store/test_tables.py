from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from harness.errors import FolderError
from harness.model.plan import SessionPlan
from harness.model.timeline import Final, HeardWord, Opened
from harness.store.rows import heard_row, session_row
from harness.store.tables import TABLES, Parts, read_rows, schema, write_part


def test_rows_come_back_in_the_order_of_their_parts(tmp_path: Path) -> None:
    """Ten parts sort as numbers, not as words."""
    parts = Parts(tmp_path)
    for at_ns in range(12):
        parts.add("faults", [{"at_ns": at_ns, "fault_id": "f", "what": "on"}])
        parts.flush()
    assert [row["at_ns"] for row in read_rows(tmp_path / "faults", "faults")] == list(range(12))


def test_nothing_is_written_while_nothing_has_come(tmp_path: Path) -> None:
    """A quiet two seconds leave no file."""
    parts = Parts(tmp_path)
    parts.flush()
    assert list(tmp_path.iterdir()) == []


def test_after_the_last_flush_every_table_reads_with_pandas(tmp_path: Path) -> None:
    """Empty tables have their columns too."""
    Parts(tmp_path).flush(last=True)
    for table in TABLES:
        frame = pd.read_parquet(tmp_path / table)
        assert list(frame.columns) == schema(table).names
        assert frame.empty


def test_pandas_reads_words_and_missing_columns(tmp_path: Path, make_session: Callable[..., SessionPlan]) -> None:
    """A final's words are a list of structs; what a kind does not have is null."""
    parts = Parts(tmp_path)
    final = Final(segment=0, text="hi", words=(HeardWord(text="hi", start_ns=1, end_ns=2),))
    parts.add("heard", [heard_row("s1", 1, Opened()), heard_row("s1", 2, final)])
    parts.add("sessions", [session_row(make_session(), "completed", opened_ns=0, ended_ns=9)])
    parts.flush()
    heard = pd.read_parquet(tmp_path / "heard")
    assert list(heard["kind"]) == ["opened", "final"]
    assert heard["words"][1][0] == {"text": "hi", "start_ns": 1, "end_ns": 2}
    assert heard["code"].isna().all()
    assert pd.read_parquet(tmp_path / "sessions")["clip"].tolist() == ["ramp"]


def test_a_part_under_way_is_invisible(tmp_path: Path) -> None:
    """Readers skip names with a dot, so half a file is never read."""
    write_part(tmp_path / "faults", 1, [{"at_ns": 1, "fault_id": "f", "what": "on"}], "faults")
    (tmp_path / "faults" / ".part-00002.parquet").write_bytes(b"half")
    assert len(list(read_rows(tmp_path / "faults", "faults"))) == len(pd.read_parquet(tmp_path / "faults")) == 1


def test_a_value_of_the_wrong_type_is_not_stored(tmp_path: Path) -> None:
    """The schema is explicit: nothing is guessed from the first rows, and no part is left behind."""
    with pytest.raises(ValueError, match="convert"):
        write_part(tmp_path / "faults", 1, [{"at_ns": "soon", "fault_id": "f", "what": "on"}], "faults")
    assert list(read_rows(tmp_path / "faults", "faults")) == []


def test_a_disk_that_takes_no_more_is_one_sentence(tmp_path: Path) -> None:
    """A file stands where the table's directory should go."""
    (tmp_path / "faults").write_text("in the way")
    parts = Parts(tmp_path)
    parts.add("faults", [{"at_ns": 1, "fault_id": "f", "what": "on"}])
    with pytest.raises(FolderError, match="faults: cannot be written"):
        parts.flush()
