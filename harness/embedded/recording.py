"""A whole file, as a Recognize request brings it: how to read it, in pieces of about a second."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from harness.embedded import flac, riff
from harness.embedded.intake import Encoding, Intake, check

LONGEST_S: Final = 2 * 3600
_PIECE_BYTES: Final = 32_000
_UNKNOWN_FRAMES: Final = 2**62  # libsndfile says 2**63 - 1 for a FLAC that was written into a pipe


class TooLong(ValueError):  # noqa: N818  it is the file that is too long
    """More audio than this server takes at once."""

    def __init__(self) -> None:
        super().__init__(f"the audio is longer than the {LONGEST_S} s that one request may bring")


@dataclass(frozen=True, slots=True, kw_only=True)
class Recording:
    """Feed each of `pieces` to `intake`, in order; either raises ValueError where the file is broken."""

    intake: Intake
    pieces: Iterator[bytes]


def open_recording(audio: bytes, encoding: Encoding, rate_hz: int) -> Recording:
    """The file as its own header says, FLAC or WAVE, else as declared. ValueError where it cannot be read here."""
    if not audio:
        raise ValueError("the request has no audio")
    if audio.startswith(flac.MAGIC):
        return _flac(audio)
    if _seconds(audio, encoding, rate_hz) > LONGEST_S:
        raise TooLong
    pieces = (audio[at : at + _PIECE_BYTES] for at in range(0, len(audio), _PIECE_BYTES))
    return Recording(intake=Intake(encoding, rate_hz), pieces=pieces)


def _seconds(audio: bytes, encoding: Encoding, rate_hz: int) -> float:
    """How long raw or WAVE audio lasts; 0 where nothing says its rate."""
    if audio.startswith(riff.MAGIC) and (header := riff.parse(audio)) is not None:
        encoding, rate_hz = header.encoding, header.rate_hz
    return len(audio) / ((2 if encoding == "pcm16" else 1) * rate_hz) if rate_hz else 0.0


def _flac(audio: bytes) -> Recording:
    import soundfile  # noqa: PLC0415  heavy, and few requests need it

    try:
        file = soundfile.SoundFile(io.BytesIO(audio))
    except soundfile.SoundFileError as error:
        raise ValueError("the audio begins as FLAC and cannot be read as such") from error
    check(file.samplerate, file.channels)
    if LONGEST_S * file.samplerate < file.frames < _UNKNOWN_FRAMES:
        raise TooLong
    return Recording(intake=Intake("pcm16", file.samplerate), pieces=_decoded(file, soundfile.SoundFileError))


def _decoded(file: Any, broken: type[Exception]) -> Iterator[bytes]:
    """A second at a time: silence packs so well that 64 MiB of FLAC could fill any memory."""
    for _ in range(LONGEST_S):
        try:
            samples = file.read(file.samplerate, dtype="int16")
        except broken as error:
            raise ValueError("the FLAC data is damaged") from error
        if not len(samples):
            return
        yield samples.astype("<i2").tobytes()
    raise TooLong
