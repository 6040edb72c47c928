"""Whether a run's folder is what the run left behind: a copy that lacks a part must not be judged as the whole."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from harness.model.plan import SessionPlan
from harness.model.run import Ending, Manifest
from harness.model.timeline import Timeline
from harness.store import baselines
from harness.store.clips import sha256_of
from harness.store.rows import Row
from harness.store.tables import TABLES, part_files


def damage(
    path: Path, manifest: Manifest, ending: Ending | None, recorded: Sequence[Row], timelines: Iterable[Timeline]
) -> tuple[str, ...]:
    """A clause for everything that is missing, changed or foreign; empty for a sound folder.

    `recorded` are the rows of sessions/, `timelines` what was made of all tables.
    """
    sent = {timeline.session_id: len(timeline.send_lag_us) for timeline in timelines}
    return (
        *_clips(path, manifest),
        *baselines.soundness(path, manifest),
        *_parts(path, dict(ending.parts) if ending else {}),
        *_sessions(manifest, recorded, sent),
    )


def _clips(path: Path, manifest: Manifest) -> Iterator[str]:
    for clip in manifest.plan.clips:
        file = path / clip.path
        if not file.is_file():
            yield f"{clip.path} is missing"
        elif sha256_of(file) != clip.sha256:
            yield f"{clip.path} is not the audio that was sent"


def _parts(path: Path, written: Mapping[str, int]) -> Iterator[str]:
    """What the ending counts must be there; a run that crashed counted nothing, and only gaps show."""
    for table in TABLES:
        names = [part.name for part in part_files(path / table)]
        if names != [f"part-{number:05}.parquet" for number in range(1, written.get(table, len(names)) + 1)]:
            yield f"a part of {table}/ is missing or foreign"


def _sessions(manifest: Manifest, recorded: Sequence[Row], sent: Mapping[str, int]) -> Iterator[str]:
    planned = {session.session_id: session for session in manifest.plan.sessions}
    rows = Counter(row["session_id"] for row in recorded)
    for session_id, times in rows.items():
        if session_id not in planned:
            yield f"session {session_id} was never planned"
        elif times > 1:
            yield f"session {session_id} is recorded twice"
    for row in recorded:
        session = planned.get(row["session_id"])
        if session is not None and _played(row, session) and sent[session.session_id] != session.frame_count:
            yield f"session {session.session_id} lacks send lags"


def _played(row: Row, session: SessionPlan) -> bool:
    """To the end of its audio, so that every frame was dispatched."""
    over = row["end_reason"] in ("completed", "deadline") and row["ended_ns"] is not None
    return over and bool(row["ended_ns"] > session.end_ns)
