"""A run's folder: made whole, filled in parts, closed by `ending.json`; judging needs nothing outside it."""

from __future__ import annotations

import json
import os
import shutil
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from harness.errors import FolderError
from harness.model.plan import SessionPlan
from harness.model.run import Ending, Manifest, Record
from harness.model.timeline import FaultEvent, Heard, Opened, Sample, Timeline
from harness.store import baselines, codec
from harness.store import manifest as manifest_file
from harness.store.clips import check_clip, sha256_of
from harness.store.rows import Row, heard_of
from harness.store.soundness import damage
from harness.store.tables import TABLES, Parts, part_files, read_rows
from harness.store.whole import write_whole

MANIFEST = "manifest.json"
ENDING = "ending.json"


@dataclass(frozen=True, slots=True)
class RunFolder:
    """One run on disk."""

    path: Path

    @classmethod
    def create(
        cls,
        root: Path,
        run_id: str,
        manifest: Manifest,
        clips: Mapping[str, Path],
        texts: Mapping[str, str] = MappingProxyType({}),
    ) -> RunFolder:
        """Make `root/run_id` with the manifest and a copy of each clip (sha256 -> its file), or nothing at all.

        `texts` are the files of its baseline/, by name.
        Raises FolderError where that place is taken or not writable, CorpusError where a clip is not what it should be.
        """
        path, draft = root / run_id, root / f".{run_id}.draft-{os.getpid()}"
        if path.exists():
            raise FolderError(str(path), "this run's folder exists already", "choose another place or remove it")
        try:
            _draft(draft, manifest, clips, texts)
            draft.rename(path)
        except OSError as error:
            raise FolderError(str(root), f"cannot be written ({error.strerror or error})", "choose another") from error
        finally:
            shutil.rmtree(draft, ignore_errors=True)
        return cls(path)

    @classmethod
    def open(cls, path: Path) -> RunFolder:
        """An existing run's folder. Raises FolderError where it is none."""
        try:
            found = (path / MANIFEST).is_file()
        except OSError as error:
            raise FolderError(str(path), f"it cannot be read ({error.strerror})", "name a run's folder") from error
        if not found:
            raise FolderError(
                str(path), f"this is no run's folder, it has no {MANIFEST}", "name a folder under reports"
            )
        return cls(path)

    def manifest(self) -> Manifest:
        """Raises FolderError where the file is damaged."""
        try:
            return manifest_file.from_text(self.read_text(MANIFEST))
        except ValueError as error:
            raise self._damaged(MANIFEST, error) from error

    def write_manifest(self, manifest: Manifest) -> None:
        self.write_text(MANIFEST, manifest_file.to_text(manifest))

    def parts(self) -> Parts:
        """Where the run's rows go while it lasts."""
        return Parts(self.path)

    def write_ending(self, ending: Ending) -> None:
        """The last file of a run: without it, the run crashed."""
        self.write_text(ENDING, codec.dumps(ending))

    def read(self) -> Record:
        """All the folder holds, every planned session accounted for. Raises FolderError where it is damaged."""
        manifest, ending = self.manifest(), self._ending()
        try:
            sessions = list(read_rows(self.path / "sessions", "sessions"))
            timelines = _timelines(manifest.plan.sessions, sessions, self.path)
            samples = tuple(Sample(**row) for row in read_rows(self.path / "series", "series"))
            faults = tuple(FaultEvent(**row) for row in read_rows(self.path / "faults", "faults"))
        except (OSError, ValueError) as error:  # pyarrow's own errors derive from these
            raise self._damaged("a table", error) from error
        return Record(
            manifest=manifest,
            ending=ending,
            timelines=timelines,
            samples=samples,
            faults=faults,
            damage=damage(self.path, manifest, ending, sessions, timelines),
            baseline=baselines.read_baseline(self.path),
            history=baselines.read_history(self.path),
        )

    def read_text(self, name: str) -> str:
        try:
            return (self.path / name).read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise self._damaged(name, error) from error

    def write_text(self, name: str, text: str) -> None:
        """Write a file whole or not at all."""
        write_whole(self.path / name, text)

    def digests(self) -> tuple[tuple[str, str], ...]:
        """(name, sha256) of every file that the verdict rests on, in order of their names."""
        files = [
            self.path / MANIFEST,
            self.path / ENDING,
            *self.path.glob("clips/*.flac"),
            *self.path.glob("baseline/*.json"),
        ]
        files += [part for table in TABLES for part in part_files(self.path / table)]
        found = {file.relative_to(self.path).as_posix(): file for file in files if file.is_file()}
        return tuple((name, sha256_of(file)) for name, file in sorted(found.items()))

    def _ending(self) -> Ending | None:
        if not (self.path / ENDING).exists():
            return None
        try:
            return codec.loads(Ending, self.read_text(ENDING))
        except ValueError as error:
            raise self._damaged(ENDING, error) from error

    def _damaged(self, name: str, error: Exception) -> FolderError:
        what = "is not JSON" if isinstance(error, json.JSONDecodeError) else str(error)
        return FolderError(f"{self.path}: {name}", f"it cannot be read ({what})", "run the scenario again")


def _draft(draft: Path, manifest: Manifest, clips: Mapping[str, Path], texts: Mapping[str, str]) -> None:
    (draft / "clips").mkdir(parents=True)
    for clip in manifest.plan.clips:
        copy = draft / manifest_file.clip_path(clip)
        if not copy.exists():
            check_clip(clips[clip.sha256], clip.sha256)
            shutil.copyfile(clips[clip.sha256], copy)
    for name, text in texts.items():
        (draft / name).parent.mkdir(exist_ok=True)
        (draft / name).write_text(text, encoding="utf-8")
    RunFolder(draft).write_manifest(manifest_file.relocated(manifest))


def _timelines(sessions: tuple[SessionPlan, ...], recorded: Iterable[Row], path: Path) -> tuple[Timeline, ...]:
    ended = {row["session_id"]: row for row in recorded}
    heard: defaultdict[str, list[tuple[int, Heard]]] = defaultdict(list)
    for row in read_rows(path / "heard", "heard"):
        heard[row["session_id"]].append((row["at_ns"], heard_of(row)))
    lags: defaultdict[str, list[int]] = defaultdict(list)
    for row in read_rows(path / "frames", "frames"):
        lags[row["session_id"]].append(row["send_lag_us"])
    return tuple(
        _timeline(
            session.session_id, ended.get(session.session_id), heard[session.session_id], lags[session.session_id]
        )
        for session in sessions
    )


def _timeline(session_id: str, row: Row | None, heard: list[tuple[int, Heard]], lags: list[int]) -> Timeline:
    """A session without a row of its own was under way when the run crashed, or had not begun."""
    ready_ns = next((at_ns for at_ns, what in heard if isinstance(what, Opened)), None)
    known = row or {"end_reason": "cut" if heard or lags else "never_started", "ready_ns": ready_ns}
    return Timeline(
        session_id=session_id,
        end_reason=known["end_reason"],
        opened_ns=known.get("opened_ns"),
        ready_ns=known["ready_ns"],
        ended_ns=known.get("ended_ns"),
        send_lag_us=tuple(lags),
        backlog_max=known.get("backlog_max", 0),
        tick_late_max_us=known.get("tick_late_max_us", 0),
        heard=tuple(heard),
        engine=known.get("engine") or "",
    )
