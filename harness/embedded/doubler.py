"""8 kHz to 16 kHz without waiting."""

from __future__ import annotations

from typing import Final

import numpy as np

_TAPS: Final = 47


class Doubler:
    """Twice the rate by a windowed-sinc half-band filter, 1.4 ms late.

    Not soxr's stream: it hands out blocks and was seen to hold back up to 113 ms of 8 kHz audio at a time, a third of
    what a first partial may take.
    """

    def __init__(self) -> None:
        middle = np.arange(_TAPS) - _TAPS // 2
        self._kernel = (np.sinc(middle / 2) * np.kaiser(_TAPS, 7.0)).astype(np.float32)
        self._kernel *= np.float32(2) / self._kernel.sum()
        self._tail = np.zeros(_TAPS - 1, dtype=np.float32)

    def push(self, samples: np.ndarray) -> np.ndarray:
        """Samples [n] to samples [2 n]."""
        stuffed = np.zeros(2 * len(samples), dtype=np.float32)
        stuffed[::2] = samples
        joined = np.concatenate((self._tail, stuffed))
        self._tail = joined[len(joined) - (_TAPS - 1) :]
        return np.convolve(joined, self._kernel, mode="valid") if len(samples) else stuffed
