"""PCM16 helpers."""

from __future__ import annotations

import math
from io import BytesIO

import numpy as np
import pytest
import soundfile

from harness.pcm import StreamResampler, alaw_decode, frames, mulaw_decode, mulaw_encode, resample


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


@pytest.mark.parametrize(("from_hz", "to_hz"), [(48_000, 16_000), (44_100, 16_000)])
@pytest.mark.parametrize("frame", [1, 37, 882, 4_800])
def test_a_stream_is_resampled_as_a_whole_and_1_5_ms_late(from_hz: int, to_hz: int, frame: int) -> None:
    """Cut in any way it gives the same samples, each of them as soon as its neighbours of 1.6 ms are there."""
    samples = np.random.default_rng(7).integers(-9000, 9000, from_hz // 5, dtype=np.int16)
    at_once = StreamResampler(from_hz, to_hz)
    whole = at_once.push(samples.tobytes()) + at_once.finish()
    piecewise, out = StreamResampler(from_hz, to_hz), b""
    for at in range(0, len(samples), frame):
        out += piecewise.push(samples[at : at + frame].tobytes())
        seen_s = min(at + frame, len(samples)) / from_hz
        assert seen_s - len(out) / 2 / to_hz < 0.0017
    assert out + piecewise.finish() == whole
    assert len(whole) == 2 * to_hz // 5


@pytest.mark.parametrize("from_hz", [48_000, 44_100])
@pytest.mark.parametrize(
    ("tone_hz", "least_db", "most_db"),
    [
        (100, -0.1, 0.1),
        (1_000, -0.1, 0.1),
        (6_700, -0.1, 0.1),
        (9_000, -math.inf, -70),
        (12_000, -math.inf, -70),
        (20_000, -math.inf, -70),
    ],
)
def test_speech_passes_and_what_would_fold_back_does_not(
    from_hz: int, tone_hz: int, least_db: float, most_db: float
) -> None:
    """Flat to 6.7 kHz; 70 dB down where it would alias into the band of speech."""
    tone = 16_000 * np.sin(2 * np.pi * tone_hz * np.arange(from_hz) / from_hz)
    out = np.frombuffer(StreamResampler(from_hz, 16_000).push(tone.astype("<i2").tobytes()), "<i2")[400:-400]
    gain_db = 20 * np.log10(np.sqrt(np.mean(out.astype(float) ** 2)) * np.sqrt(2) / 16_000 + 1e-99)
    assert least_db <= gain_db <= most_db
