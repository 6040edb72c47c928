from __future__ import annotations

import io
import wave

import numpy as np
import pytest
import soundfile

from harness import pcm
from harness.embedded.intake import Intake

TONE = (np.sin(2 * np.pi * 440 * np.arange(1600) / 16_000) * 8000).astype("<i2")
AS_FLOATS = TONE.astype(np.float32) / 32768


def wav(data: bytes, rate_hz: int, channels: int = 1) -> bytes:
    file = io.BytesIO()
    with wave.open(file, "wb") as writer:
        writer.setparams((channels, 2, rate_hz, 0, "NONE", ""))
        writer.writeframes(data)
    return file.getvalue()


def flac(rate_hz: int, channels: int = 1) -> bytes:
    file = io.BytesIO()
    soundfile.write(file, np.repeat(TONE[:, None], channels, axis=1), rate_hz, format="FLAC", subtype="PCM_16")
    return file.getvalue()


def fed(intake: Intake, data: bytes, size: int) -> np.ndarray:
    found = [intake.feed(data[at : at + size]) for at in range(0, len(data), size)]
    while intake.behind:
        found.append(intake.feed(b""))
    return np.concatenate(found)


@pytest.mark.parametrize("size", [1, 7, 3200])
def test_samples_do_not_depend_on_how_the_bytes_are_cut(size: int) -> None:
    """Half a sample waits for its other half."""
    assert np.array_equal(fed(Intake("pcm16", 16_000), TONE.tobytes(), size), AS_FLOATS)


@pytest.mark.parametrize("size", [1, 50, 3200])
def test_a_header_overrules_what_was_declared(size: int) -> None:
    """A declared 8 kHz mu-law stream that begins with a 16 kHz PCM header is read as the header says."""
    assert np.array_equal(fed(Intake("mulaw", 8_000), wav(TONE.tobytes(), 16_000), size), AS_FLOATS)


@pytest.mark.parametrize("size", [1, 50, 3200])
def test_a_flac_stream_is_read_as_its_header_says(size: int) -> None:
    """Whatever was declared, and however its bytes are cut."""
    intake = Intake("mulaw", 8_000)
    assert np.array_equal(fed(intake, flac(16_000), size), AS_FLOATS)
    assert intake.rate_hz == 16_000


def test_minutes_of_flac_do_not_come_at_once() -> None:
    """Ten minutes of silence are 32 kB; a stream hears them a second at a time."""
    file, intake = io.BytesIO(), Intake("flac", 0)
    soundfile.write(file, np.zeros(600 * 16_000, "<i2"), 16_000, format="FLAC", subtype="PCM_16")
    pieces = [intake.feed(file.getvalue())]
    while intake.behind:
        pieces.append(intake.feed(b""))
    assert max(map(len, pieces)) <= 16_000 + 2 * 4_096
    assert sum(map(len, pieces)) == 600 * 16_000


def test_what_is_declared_as_flac_and_is_none_is_refused() -> None:
    """It is not taken for samples; a WAVE file is still one."""
    with pytest.raises(ValueError, match="the encoding is FLAC, but the audio does not begin as FLAC does"):
        Intake("flac", 16_000).feed(TONE.tobytes())
    assert np.array_equal(Intake("flac", 8_000).feed(wav(TONE.tobytes(), 16_000)), AS_FLOATS)


def test_what_follows_the_data_chunk_is_not_audio() -> None:
    """Chunks behind the data, such as a trailing LIST, are dropped."""
    assert np.array_equal(fed(Intake("pcm16", 0), wav(TONE.tobytes(), 16_000) + b"LIST\4\0\0\0abcd", 1000), AS_FLOATS)


def test_mulaw_is_expanded() -> None:
    """G.711 bytes become the samples they stand for."""
    law = pcm.mulaw_encode(TONE.tobytes())
    expected = np.frombuffer(pcm.mulaw_decode(law), dtype="<i2").astype(np.float32) / 32768
    assert np.array_equal(Intake("mulaw", 16_000).feed(law), expected)


def test_alaw_is_expanded() -> None:
    """The corners of G.711's other table."""
    found = Intake("alaw", 8_000).feed(bytes((0xD5, 0x55, 0xAA, 0x2A)))
    assert list(found * 32768) == [8, -8, 32256, -32256]


def test_no_audio_is_no_samples() -> None:
    """An empty message changes nothing."""
    assert len(Intake("pcm16", 8_000).feed(b"")) == 0


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (wav(b"\0" * 8, 22_050), "22050 Hz is not supported"),
        (wav(b"\0" * 8, 16_000, channels=2), "2 channels are not supported"),
        (b"\0" * 8, "does not begin with a RIFF header"),
        (flac(22_050), "22050 Hz is not supported"),
        (flac(16_000, channels=2), "2 channels are not supported"),
        (b"fLaC\x04\0\0\0", "cannot be read as such"),
    ],
)
def test_audio_that_cannot_be_read_is_refused(data: bytes, problem: str) -> None:
    """Other rates, several channels, and an undeclared rate without a header."""
    with pytest.raises(ValueError, match=problem):
        Intake("pcm16", 0).feed(data)


def test_a_declared_rate_is_checked_at_once() -> None:
    """Nobody has to send audio to learn that 11025 Hz is not served."""
    with pytest.raises(ValueError, match="11025 Hz is not supported"):
        Intake("pcm16", 11_025)


def test_audio_that_is_only_the_beginning_of_a_header_is_no_audio() -> None:
    """A file cut in its header is said to be one; audio that came whole may end anywhere."""
    cut, whole = Intake("pcm16", 0), Intake("pcm16", 0)
    cut.feed(wav(b"", 16_000)[:20])
    with pytest.raises(ValueError, match="ends before its WAVE header does"):
        cut.end()
    whole.feed(wav(TONE.tobytes(), 16_000))
    whole.end()
    cut = Intake("flac", 0)
    cut.feed(flac(16_000)[:20])
    with pytest.raises(ValueError, match="ends before its FLAC header does"):
        cut.end()
