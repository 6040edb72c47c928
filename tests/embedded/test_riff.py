from __future__ import annotations

import io
import struct
import wave

import pytest

from harness.embedded import riff


def chunk(name: bytes, body: bytes) -> bytes:
    return name + struct.pack("<I", len(body)) + body + b"\0" * (len(body) % 2)


def fmt(kind: int = 1, channels: int = 1, rate_hz: int = 16_000, bits: int = 16, more: bytes = b"") -> bytes:
    block = channels * bits // 8
    return chunk(b"fmt ", struct.pack("<HHIIHH", kind, channels, rate_hz, rate_hz * block, block, bits) + more)


def wav(*chunks: bytes, data: bytes = b"\1\0\2\0") -> bytes:
    body = b"WAVE" + b"".join(chunks) + chunk(b"data", data)
    return b"RIFF" + struct.pack("<I", len(body)) + body


def test_the_standard_librarys_header_is_read() -> None:
    """The plain 44-byte header that Python's wave module writes."""
    file = io.BytesIO()
    with wave.open(file, "wb") as writer:
        writer.setparams((1, 2, 8000, 0, "NONE", ""))
        writer.writeframes(b"\1\0" * 10)
    header = riff.parse(file.getvalue())
    assert header == riff.Header(encoding="pcm16", rate_hz=8000, channels=1, data_at=44, data_bytes=20)


def test_other_chunks_before_the_data_are_walked_over() -> None:
    """A LIST chunk of odd length, as ffmpeg writes it, moves the data; its padding byte counts."""
    data = wav(fmt(), chunk(b"LIST", b"INFOISFT\x05\0\0\0Lavf\0"))
    header = riff.parse(data)
    assert header is not None
    assert data[header.data_at :] == b"\1\0\2\0"


def test_a_header_cut_anywhere_asks_for_more() -> None:
    """Until the data chunk's head is there nothing is known, at every possible cut."""
    data = wav(fmt(), chunk(b"LIST", b"abc"))
    start = len(data) - 4
    assert all(riff.parse(data[:cut]) is None for cut in range(start))
    assert riff.parse(data[:start]) is not None


def test_telephone_laws_and_extensible_pcm_are_known() -> None:
    """Format 7 with 8 bits is mu-law, 6 is A-law; format 0xFFFE carries the real format in its extension."""
    law = riff.parse(wav(fmt(kind=7, rate_hz=8000, bits=8)))
    extensible = riff.parse(wav(fmt(kind=0xFFFE, more=struct.pack("<HHIH14s", 22, 16, 4, 1, b""))))
    assert law is not None
    assert law.encoding == "mulaw"
    other = riff.parse(wav(fmt(kind=6, rate_hz=8000, bits=8)))
    assert other is not None
    assert other.encoding == "alaw"
    assert extensible is not None
    assert extensible.encoding == "pcm16"


@pytest.mark.parametrize("size", [0, 0xFFFFFFFF])
def test_a_streamed_files_length_is_unknown(size: int) -> None:
    """A writer that cannot seek back leaves 0 or all ones as the data's length: read until the end."""
    head = b"RIFF" + struct.pack("<I", size) + b"WAVE" + fmt() + b"data" + struct.pack("<I", size)
    header = riff.parse(head)
    assert header is not None
    assert header.data_bytes is None


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (b"RIFF\0\0\0\0AVI LIST", "not a WAVE file"),
        (wav(), "no complete fmt chunk"),
        (wav(fmt(kind=3, bits=32)), "format 3 with 32 bits is not supported"),
        (wav(chunk(b"junk", b"\0" * 70_000)), "longer than 65536 bytes"),
    ],
)
def test_what_cannot_be_read_is_said_in_a_sentence(data: bytes, problem: str) -> None:
    """Foreign containers, missing formats, other sample types and endless headers are refused."""
    with pytest.raises(ValueError, match=problem):
        riff.parse(data)
