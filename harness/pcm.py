"""PCM16 mono audio: frames, mu-law and A-law, resampling, files. A leaf that anyone may use."""

from __future__ import annotations

import math
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np

BYTES_PER_SAMPLE = 2


def samples_of(duration_ns: int, rate_hz: int) -> int:
    """Whole samples that fit into a duration."""
    return duration_ns * rate_hz // 1_000_000_000


def duration_ns_of(samples: int, rate_hz: int) -> int:
    """How long that many samples last."""
    return samples * 1_000_000_000 // rate_hz


def frames(pcm: bytes, rate_hz: int, frame_ns: int) -> tuple[bytes, ...]:
    """Cut PCM16 into frames of `frame_ns`; the last one may be short, none is empty."""
    size = samples_of(frame_ns, rate_hz) * BYTES_PER_SAMPLE
    return tuple(pcm[at : at + size] for at in range(0, len(pcm), size))


def read_pcm16(path: Path) -> tuple[bytes, int]:
    """A mono sound file's samples as PCM16 little-endian bytes, and its rate in Hz."""
    import soundfile  # noqa: PLC0415  heavy, and many callers never read a file

    samples, rate_hz = soundfile.read(path, dtype="int16", always_2d=True)
    if samples.shape[1] != 1:
        raise ValueError(f"{path} has {samples.shape[1]} channels, not one")
    return samples[:, 0].astype("<i2", copy=False).tobytes(), int(rate_hz)


def resample(samples: np.ndarray, from_hz: int, to_hz: int) -> np.ndarray:
    """Float or int16 samples [n] at another rate (soxr, very high quality), same dtype."""
    import soxr  # noqa: PLC0415  heavy

    if from_hz == to_hz:
        return samples
    resampled: np.ndarray = soxr.resample(samples, from_hz, to_hz, quality="VHQ")
    return resampled


def mulaw_decode(data: bytes) -> bytes:
    """G.711 mu-law bytes as PCM16 little-endian (ITU-T G.711, table 2a)."""
    return bytes(_mulaw_table()[_as_u8(data)].astype("<i2").tobytes())


def alaw_decode(data: bytes) -> bytes:
    """G.711 A-law bytes as PCM16 little-endian (ITU-T G.711, table 1a; even bits are inverted on the line)."""
    return bytes(_alaw_table()[_as_u8(data)].astype("<i2").tobytes())


def mulaw_encode(pcm: bytes) -> bytes:
    """PCM16 little-endian bytes as G.711 mu-law, rounding to the nearest code (ITU-T G.711, table 2a)."""
    import numpy as np  # noqa: PLC0415  heavy

    linear = np.frombuffer(pcm, dtype="<i2").astype(np.int32)
    sign = np.where(linear < 0, 0x80, 0)
    magnitude = np.minimum(np.abs(linear), 32635) + 132
    exponent = np.floor(np.log2(magnitude)).astype(np.int32) - 7
    mantissa = (magnitude >> (exponent + 3)) & 0x0F
    return bytes((~(sign | (exponent << 4) | mantissa) & 0xFF).astype(np.uint8).tobytes())


def _as_u8(data: bytes) -> np.ndarray:
    import numpy as np  # noqa: PLC0415  heavy

    return np.frombuffer(data, dtype=np.uint8)


@cache
def _mulaw_table() -> np.ndarray:
    import numpy as np  # noqa: PLC0415  heavy

    code = ~np.arange(256, dtype=np.int32) & 0xFF
    exponent = (code >> 4) & 0x07
    magnitude = (((code & 0x0F) << 3) + 132 << exponent) - 132
    return np.where(code & 0x80, -magnitude, magnitude).astype(np.int16)


@cache
def _alaw_table() -> np.ndarray:
    import numpy as np  # noqa: PLC0415  heavy

    code = np.arange(256, dtype=np.int32) ^ 0x55
    exponent = (code >> 4) & 0x07
    step = ((code & 0x0F) << 4) + 8
    magnitude = np.where(exponent == 0, step, step + 0x100 << np.maximum(exponent - 1, 0))
    return np.where(code & 0x80, magnitude, -magnitude).astype(np.int16)


class StreamResampler:
    """PCM16 to another rate as it comes, 1.5 ms late: a windowed sinc (Kaiser), evaluated at each output sample.

    Not soxr's stream: it hands out blocks and was seen to hold back up to 113 ms at a time, a third of what a first
    partial may take. Flat within 0.1 dB up to 0.42 of the lower rate; what would fold back is 70 dB down.
    """

    _ZEROS = 24  # of the sinc, on each side
    _BETA = 7.9
    _ROLL_OFF = 0.92  # the filter's middle, in Nyquist frequencies of the lower rate

    def __init__(self, from_hz: int, to_hz: int) -> None:
        import numpy as np  # noqa: PLC0415  heavy

        common = math.gcd(from_hz, to_hz)
        self._up, self._down = to_hz // common, from_hz // common
        self._half = math.ceil(self._ZEROS * max(1.0, from_hz / to_hz))
        self._bank = _sinc_bank(self._up, self._half, self._ROLL_OFF * min(1.0, to_hz / from_hz), self._BETA)
        self._held = np.zeros(self._half - 1, dtype=np.float32)  # so that the first output lies on the first input
        self._next = 0  # the next output's place, in steps of 1/up input samples from the first window's middle

    def push(self, pcm: bytes) -> bytes:
        """Whatever can be said with this input; the last 1.5 ms wait for their right neighbours."""
        import numpy as np  # noqa: PLC0415  heavy

        samples = np.concatenate((self._held, np.frombuffer(pcm, dtype="<i2").astype(np.float32)))
        windows = len(samples) - 2 * self._half + 1
        if windows <= 0:
            self._held = samples
            return b""
        places = np.arange(self._next, windows * self._up, self._down)
        rows = np.lib.stride_tricks.sliding_window_view(samples, 2 * self._half)[places // self._up]
        made = np.einsum("ij,ij->i", rows, self._bank[places % self._up])
        self._next += len(places) * self._down - windows * self._up
        self._held = samples[windows:]
        return bytes(np.clip(np.rint(made), -32768, 32767).astype("<i2").tobytes())

    def finish(self) -> bytes:
        """What was waiting for neighbours, which are silence now."""
        return self.push(bytes(BYTES_PER_SAMPLE * self._half))


@cache
def _sinc_bank(phases: int, half: int, cutoff: float, beta: float) -> np.ndarray:
    """[phases, 2 half]: the weights of the neighbours of a point that lies phase/phases behind the one at half - 1."""
    import numpy as np  # noqa: PLC0415  heavy

    away = np.arange(phases)[:, None] / phases - (np.arange(2 * half)[None, :] - half + 1)
    window = np.i0(beta * np.sqrt(np.clip(1 - (away / half) ** 2, 0, None))) / np.i0(beta)
    bank = cutoff * np.sinc(cutoff * away) * window
    normed: np.ndarray = (bank / bank.sum(axis=1, keepdims=True)).astype(np.float32)
    return normed
