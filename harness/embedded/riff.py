"""RIFF/WAVE headers at the front of a stream: NVIDIA's clients send a file's raw bytes, header included.

The chunks are walked, never assumed: ffmpeg's files have a LIST chunk before the data (78 bytes in all, not 44), and a
header may be cut anywhere by the client's message size.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Final, Literal

Encoding = Literal["pcm16", "mulaw", "alaw"]

MAGIC: Final = b"RIFF"
_LONGEST_HEADER: Final = 65_536
_PREAMBLE: Final = 12  # "RIFF", size, "WAVE"
_CHUNK_HEAD: Final = 8
_EXTENSIBLE: Final = 0xFFFE
_FORMATS: Final[dict[tuple[int, int], Encoding]] = {(1, 16): "pcm16", (6, 8): "alaw", (7, 8): "mulaw"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Header:
    """What the audio behind the header is; `data_at` is the offset of its first byte."""

    encoding: Encoding
    rate_hz: int
    channels: int
    data_at: int
    data_bytes: int | None  # None: until the end (streamed files cannot know)


def parse(data: bytes) -> Header | None:
    """The header, or None while more bytes are needed; ValueError where this is no WAVE file that can be read here."""
    if len(data) < _PREAMBLE:
        return None
    if data[8:_PREAMBLE] != b"WAVE":
        raise ValueError("the audio begins with RIFF but is not a WAVE file")
    return _walk(data)


def _walk(data: bytes) -> Header | None:
    at, fmt = _PREAMBLE, None
    while len(data) >= at + _CHUNK_HEAD:
        name, size = data[at : at + 4], int.from_bytes(data[at + 4 : at + 8], "little")
        body = at + _CHUNK_HEAD
        if name == b"data":
            return _header(fmt, body, size)
        if name == b"fmt ":
            fmt = data[body : body + size]
        at = body + size + size % 2  # chunks are padded to even lengths
        if at > _LONGEST_HEADER:
            raise ValueError(f"the WAVE header is longer than {_LONGEST_HEADER} bytes")
    return None


def _header(fmt: bytes | None, data_at: int, size: int) -> Header:
    if fmt is None or len(fmt) < 16:
        raise ValueError("the WAVE header has no complete fmt chunk before its data")
    kind, channels, rate_hz, _, _, bits = struct.unpack_from("<HHIIHH", fmt)
    if kind == _EXTENSIBLE and len(fmt) >= 26:
        kind = int.from_bytes(fmt[24:26], "little")
    encoding = _FORMATS.get((kind, bits))
    if encoding is None:
        raise ValueError(
            f"WAVE format {kind} with {bits} bits is not supported (16-bit PCM, 8-bit A-law and mu-law are)"
        )
    known = size if 0 < size < 0xFFFFFF00 else None
    return Header(encoding=encoding, rate_hz=rate_hz, channels=channels, data_at=data_at, data_bytes=known)
