"""The audio of a run's folder, trusted only after its digest was checked."""

from __future__ import annotations

import hashlib
from pathlib import Path

from harness import pcm
from harness.errors import CorpusError
from harness.model.clip import Clip
from harness.model.plan import SessionPlan


def sha256_of(path: Path) -> str:
    """Hex digest of a file's bytes."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def check_clip(path: Path, sha256: str) -> None:
    """Raise CorpusError unless the file is there and is the one meant."""
    if not path.is_file():
        raise CorpusError(str(path), "the file is missing", "restore it or build the corpus again")
    if (found := sha256_of(path)) != sha256:
        raise CorpusError(
            str(path), f"its sha256 is {found[:12]}…, not {sha256[:12]}…", "restore it or build the corpus again"
        )


def read_clip(folder: Path, clip: Clip) -> bytes:
    """PCM16 of a clip of the run's folder. Raises CorpusError where it is not the clip the manifest means."""
    path = folder / clip.path
    check_clip(path, clip.sha256)
    try:
        samples, rate_hz = pcm.read_pcm16(path)
    except (RuntimeError, ValueError) as error:  # soundfile's errors are RuntimeErrors
        raise CorpusError(str(path), f"it cannot be decoded ({error})", "build the corpus again") from error
    if rate_hz != clip.rate_hz:
        raise CorpusError(str(path), f"it has {rate_hz} Hz, not {clip.rate_hz}", "build the corpus again")
    return samples


def frames_of(session: SessionPlan, samples: bytes) -> tuple[bytes, ...]:
    """The frames this session sends: its clip up to `end_ns`."""
    size = pcm.samples_of(session.spoken_ns, session.clip.rate_hz) * pcm.BYTES_PER_SAMPLE
    return pcm.frames(samples[:size], session.clip.rate_hz, session.frame_ns)
