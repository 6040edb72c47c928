"""The audio of an assembled clip: its pieces as they are in the corpus, and in the gaps the noise that pads them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import soundfile

from harness.corpus.levels import DITHER_DBFS, gain, to_pcm16
from harness.corpus.load import verify
from harness.model.assembled import Assembled, Piece
from harness.pcm import mulaw_decode, mulaw_encode

FULL_BAND_HZ = 16_000
TELEPHONE_HZ = 8_000


def write_assembled(assembled: Assembled, root: Path, path: Path) -> None:
    """Write the clip as FLAC, piece by piece, so that its length costs no memory; the same bytes every time.

    Raises CorpusError where a piece's audio is missing or is not what its golden file was written for.
    """
    for clip in {piece.clip.key: piece.clip for piece in assembled.pieces}.values():
        verify(clip, root)
    rate_hz, over_ms = assembled.clip.rate_hz, 0
    with soundfile.SoundFile(path, "w", rate_hz, 1, subtype="PCM_16", format="FLAC") as out:
        for number, piece in enumerate(assembled.pieces):
            out.write(hiss(_samples(piece.at_ms - over_ms, rate_hz), rate_hz, (assembled.seed, rate_hz, number)))
            out.write(_cut(piece, root))
            over_ms = piece.at_ms + piece.until_ms - piece.from_ms


def hiss(count: int, rate_hz: int, seed: tuple[int, ...]) -> np.ndarray:
    """`count` samples, int16, of what the corpus is padded with: white noise, at 8 kHz the lower half of its band."""
    noise = np.random.default_rng(seed).standard_normal(count, dtype=np.float32)
    pcm = to_pcm16(noise * np.float32(gain(DITHER_DBFS) * (rate_hz / FULL_BAND_HZ) ** 0.5))
    if rate_hz != TELEPHONE_HZ:
        return pcm
    return np.frombuffer(mulaw_decode(mulaw_encode(pcm.astype("<i2").tobytes())), dtype="<i2")


def _cut(piece: Piece, root: Path) -> np.ndarray:
    """A piece's samples; a golden file may round its length up by a millisecond, which is filled with zeros."""
    rate_hz = piece.clip.rate_hz
    count = _samples(piece.until_ms - piece.from_ms, rate_hz)
    start = _samples(piece.from_ms, rate_hz)
    samples: np.ndarray
    samples, _ = soundfile.read(root / piece.clip.path, frames=count, start=start, dtype="int16", fill_value=0)
    return samples


def _samples(ms: int, rate_hz: int) -> int:
    return ms * rate_hz // 1000
