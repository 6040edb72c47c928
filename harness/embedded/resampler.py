"""Any served rate to 16 kHz without waiting: every output sample leaves with the input sample that completes it.

Not soxr's stream: it hands out blocks and was seen to hold back up to 113 ms of 8 kHz audio at a time, a third of what
a first partial may take. Here a windowed-sinc filter of fixed delay does it: 1.4 ms at 8 kHz, 2 ms at 44.1 and 48 kHz.
"""

from __future__ import annotations

from functools import cache
from math import gcd
from typing import Final

import numpy as np

from harness.embedded.moonshine import RATE_HZ

_BETA: Final = 7.0  # Kaiser: what folds back is 70 dB down
_UP_CROSSINGS: Final = 12  # zero crossings of the sinc to either side
_DOWN_CROSSINGS: Final = 32  # more of them where rates fall: what lies above 8 kHz folds into speech
_DOWN_CUTOFF: Final = 0.95  # of half the output rate, so that the slope ends near 8 kHz


class Resampler:
    """One stream's samples at 16 kHz; at 16 kHz already, it hands them through."""

    def __init__(self, from_hz: int) -> None:
        shared = gcd(from_hz, RATE_HZ)
        self._up, self._down = RATE_HZ // shared, from_hz // shared
        self._bank = _bank(self._up, self._down)
        self._tail = np.zeros(self._bank.shape[1] - 1, dtype=np.float32)
        self._taken = 0
        self._made = 0

    def push(self, samples: np.ndarray) -> np.ndarray:
        """float32 samples [n] to those at 16 kHz that are complete with them: ceil(taken · 16000 / rate) in all."""
        if self._up == self._down:
            return samples
        joined = np.concatenate((self._tail, samples))
        self._tail = joined[len(samples) :]
        before, self._taken = self._taken, self._taken + len(samples)
        at = np.arange(self._made, -(-self._taken * self._up // self._down)) * self._down
        self._made += len(at)
        if not len(at):
            return np.zeros(0, dtype=np.float32)
        windows = np.lib.stride_tricks.sliding_window_view(joined, self._bank.shape[1])
        made: np.ndarray = np.einsum("nt,nt->n", windows[at // self._up - before], self._bank[at % self._up])
        return made


@cache
def _bank(up: int, down: int) -> np.ndarray:
    """One row of taps, oldest sample first, for each of the `up` phases between two input samples: [up, taps]."""
    falling = down > up
    crossings = _DOWN_CROSSINGS if falling else _UP_CROSSINGS
    cutoff = _DOWN_CUTOFF if falling else 1.0
    length = 2 * crossings * max(up, down) - 1
    middle = np.arange(length) - length // 2
    kernel = np.sinc(middle * cutoff / max(up, down)) * np.kaiser(length, _BETA)
    kernel *= up / kernel.sum()
    padded = np.pad(kernel, (0, -length % up))
    return np.ascontiguousarray(padded.reshape(-1, up).T[:, ::-1], dtype=np.float32)
