"""PCM16 helpers."""

from __future__ import annotations

from io import BytesIO

import numpy as np
import pytest
import soundfile

from harness.pcm import alaw_decode, frames, mulaw_decode, mulaw_encode, resample


def test_frames_cover_every_byte_and_only_the_last_is_short() -> None:
    """250 ms at 8 kHz in 100 ms frames are two whole frames and a half one."""
    pcm = bytes(range(250)) * 16
    cut = frames(pcm, 8_000, 100_000_000)
    assert [len(frame) for frame in cut] == [1600, 1600, 800]
    assert b"".join(cut) == pcm


@pytest.mark.parametrize(
    ("code", "linear"), [(0xFF, 0), (0x7F, 0), (0x80, 32124), (0x00, -32124), (0xF0, 120), (0x8F, 16764)]
)
def test_mulaw_decodes_the_standards_values(code: int, linear: int) -> None:
    """The corners of G.711's table decode to their published 16-bit values."""
    assert np.frombuffer(mulaw_decode(bytes([code])), dtype="<i2")[0] == linear


def test_mulaw_round_trip_keeps_every_code() -> None:
    """Encoding a decoded code gives it back, but for negative zero."""
    codes = bytes(range(256))
    again = mulaw_encode(mulaw_decode(codes))
    assert [(a, b) for a, b in zip(codes, again, strict=True) if a != b] == [(0x7F, 0xFF)]


def test_alaw_decodes_as_another_implementation_does() -> None:
    """libsndfile's reading of a file of all 256 codes is the reference."""
    codes = bytes(range(256))
    file = BytesIO()
    with soundfile.SoundFile(file, "w", 8000, 1, format="RAW", subtype="ALAW") as writer:
        writer.buffer_write(alaw_decode(codes), dtype="int16")
    assert file.getvalue() == codes
    raw = soundfile.read(BytesIO(codes), dtype="int16", format="RAW", subtype="ALAW", samplerate=8000, channels=1)
    assert np.array_equal(raw[0], np.frombuffer(alaw_decode(codes), dtype="<i2"))


def test_resampling_keeps_a_tone() -> None:
    """A 440 Hz tone at 8 kHz is the same tone at 16 kHz, away from the edges."""
    at_8k = np.sin(2 * np.pi * 440 * np.arange(8000) / 8000).astype(np.float32)
    at_16k = np.sin(2 * np.pi * 440 * np.arange(16000) / 16000).astype(np.float32)
    assert np.abs(resample(at_8k, 8000, 16000)[2000:-2000] - at_16k[2000:-2000]).max() < 1e-3
