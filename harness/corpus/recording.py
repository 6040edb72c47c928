"""A user's recording as float samples at 16 kHz, or the sentence that says why it cannot be used."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
import soundfile

from harness.corpus.levels import PEAK
from harness.errors import CorpusError
from harness.pcm import resample

RATE_HZ = 16_000
SHORTEST_S = 0.5
FULL_SCALE = 0.999
MOST_CLIPPED = 0.001  # share of samples at full scale; a voice over it is audibly distorted

Channel = Literal["left", "right", "mix"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Recording:
    """Float samples [n] at 16 kHz, and what they were made of."""

    samples: np.ndarray
    rate_hz: int  # of the file
    sha256: str
    made_from: str


def read_recording(path: Path, channel: Channel | None, *, accept_clipping: bool) -> Recording:
    """One channel of a sound file in any format libsndfile reads. Raises CorpusError, with the remedy."""
    if not path.is_file():
        raise CorpusError(str(path), "no such file", "name a sound file")
    try:
        data, rate_hz = soundfile.read(path, dtype="float64", always_2d=True)
    except (soundfile.LibsndfileError, OSError) as error:
        problem = f"not readable as audio ({str(error).split(': ')[-1].rstrip('.')})"
        raise CorpusError(str(path), problem, "convert it to WAV or FLAC") from error
    samples = _one_channel(path, data, channel)
    if len(samples) < SHORTEST_S * rate_hz:
        problem = f"lasts {len(samples) / rate_hz:.2f} s"
        raise CorpusError(str(path), problem, f"give at least {SHORTEST_S:g} s of audio")
    if not np.isfinite(samples).all():
        raise CorpusError(str(path), "holds samples that are no numbers", "export it again")
    if not accept_clipping:
        refuse_clipping(path, samples)
    at_16k = resample(samples, int(rate_hz), RATE_HZ)
    peak = float(np.max(np.abs(at_16k)))
    return Recording(
        samples=at_16k * min(1.0, PEAK / peak) if peak > 1.0 else at_16k,  # resampling overshoots loud peaks
        rate_hz=int(rate_hz),
        sha256=hashlib.sha256(path.read_bytes()).hexdigest(),
        made_from=f"{path.name}, {rate_hz} Hz" + (f", channel {channel}" if data.shape[1] > 1 else ""),
    )


def clipped_share(samples: np.ndarray) -> float:
    """Share of float samples at full scale."""
    return float(np.mean(np.abs(samples) >= FULL_SCALE)) if len(samples) else 0.0


def refuse_clipping(path: Path, samples: np.ndarray) -> None:
    if (share := clipped_share(samples)) > MOST_CLIPPED:
        problem = f"{share:.1%} of its samples are clipped (limit {MOST_CLIPPED:.1%})"
        raise CorpusError(str(path), problem, "record it at a lower level, or say --accept-clipping")


def _one_channel(path: Path, data: np.ndarray, channel: Channel | None) -> np.ndarray:
    count = data.shape[1]
    if count == 1:
        return np.asarray(data[:, 0])
    if channel is None:
        problem = f"has {count} channels"
        raise CorpusError(str(path), problem, "choose with --channel left, right or mix")
    return np.asarray(data.mean(axis=1) if channel == "mix" else data[:, 0 if channel == "left" else 1])
