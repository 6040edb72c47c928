from __future__ import annotations

import io
from collections.abc import Iterator

import numpy as np
import pytest
import soundfile

from harness.embedded import flac
from harness.embedded.flac import Frames, parse

NOISE = (np.random.default_rng(3).standard_normal(40_000) * np.linspace(0, 9_000, 40_000)).astype("<i2")


def packed(samples: np.ndarray = NOISE, rate_hz: int = 16_000, subtype: str = "PCM_16") -> bytes:
    file = io.BytesIO()
    soundfile.write(file, samples, rate_hz, format="FLAC", subtype=subtype)
    return file.getvalue()


def opened(data: bytes) -> tuple[Frames, bytes]:
    metadata = parse(data)
    assert metadata is not None
    return Frames(metadata), data[metadata.frames_at :]


def decoded(data: bytes, size: int) -> Iterator[bytes]:
    """What each piece of the frames gives, and then what is left."""
    frames, rest = opened(data)
    for at in range(0, len(rest), size):
        yield frames.feed(rest[at : at + size])
        while frames.behind:
            yield frames.feed(b"")


@pytest.mark.parametrize("size", [13, 700, 5_000, 10**6])
def test_every_sample_comes_however_the_bytes_are_cut(size: int) -> None:
    """Bit for bit, the last short frame too."""
    assert b"".join(decoded(packed(), size)) == NOISE.tobytes()


@pytest.mark.parametrize("size", [1, 7, 40, 10**6])
def test_silence_comes_about_a_second_at_a_time(size: int) -> None:
    """It packs a thousandfold: a message of 1 KiB may hold ten seconds, and they do not come at once."""
    silence = np.zeros(160_000, "<i2")
    pieces = list(decoded(packed(silence), size))
    assert b"".join(pieces) == silence.tobytes()
    assert max(map(len, pieces)) <= 2 * (16_000 + 2 * 4_096)


def test_a_frame_is_out_as_soon_as_it_is_whole() -> None:
    """4096 samples of 16 bits that do not pack are out with the frame's last byte, not with the next frame."""
    one, two = packed(NOISE[-4_096:]), packed(NOISE[-8_192:])
    frames, rest = opened(two)
    whole = len(opened(one)[1])
    first = len(rest) - whole
    ends = [at for at in range(first - 200, first + 200) if frames_out(rest[:at], two)]
    assert ends, "the first frame is out before the second one is"
    assert len(frames.feed(rest[: ends[0]])) == 2 * 4_096
    assert frames.feed(rest[ends[0] : ends[0] + 5]) == b""
    assert len(frames.feed(rest[ends[0] + 5 :])) == 2 * 4_096


def frames_out(rest: bytes, whole: bytes) -> bool:
    frames, _ = opened(whole)
    return bool(frames.feed(rest))


def test_a_stream_may_begin_in_the_middle() -> None:
    """Behind the same header a live encoder's later frames are as good as its first."""
    metadata = parse(packed())
    assert metadata is not None
    rest = packed()[metadata.frames_at :]
    second = rest.index(b"\xff\xf8", 1)
    while flac._header(rest, second) is None:
        second = rest.index(b"\xff\xf8", second + 1)
    assert Frames(metadata).feed(rest[second:]) == NOISE[4_096 : 4_096 + 16_384].tobytes()


def test_other_depths_become_16_bits() -> None:
    """24-bit recordings are cut down as soundfile does it."""
    data = packed(NOISE.astype(np.int32) << 16, subtype="PCM_24")
    assert b"".join(decoded(data, 1_000)) == NOISE.tobytes()


def test_the_metadata_may_come_in_pieces() -> None:
    """None until they are all there, with padding and tags."""
    data = packed()
    at = next(at for at in range(4, len(data)) if parse(data[:at]) is not None)
    found = parse(data[:at])
    assert found is not None
    assert (found.rate_hz, found.channels, found.frames_at) == (16_000, 1, at)


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (b"fLaC\x04\0\0\x22" + bytes(34), "cannot be read as such"),
        (b"fLaC\x80\0\0\x02ab", "cannot be read as such"),
        (b"fLaC\0\0\0\x22" + bytes(34) + b"\x81\xff\xff\xff", "longer than 65536 bytes"),
    ],
    ids=["no STREAMINFO first", "a short one", "a picture of 16 MiB"],
)
def test_metadata_that_are_none_are_refused(data: bytes, problem: str) -> None:
    """At once, and without waiting for what they promise."""
    with pytest.raises(ValueError, match=problem):
        parse(data)


@pytest.mark.parametrize("at", [100, 9_000, 20_000])
def test_damaged_frames_are_refused(at: int) -> None:
    """A wrong byte, in a frame's header or its samples, is heard by the CRC."""
    data = bytearray(packed())
    metadata = parse(bytes(data))
    assert metadata is not None
    data[metadata.frames_at + at] ^= 0x55
    with pytest.raises(ValueError, match="damaged"):
        list(decoded(bytes(data) * 30, 4_000))


def test_what_is_not_flac_behind_the_metadata_is_refused() -> None:
    """After the bytes that a frame's header could need."""
    frames, _ = opened(packed())
    assert frames.feed(bytes(15)) == b""
    with pytest.raises(ValueError, match="damaged"):
        frames.feed(b"\0")
