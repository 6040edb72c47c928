"""Silero voice activity detection on ONNX Runtime: one shared session, one small state a stream.

The state must never be shared: streams that do so hear each other's speech. Telephone audio is heard at its own 8 kHz:
doubled to 16 kHz it looks muffled to the model, which then found one breathy onset 320 ms later than at 8 kHz.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final

import numpy as np

from harness.embedded.moonshine import session

FRAME_MS: Final = 32  # the only frame Silero takes: 512 samples at 16 kHz, 256 at 8 kHz
_CONTEXT_MS: Final = 4
HEARD_HZ: Final = (8_000, 16_000)


class Silero:
    """The weights; `listen` gives a stream its own ear."""

    def __init__(self, path: Path) -> None:
        self._session = session(path)

    def listen(self, rate_hz: int) -> Ear:
        """An ear for one of HEARD_HZ."""
        return Ear(self, rate_hz)

    def run(self, window: np.ndarray, state: np.ndarray, rate_hz: np.ndarray) -> tuple[float, np.ndarray]:
        probability, new_state = self._session.run(None, {"input": window, "state": state, "sr": rate_hz})
        return float(probability[0, 0]), new_state


class Ear:
    """One stream's state: what it heard so far, and what is not a whole frame yet."""

    def __init__(self, silero: Silero, rate_hz: int) -> None:
        self._silero = silero
        self._rate_hz = np.array(rate_hz, dtype=np.int64)
        self._frame = FRAME_MS * rate_hz // 1000
        self._context = _CONTEXT_MS * rate_hz // 1000
        self._state = np.zeros((2, 1, 128), dtype=np.float32)
        self._unheard = np.zeros(self._context, dtype=np.float32)

    def hear(self, samples: np.ndarray) -> Iterator[float]:
        """The probability of speech in every frame that float32 samples [n] in -1..1 complete."""
        self._unheard = np.concatenate((self._unheard, samples))
        while len(self._unheard) >= self._context + self._frame:
            window = self._unheard[None, : self._context + self._frame]
            probability, self._state = self._silero.run(window, self._state, self._rate_hz)
            self._unheard = self._unheard[self._frame :]
            yield probability
