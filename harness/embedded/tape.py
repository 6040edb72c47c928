"""The newest audio of one stream, addressed by sample numbers that count from its start."""

from __future__ import annotations

import numpy as np


class Tape:
    """Append, read a stretch, forget what is old."""

    def __init__(self) -> None:
        self._held: tuple[int, np.ndarray] = (0, np.empty(0, dtype=np.float32))

    @property
    def end(self) -> int:
        first, samples = self._held
        return first + len(samples)

    def append(self, samples: np.ndarray) -> None:
        first, held = self._held
        self._held = (first, np.concatenate((held, samples)))

    def read(self, start: int, end: int) -> np.ndarray:
        """The samples start..end, as far as they are still and already there; never changed afterwards."""
        first, held = self._held
        return held[max(0, start - first) : max(0, end - first)]

    def forget_before(self, sample: int) -> None:
        first, held = self._held
        drop = min(max(0, sample - first), len(held))
        self._held = (first + drop, held[drop:])
