"""Whether a folder is what its run left behind."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from harness.model.clip import Clip
from harness.model.plan import SessionPlan
from harness.model.run import Ending, Manifest, Vitals
from harness.store.folder import RunFolder
from harness.store.rows import frame_row, session_row
from harness.store.tables import TABLES, part_files

S = 1_000_000_000


@pytest.fixture
def folder(tmp_path: Path, manifest: Manifest, clip: Clip, clip_file: Path) -> RunFolder:
    return RunFolder.create(tmp_path / "reports", "run", manifest, {clip.sha256: clip_file})


@pytest.fixture
def played(folder: RunFolder, make_session: Callable[..., SessionPlan]) -> RunFolder:
    """The first session of the plan, played to its end, in two parts of each table."""
    session = folder.manifest().plan.sessions[0]
    parts = folder.parts()
    parts.add("frames", [frame_row(session.session_id, at, 1) for at in range(session.frame_count - 1)])
    parts.flush()
    parts.add("frames", [frame_row(session.session_id, session.frame_count - 1, 1)])
    parts.add("sessions", [session_row(session, "completed", ended_ns=session.end_ns + S)])
    parts.flush(last=True)
    return folder


def test_an_untouched_folder_is_sound(played: RunFolder) -> None:
    """Nothing is missing, changed or foreign."""
    assert played.read().damage == ()


def test_another_clip_in_its_place_is_named(played: RunFolder, clip: Clip) -> None:
    """The audio beside the verdict is the audio that was sent, or the run makes no claim."""
    (played.path / "clips" / f"{clip.sha256}.flac").write_bytes(b"fLaC")
    assert played.read().damage == (f"clips/{clip.sha256}.flac is not the audio that was sent",)


def test_a_missing_clip_is_named(played: RunFolder, clip: Clip) -> None:
    """So is audio that is no longer there."""
    (played.path / "clips" / f"{clip.sha256}.flac").unlink()
    assert played.read().damage == (f"clips/{clip.sha256}.flac is missing",)


def test_a_lost_part_is_named(played: RunFolder) -> None:
    """A copy without the send lags cannot turn a disturbed run into a calm one."""
    (played.path / "frames" / "part-00001.parquet").unlink()
    assert "a part of frames/ is missing or foreign" in played.read().damage
    (played.path / "frames" / "part-00002.parquet").unlink()
    (session,) = [one for one in played.read().damage if one.startswith("session")]
    assert session.endswith("lacks send lags")


@pytest.mark.parametrize("table", TABLES)
def test_a_lost_last_part_is_named_where_the_run_came_to_its_end(played: RunFolder, table: str) -> None:
    """The ending counts the parts, so that what is gone from the end is not taken for what the target never said."""
    count = len(part_files(played.path / table))
    counts = tuple((each, len(part_files(played.path / each))) for each in TABLES)
    played.write_ending(Ending(ended_utc="2026-01-01T00:00:00+00:00", elapsed_ns=1, vitals=Vitals(), parts=counts))
    assert played.read().damage == ()
    (played.path / table / f"part-{count:05}.parquet").unlink()
    assert f"a part of {table}/ is missing or foreign" in played.read().damage


def test_rows_that_the_plan_does_not_know_and_doubles_are_named(
    folder: RunFolder, make_session: Callable[..., SessionPlan]
) -> None:
    """Two folders poured into one are seen."""
    planned = folder.manifest().plan.sessions[0]
    parts = folder.parts()
    rows = [session_row(one, "cut") for one in (planned, planned, make_session("stranger"))]
    parts.add("sessions", rows)
    parts.flush(last=True)
    assert folder.read().damage == (
        f"session {planned.session_id} is recorded twice",
        "session stranger was never planned",
    )
