"""Blessed runs and the history of verdicts: kept on a shelf, and copied into each run's folder when it begins.

On the shelf: `<target>/<scenario>/<driver>.json` and `<driver>-history.json`, as a gateway's latencies are not Riva's.
In a run's folder: `baseline/blessed.json` and `baseline/history.json`, byte for byte.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from harness.errors import FolderError
from harness.model.baseline import KEPT_RUNS, Baseline, PastRun, latest
from harness.model.run import Manifest
from harness.model.verdict import Judgement
from harness.store import codec

BLESSED: Final = "baseline/blessed.json"
HISTORY: Final = "baseline/history.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class _History:
    runs: tuple[PastRun, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Shelf:
    """Where one target's and scenario's baseline for one driver is kept."""

    root: Path
    target: str
    scenario: str
    driver: str

    @property
    def path(self) -> Path:
        return self.root / self.target / self.scenario / f"{self.driver}.json"

    @property
    def history_path(self) -> Path:
        return self.path.with_name(f"{self.driver}-history.json")

    def history(self) -> tuple[PastRun, ...]:
        """The runs known when somebody last blessed one. Raises FolderError where the file is damaged."""
        return _history(self.history_path)

    def put(self, baseline: Baseline, history: tuple[PastRun, ...]) -> None:
        """Replace what stands there, each file whole or not at all. Raises FolderError."""
        _write(self.path, baseline_text(baseline))
        _write(self.history_path, codec.dumps(_History(runs=latest(history))))

    def copies(self, found: tuple[PastRun, ...]) -> dict[str, str]:
        """The files that a run's folder takes along, name -> text; `found` are runs known beside the shelf's.

        Raises FolderError where a file is damaged: before a run, not after it.
        """
        runs = latest(self.history(), found)
        copies = {HISTORY: codec.dumps(_History(runs=runs))} if runs else {}
        if self.path.exists():
            _baseline(self.path)
            copies[BLESSED] = self.path.read_text(encoding="utf-8")
        return copies


def baseline_text(baseline: Baseline) -> str:
    """JSON with one line a session, so that a file under version control shows what changed."""
    tree = codec.encode(baseline)
    sessions = [json.dumps(one, ensure_ascii=False, allow_nan=False) for one in tree.pop("sessions")]
    head = codec.render(tree).removesuffix("\n}\n")
    return head + ',\n "sessions": [\n' + ",\n".join(f"  {one}" for one in sessions) + "\n ]\n}\n"


def read_baseline(folder: Path) -> Baseline | None:
    """What a run's folder holds of it. Raises FolderError where it is damaged."""
    return _baseline(folder / BLESSED) if (folder / BLESSED).exists() else None


def read_history(folder: Path) -> tuple[PastRun, ...]:
    """The earlier runs that the folder knows, oldest first."""
    return _history(folder / HISTORY)


def digests(copies: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    """(name, sha256) of the copies, for the manifest."""
    return tuple((name, hashlib.sha256(text.encode()).hexdigest()) for name, text in sorted(copies.items()))


def past_runs(reports: Path, shelf: Shelf) -> tuple[PastRun, ...]:
    """The last judged runs, narrowed ones left out, of that target, scenario and driver under `reports`, oldest first.

    A folder that cannot be read is no reason to refuse a run: it is passed over.
    """
    # A run's folder is named by scenario and time, so the names alone tell which are the newest.
    folders = sorted(reports.glob(f"{shelf.scenario}-*"), key=lambda folder: folder.name, reverse=True)
    found: list[PastRun] = []
    for folder in folders:
        found += _past_run(folder, shelf)
        if len(found) == KEPT_RUNS:
            break
    return latest(tuple(found))


def _past_run(folder: Path, shelf: Shelf) -> Iterator[PastRun]:
    try:
        # The manifest's plan is long, and nothing of it is wanted here: it is not decoded.
        manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
        ours = (manifest["target"]["name"], manifest["scenario"]["name"], manifest["driver"])
        if ours != (shelf.target, shelf.scenario, shelf.driver) or manifest["scenario"]["narrowed"]:
            return
        judgement = codec.loads(Judgement, (folder / "verdicts.json").read_text(encoding="utf-8"))
        identity = tuple((str(key), str(value)) for key, value in manifest["identity_before"]["facts"])
        versions = tuple((str(key), str(value)) for key, value in manifest["versions"])
        run_id, began = str(manifest["run_id"]), str(manifest["began_utc"])
    except (OSError, ValueError, KeyError, TypeError):
        return
    yield PastRun.of(run_id, began, judgement, identity, versions)


def soundness(folder: Path, manifest: Manifest) -> Iterator[str]:
    """A clause for each copy that is not what the run began with: without it the verdict would be another."""
    promised = {name: digest for name, digest in manifest.digests if name in (BLESSED, HISTORY)}
    for name in (BLESSED, HISTORY):
        file = folder / name
        digest = hashlib.sha256(file.read_bytes()).hexdigest() if file.is_file() else None
        if digest != promised.get(name):
            yield f"{name} is {'missing' if digest is None else 'not what the run began with'}"


def _baseline(file: Path) -> Baseline:
    return _read(file, Baseline, "bless a run again")


def _history(file: Path) -> tuple[PastRun, ...]:
    return _read(file, _History, "remove it, or restore it").runs if file.exists() else ()


def _read(file: Path, kind: type[codec.T], remedy: str) -> codec.T:
    try:
        return codec.loads(kind, file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        what = "is not JSON" if isinstance(error, json.JSONDecodeError) else str(error)
        raise FolderError(str(file), f"it cannot be read ({what})", remedy) from error


def _write(file: Path, text: str) -> None:
    hidden = file.with_name(f".{file.name}.draft")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        hidden.write_text(text, encoding="utf-8")
        hidden.replace(file)
    except OSError as error:
        raise FolderError(str(file), f"cannot be written ({error.strerror or error})", "free its place") from error
