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


def floats_of(pcm: bytes) -> np.ndarray:
    """PCM16 little-endian bytes as float32 samples [n] in -1..1."""
    import numpy as np  # noqa: PLC0415  heavy

    return np.frombuffer(pcm, dtype="<i2").astype(np.float32) / np.float32(32768)


def pcm16_of(samples: np.ndarray) -> bytes:
    """Float samples [n] as PCM16 little-endian bytes, rounded to nearest; what lies beyond -1..1 is clipped."""
    import numpy as np  # noqa: PLC0415  heavy

    return bytes(np.clip(np.rint(samples * np.float32(32768)), -32768, 32767).astype("<i2").tobytes())


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
    """float32 samples to another rate as they come, `late_ms` late: a windowed sinc, evaluated at each output sample.

    Not soxr's stream: it hands out blocks and was seen to hold back up to 113 ms at a time, a third of what a first
    partial may take. To 16 kHz, 1.5 ms keep what lies below 7.0 kHz within 0.1 dB and let nothing from above 8.4 kHz
    fold back (70 dB down); 2 ms keep what lies below 7.1 kHz and let nothing from above 8.2 kHz.
    """

    _BETA = 7.0  # Kaiser: what folds back is 70 dB down
    _ROLL_OFF = 0.95  # the filter's middle, in Nyquist frequencies of the output: its slope ends near 1

    def __init__(self, from_hz: int, to_hz: int, *, late_ms: float) -> None:
        import numpy as np  # noqa: PLC0415  heavy

        common = math.gcd(from_hz, to_hz)
        self._up, self._down = to_hz // common, from_hz // common
        self._half = math.ceil(late_ms * from_hz / 1000)
        self._bank = _sinc_bank(self._up, self._half, min(1.0, self._ROLL_OFF * to_hz / from_hz), self._BETA)
        self._held = np.zeros(self._half - 1, dtype=np.float32)  # so that the first output lies on the first input
        self._next = 0  # the next output's place, in steps of 1/up input samples from the first window's middle

    def push(self, samples: np.ndarray) -> np.ndarray:
        """Whatever can be said with this input; the last `late_ms` wait for their right neighbours."""
        import numpy as np  # noqa: PLC0415  heavy

        if self._up == self._down:
            return samples
        joined = np.concatenate((self._held, samples))
        windows = max(0, len(joined) - 2 * self._half + 1)
        places = np.arange(self._next, windows * self._up, self._down)
        self._next += len(places) * self._down - windows * self._up
        self._held = joined[windows:]
        if not len(places):
            return np.zeros(0, dtype=np.float32)
        rows = np.lib.stride_tricks.sliding_window_view(joined, 2 * self._half)[places // self._up]
        made: np.ndarray = np.einsum("ij,ij->i", rows, self._bank[places % self._up])
        return made

    def finish(self) -> np.ndarray:
        """What was waiting for neighbours, which are silence now."""
        import numpy as np  # noqa: PLC0415  heavy

        return self.push(np.zeros(0 if self._up == self._down else self._half, dtype=np.float32))


@cache
def _sinc_bank(phases: int, half: int, cutoff: float, beta: float) -> np.ndarray:
    """[phases, 2 half]: the weights of the neighbours of a point that lies phase/phases behind the one at half - 1."""
    import numpy as np  # noqa: PLC0415  heavy

    away = np.arange(phases)[:, None] / phases - (np.arange(2 * half)[None, :] - half + 1)
    window = np.i0(beta * np.sqrt(np.clip(1 - (away / half) ** 2, 0, None))) / np.i0(beta)
    bank = cutoff * np.sinc(cutoff * away) * window
    normed: np.ndarray = (bank / bank.sum(axis=1, keepdims=True)).astype(np.float32)
    return normed
