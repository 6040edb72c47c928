"""A stream's bytes as float32 samples, whatever their encoding and cut."""

from __future__ import annotations

from typing import Final

import numpy as np

from harness import pcm
from harness.embedded import riff

RATES_HZ: Final = (8_000, 16_000, 44_100, 48_000)
FLAC: Final = b"fLaC"
_EXPAND: Final = {"mulaw": pcm.mulaw_decode, "alaw": pcm.alaw_decode}


class Intake:
    """Feed it the bytes as they come; a RIFF header in them overrules what was declared."""

    def __init__(self, encoding: riff.Encoding, rate_hz: int) -> None:
        """`rate_hz` 0 means: a RIFF header will say it. ValueError where the rate or channels are not supported."""
        self._encoding = encoding
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
        whole = len(self._held) & ~1 if self._encoding == "pcm16" else len(self._held)
        taken, self._held = self._held[:whole], self._held[whole:]
        if self._left is not None:
            taken = taken[: self._left]
            self._left -= len(taken)
        return self._decode(taken)

    def end(self) -> None:
        """There is no more. ValueError where all there was is the beginning of a WAVE header."""
        if not self._begun and self._held.startswith(riff.MAGIC):
            raise ValueError("the audio ends before its WAVE header does")

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
        elif self._held.startswith(FLAC):
            raise ValueError("a stream cannot be FLAC here (Recognize takes FLAC files)")
        elif not self.rate_hz:
            raise ValueError("sample_rate_hertz is 0 and the audio does not begin with a RIFF header")
        self._begun = True
        return True

    def _decode(self, data: bytes) -> np.ndarray:
        linear = _EXPAND[self._encoding](data) if self._encoding in _EXPAND else data
        return np.frombuffer(linear, dtype="<i2").astype(np.float32) / np.float32(32768)


def check(rate_hz: int, channels: int) -> None:
    """ValueError where the rate or the number of channels is not served."""
    if rate_hz not in RATES_HZ:
        *others, last = RATES_HZ
        served = f"{', '.join(map(str, others))} and {last}"
        raise ValueError(f"a sample rate of {rate_hz} Hz is not supported ({served} Hz are)")
    if channels != 1:
        raise ValueError(f"{channels} channels are not supported (one is)")
