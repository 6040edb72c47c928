"""FLAC as it comes: frames are told apart here, header by header, and decoded by libsndfile, about a second at a time.

libsndfile alone cannot follow a file that grows. But whole frames behind a STREAMINFO that counts their samples are a
file to it, and it checks every frame's CRC: so the newest frame is out when it is whole, not when the next one begins.
Layout: RFC 9639, sections 8 (metadata) and 9.1 (frame headers).
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import Final

MAGIC: Final = b"fLaC"
_LONGEST_METADATA: Final = 65_536
_LONGEST_FRAME: Final = 262_144  # 65,535 samples of 24 bits that nothing could pack, and some more
_LONGEST_HEADER: Final = 16
_BLOCK_HEAD, _INFO_AT, _INFO_BYTES = 4, 8, 34
_MARKS: Final = (b"\xff\xf8", b"\xff\xf9")  # blocks of one size, of many
_CODED_SAMPLES: Final = {1: 192, **{n: 144 << n for n in range(2, 6)}, **{n: 1 << n for n in range(8, 16)}}
_SAMPLES_BYTES: Final = {6: 1, 7: 2}  # of a block size that stands behind the frame's number
_RATE_BYTES: Final = {12: 1, 13: 2, 14: 2}
_TOTAL_BITS: Final = 36
_NUMBER_AT: Final = 4
_NOT_READABLE: Final = "the audio begins as FLAC and cannot be read as such"
_DAMAGED: Final = "the FLAC data are damaged"


@dataclass(frozen=True, slots=True, kw_only=True)
class Metadata:
    """What stands before the frames; `frames_at` is the offset of the first of them."""

    info: bytes
    rate_hz: int
    channels: int
    frames_at: int


def parse(data: bytes) -> Metadata | None:
    """The metadata, or None while more bytes are needed; ValueError where they are none that can be read here."""
    at, last = len(MAGIC), False
    if data[at : at + 1] not in (b"", b"\0", b"\x80"):  # STREAMINFO is the first
        raise ValueError(_NOT_READABLE)
    while not last:
        if len(data) < at + _BLOCK_HEAD:
            return None
        last = data[at] >= 0x80
        at += _BLOCK_HEAD + int.from_bytes(data[at + 1 : at + _BLOCK_HEAD])
        if at > _LONGEST_METADATA:
            raise ValueError(f"the FLAC metadata are longer than {_LONGEST_METADATA} bytes")
    if at < _INFO_AT + _INFO_BYTES:
        raise ValueError(_NOT_READABLE)
    info = data[_INFO_AT : _INFO_AT + _INFO_BYTES]
    packed = int.from_bytes(info[10:14])  # 20 bits of rate, 3 of channels less one, and what is of no use here
    found = Metadata(info=info, rate_hz=packed >> 12, channels=(packed >> 9 & 7) + 1, frames_at=at)
    return found if len(data) >= at else None


class Frames:
    """Feed it what follows the metadata. While it is `behind`, `feed(b"")` gives more of what it has."""

    def __init__(self, metadata: Metadata) -> None:
        self._metadata = metadata
        self._held = b""  # from where a frame begins
        self._searched = 1  # no other frame begins before it
        self._first_is_out = False
        self.behind = False

    def feed(self, data: bytes) -> bytes:
        """PCM16 of the frames that are whole: about a second at the most, for silence packs a thousandfold.

        ValueError where this is no FLAC, or damaged.
        """
        self._held += data
        frame = _header(self._held, 0)
        if frame is None:
            return self._wait(_LONGEST_HEADER)
        begin, end, samples = 0, 0, 0
        while samples < self._metadata.rate_hz and (found := self._next(frame)):
            at, after = found
            if self._first_is_out:
                begin, self._first_is_out = at, False
            else:
                samples += frame.samples
            end, self._searched, frame = at, at + 1, after
        self.behind = samples >= self._metadata.rate_hz
        made = self._decoded(self._held[begin:end], samples)
        if made is None:
            raise ValueError(_DAMAGED)
        self._held, self._searched = self._held[end:], self._searched - end
        return made if self.behind else made + self._newest(frame)

    def _next(self, frame: _Header) -> tuple[int, _Header] | None:
        """Where the frame after that one begins."""
        at = self._held.find(frame.mark, self._searched)
        while at >= 0:
            found = _header(self._held, at)
            if found and found.number == frame.next_number:
                return at, found
            at = self._held.find(frame.mark, at + 1)
        self._searched = max(self._searched, len(self._held) - _LONGEST_HEADER)  # a header may be there in part
        return None

    def _newest(self, frame: _Header) -> bytes:
        """The frame that begins what is held, if it is whole and new."""
        made = None if self._first_is_out else self._decoded(self._held, frame.samples)
        if made is None:
            return self._wait(_LONGEST_FRAME)
        self._first_is_out = True
        return made

    def _wait(self, most: int) -> bytes:
        if len(self._held) >= most:
            raise ValueError(_DAMAGED)
        return b""

    def _decoded(self, frames: bytes, samples: int) -> bytes | None:
        """PCM16 of so many samples, or None where they are not all there."""
        import soundfile  # noqa: PLC0415  heavy, and few streams need it

        if not samples:
            return b""
        info = self._metadata.info
        counted = int.from_bytes(info[10:18]) >> _TOTAL_BITS << _TOTAL_BITS | samples
        head = MAGIC + b"\x80" + _INFO_BYTES.to_bytes(3) + info[:10] + counted.to_bytes(8) + bytes(16)  # no MD5
        try:
            made = soundfile.SoundFile(io.BytesIO(head + frames)).read(samples, dtype="int16")
        except soundfile.SoundFileError:
            return None
        return made.astype("<i2").tobytes() if len(made) == samples else None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Header:
    """A frame's; `number` counts frames or, where blocks are of many sizes, samples."""

    mark: bytes
    samples: int
    number: int

    @property
    def next_number(self) -> int:
        return self.number + (1 if self.mark == _MARKS[0] else self.samples)


def _header(data: bytes, at: int) -> _Header | None:
    """The frame header there, if it is whole and its checksum is right."""
    head = data[at : at + _LONGEST_HEADER]
    if len(head) < _NUMBER_AT + 2 or head[:2] not in _MARKS:
        return None
    size, rate = head[2] >> 4, head[2] & 0x0F
    ones = 8 - (head[_NUMBER_AT] ^ 0xFF).bit_length()  # the number is written as UTF-8 writes characters
    behind = _NUMBER_AT + max(1, ones)
    end = behind + _SAMPLES_BYTES.get(size, 0) + _RATE_BYTES.get(rate, 0)
    if size == 0 or len(head) <= end or _crc8(head[:end]) != head[end]:
        return None
    number = head[_NUMBER_AT] & 0x7F >> ones
    for byte in head[_NUMBER_AT + 1 : behind]:
        number = number << 6 | byte & 0x3F
    said = int.from_bytes(head[behind : behind + _SAMPLES_BYTES.get(size, 0)]) + 1
    return _Header(mark=head[:2], samples=_CODED_SAMPLES.get(size, said), number=number)


def _crc8(data: bytes) -> int:
    crc = 0
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = (crc << 1 ^ (0x107 if crc & 0x80 else 0)) & 0x1FF
    return crc
