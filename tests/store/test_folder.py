from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from harness.errors import CorpusError, FolderError
from harness.model.clip import Clip
from harness.model.plan import SessionPlan
from harness.model.run import Ending, Manifest, Vitals
from harness.model.timeline import Closed, Opened, Partial, Sample
from harness.store.folder import RunFolder
from harness.store.rows import frame_row, heard_row, session_row
from harness.store.tables import Parts

ENDING = Ending(ended_utc="2026-01-01T00:00:00+00:00", elapsed_ns=20, vitals=Vitals())


@pytest.fixture
def folder(tmp_path: Path, manifest: Manifest, clip: Clip, clip_file: Path) -> RunFolder:
    return RunFolder.create(tmp_path / "reports", "run-1", manifest, {clip.sha256: clip_file})


def store(parts: Parts) -> None:
    parts.add("heard", [heard_row("s1", 5, Opened()), heard_row("s1", 9, Partial(segment=0, text="hi"))])
    parts.add("frames", [frame_row("s1", 0, 100), frame_row("s1", 1, 200)])


def test_a_new_folder_holds_the_manifest_and_the_clips(folder: RunFolder, manifest: Manifest, clip: Clip) -> None:
    """The stored manifest points at the copies."""
    assert folder.manifest().plan.clips[0].path == f"clips/{clip.sha256}.flac"
    assert (folder.path / folder.manifest().plan.clips[0].path).is_file()
    assert folder.manifest().scenario == manifest.scenario
    assert sorted(path.name for path in folder.path.iterdir()) == ["clips", "manifest.json"]


def test_a_place_that_is_taken_is_refused(folder: RunFolder, manifest: Manifest) -> None:
    """A run never writes into another one."""
    with pytest.raises(FolderError, match="exists already"):
        RunFolder.create(folder.path.parent, "run-1", manifest, {})


def test_a_place_that_cannot_be_written_is_refused(tmp_path: Path, manifest: Manifest) -> None:
    """One sentence that names it."""
    (tmp_path / "file").write_text("not a directory")
    with pytest.raises(FolderError, match="cannot be written"):
        RunFolder.create(tmp_path / "file", "run-1", manifest, {})


def test_a_wrong_clip_leaves_nothing_behind(tmp_path: Path, manifest: Manifest, clip: Clip, clip_file: Path) -> None:
    """Nothing half-written: the folder appears whole or not at all."""
    clip_file.write_bytes(b"other")
    with pytest.raises(CorpusError, match="sha256"):
        RunFolder.create(tmp_path / "reports", "run-1", manifest, {clip.sha256: clip_file})
    assert list((tmp_path / "reports").iterdir()) == []


def test_what_was_stored_is_read(folder: RunFolder, make_session: Callable[..., SessionPlan]) -> None:
    """Timelines stand in plan order, with everything that was heard and how late each frame was."""
    parts = folder.parts()
    store(parts)
    parts.flush()
    parts.add("heard", [heard_row("s1", 12, Closed(code="1000"))])
    parts.add("frames", [frame_row("s1", 2, 300)])
    parts.add("sessions", [session_row(make_session("s2"), "never_started")])
    row = session_row(
        make_session(), "completed", opened_ns=1, ready_ns=5, ended_ns=12, backlog_max=3, tick_late_max_us=7
    )
    parts.add("sessions", [{**row, "engine": "engine 2"}])
    parts.add("series", [{"at_ns": 1, "source": "engine", "metric": "threads", "value": 4.0}])
    parts.flush(last=True)
    folder.write_ending(ENDING)

    record = RunFolder.open(folder.path).read()
    first, second = record.timelines
    assert (first.session_id, second.session_id) == ("s1", "s2")
    assert (first.end_reason, first.opened_ns, first.ready_ns, first.ended_ns) == ("completed", 1, 5, 12)
    assert (first.backlog_max, first.tick_late_max_us, first.send_lag_us) == (3, 7, (100, 200, 300))
    assert first.heard == ((5, Opened()), (9, Partial(segment=0, text="hi")), (12, Closed(code="1000")))
    assert (first.engine, second.end_reason, second.engine) == ("engine 2", "never_started", "")
    assert record.samples == (Sample(at_ns=1, source="engine", metric="threads", value=4.0),)
    assert (record.ending, record.faults) == (ENDING, ())


def test_a_crashed_run_is_read_as_far_as_it_came(folder: RunFolder) -> None:
    """Without an ending, what had begun is cut and the rest never started; nobody is missing."""
    parts = folder.parts()
    store(parts)
    parts.flush()
    record = folder.read()
    assert record.ending is None
    assert [timeline.end_reason for timeline in record.timelines] == ["cut", "never_started"]
    assert record.timelines[0].ready_ns == 5


def test_the_digests_name_every_file_of_evidence_and_no_report(folder: RunFolder) -> None:
    """They change with the evidence and not with what is made of it."""
    parts = folder.parts()
    store(parts)
    parts.flush(last=True)
    folder.write_ending(ENDING)
    before = folder.digests()
    names = [name for name, _ in before]
    assert names == sorted(names)
    assert {name.split("/")[0] for name in names} == {
        *("clips", "ending.json", "faults", "frames", "heard", "manifest.json", "series", "sessions"),
    }
    folder.write_text("report.html", "<p>")
    assert folder.digests() == before
    folder.write_ending(replace(ENDING, elapsed_ns=21))
    assert [a[0] for a, b in zip(before, folder.digests(), strict=True) if a != b] == ["ending.json"]


def test_a_directory_that_is_no_run_is_refused(tmp_path: Path) -> None:
    """Before anything is read from it."""
    with pytest.raises(FolderError, match=r"no manifest\.json"):
        RunFolder.open(tmp_path)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("manifest.json", "{"),
        ("manifest.json", "{}"),
        ("ending.json", "[1]"),
        ("heard/part-00001.parquet", "no parquet"),
    ],
)
def test_a_damaged_folder_is_one_sentence(folder: RunFolder, name: str, content: str) -> None:
    """A truncated or foreign file never ends in a traceback."""
    (folder.path / name).parent.mkdir(exist_ok=True)
    (folder.path / name).write_text(content)
    with pytest.raises(FolderError, match="cannot be read"):
        folder.read()


def test_text_is_written_whole(folder: RunFolder) -> None:
    """The draft is gone, the file is there."""
    folder.write_text("verdicts.json", "é\n")
    assert folder.read_text("verdicts.json") == "é\n"
    assert not list(folder.path.glob(".*"))


def test_text_that_cannot_be_written_is_one_sentence(folder: RunFolder) -> None:
    """A directory stands where the file should go."""
    (folder.path / "report.html").mkdir()
    with pytest.raises(FolderError, match=r"report\.html"):
        folder.write_text("report.html", "x")
