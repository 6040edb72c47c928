"""PCM16 helpers."""

from __future__ import annotations

import math
from io import BytesIO

import numpy as np
import pytest
import soundfile

from harness.pcm import (
    StreamResampler,
    alaw_decode,
    floats_of,
    frames,
    mulaw_decode,
    mulaw_encode,
    pcm16_of,
    resample,
)


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


def test_pcm16_survives_being_floats() -> None:
    """Every value comes back, and what is too loud is clipped."""
    pcm = np.arange(-32768, 32768).astype("<i2").tobytes()
    assert pcm16_of(floats_of(pcm)) == pcm
    assert np.frombuffer(pcm16_of(np.array([1.5, -1.5])), "<i2").tolist() == [32767, -32768]


def tone(hz: float, rate_hz: int) -> np.ndarray:
    """One second."""
    return np.sin(2 * np.pi * hz * np.arange(rate_hz) / rate_hz).astype(np.float32)


@pytest.mark.parametrize("from_hz", [8_000, 44_100, 48_000])
@pytest.mark.parametrize("late_ms", [1.5, 2.0])
@pytest.mark.parametrize("frame", [1, 37, 882, 4_800])
def test_a_stream_is_resampled_as_a_whole_and_no_later_than_asked(from_hz: int, late_ms: float, frame: int) -> None:
    """Cut in any way it gives the same samples, each as soon as its neighbours of 1.5 or 2 ms are there."""
    samples = np.random.default_rng(7).standard_normal(from_hz // 5).astype(np.float32)
    at_once = StreamResampler(from_hz, 16_000, late_ms=late_ms)
    whole = np.concatenate((at_once.push(samples), at_once.finish()))
    piecewise, out = StreamResampler(from_hz, 16_000, late_ms=late_ms), [np.zeros(0)]
    for at in range(0, len(samples), frame):
        out.append(piecewise.push(samples[at : at + frame]))
        seen_s = min(at + frame, len(samples)) / from_hz
        assert seen_s - sum(map(len, out)) / 16_000 < late_ms / 1000 + 2 / 16_000
    assert np.allclose(np.concatenate([*out, piecewise.finish()]), whole, atol=1e-5)
    assert len(whole) == 3200


@pytest.mark.parametrize("rate_hz", [8_000, 44_100, 48_000])
@pytest.mark.parametrize("hz", [100, 440, 3_000])
def test_a_tone_keeps_its_level_and_its_place(rate_hz: int, hz: int) -> None:
    """It comes out when it went in, without images."""
    found = StreamResampler(rate_hz, 16_000, late_ms=2.0).push(tone(hz, rate_hz))
    assert np.abs(found - tone(hz, 16_000)[: len(found)])[200:].max() < 0.001


def test_the_same_rate_is_handed_through() -> None:
    """The same samples, not a copy filtered."""
    resampler, samples = StreamResampler(16_000, 16_000, late_ms=2.0), tone(440, 16_000)
    assert resampler.push(samples) is samples
    assert len(resampler.finish()) == 0


@pytest.mark.parametrize("from_hz", [48_000, 44_100])
@pytest.mark.parametrize(
    ("tone_hz", "late_ms", "least_db", "most_db"),
    [
        *((hz, late_ms, -0.1, 0.1) for hz in (100, 1_000, 6_700, 7_000) for late_ms in (1.5, 2.0)),
        (7_150, 2.0, -0.1, 0.1),
        (8_200, 2.0, -math.inf, -70),
        *((hz, late_ms, -math.inf, -70) for hz in (8_400, 9_000, 12_000, 20_000) for late_ms in (1.5, 2.0)),
    ],
)
def test_speech_passes_and_what_would_fold_back_does_not(
    from_hz: int, tone_hz: int, late_ms: float, least_db: float, most_db: float
) -> None:
    """Flat to 7 kHz; 70 dB down where it would alias into the band of speech. Later is steeper."""
    out = StreamResampler(from_hz, 16_000, late_ms=late_ms).push(tone(tone_hz, from_hz))[400:-400]
    gain_db = 20 * np.log10(np.sqrt(2 * np.mean(out.astype(float) ** 2)) + 1e-99)
    assert least_db <= gain_db <= most_db


def test_telephone_speech_grows_no_images() -> None:
    """A tone of 3.2 kHz at 8 kHz has its image at 4.8 kHz, and at 16 kHz that is 70 dB down."""
    out = StreamResampler(8_000, 16_000, late_ms=2.0).push(tone(3_200, 8_000))[1_000:-1_000].astype(float)
    spectrum = np.abs(np.fft.rfft(out * np.hanning(len(out))))
    spoken, image = (spectrum[round(hz * len(out) / 16_000)] for hz in (3_200, 4_800))
    assert 20 * np.log10(image / spoken) < -70
