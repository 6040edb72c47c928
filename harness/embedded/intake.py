"""A stream's bytes as float32 samples, whatever their encoding and cut."""

from __future__ import annotations

from typing import Final, Literal

import numpy as np

from harness import pcm
from harness.embedded import flac, riff

Encoding = riff.Encoding | Literal["flac"]
RATES_HZ: Final = (8_000, 16_000, 44_100, 48_000)
_EXPAND: Final = {"mulaw": pcm.mulaw_decode, "alaw": pcm.alaw_decode}


class Intake:
    """Feed it the bytes as they come; the header of a WAVE or FLAC file in them overrules what was declared."""

    def __init__(self, encoding: Encoding, rate_hz: int) -> None:
        """`rate_hz` 0 means: a header will say it. ValueError where the rate or channels are not supported."""
        self._encoding = encoding
        self._flac: flac.Frames | None = None
        self.rate_hz = rate_hz
        self._held = b""
        self._begun = False
        self._left: int | None = None
        if rate_hz:
            check(rate_hz, 1)

    def feed(self, data: bytes) -> np.ndarray:
        """Samples [n] in -1..1 that became complete; once there are any, `rate_hz` is certain.

        Raises ValueError where this is no audio that can be read here.
        """
        self._held += data
        if not self._begun and not self._begin():
            return self._decode(b"")
        if self._flac is not None:
            frames, self._held = self._held, b""
            return pcm.floats_of(self._flac.feed(frames))
        whole = len(self._held) & ~1 if self._encoding == "pcm16" else len(self._held)
        taken, self._held = self._held[:whole], self._held[whole:]
        if self._left is not None:
            taken = taken[: self._left]
            self._left -= len(taken)
        return self._decode(taken)

    @property
    def behind(self) -> bool:
        """`feed(b"")` has more samples: few bytes of FLAC can be minutes, and come a second at a time."""
        return self._flac is not None and self._flac.behind

    def end(self) -> None:
        """There is no more. ValueError where all there was is the beginning of a header."""
        if not self._begun and self._held.startswith((riff.MAGIC, flac.MAGIC)):
            raise ValueError(f"the audio ends before its {'WAVE' if self._held[:1] == b'R' else 'FLAC'} header does")

    def _begin(self) -> bool:
        if len(self._held) < len(riff.MAGIC):
            return False
        if self._held.startswith(riff.MAGIC):
            header = riff.parse(self._held)
            if header is None:
                return False
            check(header.rate_hz, header.channels)
            self._encoding, self.rate_hz, self._left = header.encoding, header.rate_hz, header.data_bytes
            self._held = self._held[header.data_at :]
        elif self._held.startswith(flac.MAGIC):
            return self._begin_flac()
        elif self._encoding == "flac":
            raise ValueError("the encoding is FLAC, but the audio does not begin as FLAC does")
        elif not self.rate_hz:
            raise ValueError("sample_rate_hertz is 0 and the audio does not begin with a RIFF header")
        self._begun = True
        return True

    def _begin_flac(self) -> bool:
        metadata = flac.parse(self._held)
        if metadata is None:
            return False
        check(metadata.rate_hz, metadata.channels)
        self.rate_hz, self._flac = metadata.rate_hz, flac.Frames(metadata)
        self._held = self._held[metadata.frames_at :]
        self._begun = True
        return True

    def _decode(self, data: bytes) -> np.ndarray:
        linear = _EXPAND[self._encoding](data) if self._encoding in _EXPAND else data
        return pcm.floats_of(linear)


def check(rate_hz: int, channels: int) -> None:
    """ValueError where the rate or the number of channels is not served."""
    if rate_hz not in RATES_HZ:
        *others, last = RATES_HZ
        served = f"{', '.join(map(str, others))} and {last}"
        raise ValueError(f"a sample rate of {rate_hz} Hz is not supported ({served} Hz are)")
    if channels != 1:
        raise ValueError(f"{channels} channels are not supported (one is)")
