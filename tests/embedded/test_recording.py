from __future__ import annotations

import io
import wave

import numpy as np
import pytest
import soundfile

from harness.embedded import recording
from harness.embedded.recording import TooLong, open_recording

TONE = (np.sin(2 * np.pi * 440 * np.arange(40_000) / 16_000) * 8000).astype("<i2")


def flac(samples: np.ndarray = TONE, rate_hz: int = 16_000) -> bytes:
    file = io.BytesIO()
    soundfile.write(file, samples, rate_hz, format="FLAC", subtype="PCM_16")
    return file.getvalue()


def wav(data: bytes, rate_hz: int = 16_000) -> bytes:
    file = io.BytesIO()
    with wave.open(file, "wb") as writer:
        writer.setparams((1, 2, rate_hz, 0, "NONE", ""))
        writer.writeframes(data)
    return file.getvalue()


def samples(data: bytes, rate_hz: int = 0) -> np.ndarray:
    opened = open_recording(data, "pcm16", rate_hz)
    return np.concatenate([opened.intake.feed(piece) for piece in opened.pieces]) * 32768


@pytest.mark.parametrize(
    ("data", "rate_hz"),
    [(flac(), 0), (flac(), 8_000), (wav(TONE.tobytes()), 0), (TONE.tobytes(), 16_000)],
    ids=["flac", "flac declared otherwise", "wav", "bare"],
)
def test_every_sample_of_the_file_is_read(data: bytes, rate_hz: int) -> None:
    """Whatever it is packed in, and whatever was declared, over several pieces."""
    assert np.array_equal(samples(data, rate_hz), TONE)


@pytest.mark.parametrize("data", [wav(bytes(2 * 8_000 * 11), 8_000), bytes(2 * 16_000 * 11), flac(np.zeros(176_000))])
def test_more_than_one_request_may_bring_is_refused_before_it_is_heard(
    data: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By the length that the header or the declared rate tells."""
    monkeypatch.setattr(recording, "LONGEST_S", 10)
    with pytest.raises(TooLong, match="longer than the 10 s"):
        open_recording(data, "pcm16", 16_000)


def test_a_flac_that_does_not_tell_its_length_is_stopped_at_the_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    """Silence packs so well that a small message could fill any memory."""
    data = bytearray(flac(np.zeros(160_000)))
    data[21:26] = bytes((data[21] & 0xF0, 0, 0, 0, 0))  # STREAMINFO's number of samples: unknown
    monkeypatch.setattr(recording, "LONGEST_S", 3)
    pieces = open_recording(bytes(data), "pcm16", 0).pieces
    assert [len(next(pieces)) for _ in range(3)] == [32_000] * 3
    with pytest.raises(TooLong):
        next(pieces)


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (b"", "no audio"),
        (b"fLaC and nothing more", "cannot be read as such"),
        (flac(rate_hz=22_050), "22050 Hz is not supported"),
        (flac(np.zeros((100, 2))), "2 channels are not supported"),
        (b"RIFF\0\0\0\0AVI ", "not a WAVE file"),
    ],
    ids=["empty", "no flac", "rate", "stereo", "avi"],
)
def test_what_is_no_audio_of_ours_is_refused(data: bytes, problem: str) -> None:
    """With a sentence for the client."""
    with pytest.raises(ValueError, match=problem):
        open_recording(data, "pcm16", 16_000)
