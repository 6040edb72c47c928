"""Source recordings as float samples at 16 kHz, from the Debian packages named in the recipes."""

from __future__ import annotations

import hashlib
import subprocess
from functools import cache
from pathlib import Path

import numpy as np
import soundfile

from harness.corpus.recipes import Origin, Source
from harness.errors import CorpusError
from harness.pcm import resample

RATE_HZ = 16_000


def load_source(source: Source, origin: Origin) -> np.ndarray:
    """A recording's samples [n] in [-1, 1] at 16 kHz; raises CorpusError where the file is absent or another one."""
    return _decoded(checked_path(source, origin), source.raw_hz)


def checked_path(source: Source, origin: Origin) -> Path:
    """Where a source's file is; raises CorpusError where it is absent or not the one the recipes were written for."""
    path = Path(source.path)
    if not path.is_file():
        raise CorpusError(str(path), "no such file", f"install the Debian package {origin.id} {origin.version}")
    if (found := hashlib.sha256(path.read_bytes()).hexdigest()) != source.sha256:
        problem = f"sha256 is {found[:12]}…, not {source.sha256[:12]}…"
        raise CorpusError(str(path), problem, f"install {origin.id} in version {origin.version}")
    return path


@cache
def _decoded(path: Path, raw_hz: int | None) -> np.ndarray:
    if path.suffix == ".g722":
        return _pcm16(_g722(path))
    if raw_hz:
        return resample(_pcm16(path.read_bytes()), raw_hz, RATE_HZ)
    samples, rate_hz = soundfile.read(path, dtype="float64", always_2d=True)
    return resample(samples[:, 0], int(rate_hz), RATE_HZ)


def _pcm16(data: bytes) -> np.ndarray:
    return np.frombuffer(data, dtype="<i2").astype(np.float64) / 32768


def _g722(path: Path) -> bytes:
    """G.722 at 64 kbit/s decodes to 16 kHz; libsndfile does not know it."""
    command = ["ffmpeg", "-loglevel", "error", "-f", "g722", "-i", str(path), "-f", "s16le", "-ac", "1", "-"]
    return subprocess.run(command, check=True, capture_output=True).stdout  # noqa: S603  a fixed command
