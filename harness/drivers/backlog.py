"""Audio that waits for the target: before it is ready, or while it does not take more."""

from __future__ import annotations

from collections import deque

from harness.pcm import BYTES_PER_SAMPLE

LIMIT_S = 10


class Backlog:
    """Frames in order; over 10 s of audio the session is lost."""

    __slots__ = ("_bytes", "_frames", "_limit")

    def __init__(self, rate_hz: int) -> None:
        self._frames: deque[bytes] = deque()
        self._bytes = 0
        self._limit = LIMIT_S * rate_hz * BYTES_PER_SAMPLE

    def __len__(self) -> int:
        return len(self._frames)

    @property
    def over(self) -> bool:
        return self._bytes > self._limit

    def add(self, frame: bytes) -> None:
        self._frames.append(frame)
        self._bytes += len(frame)

    def take(self) -> bytes:
        """The oldest frame. IndexError where none waits."""
        frame = self._frames.popleft()
        self._bytes -= len(frame)
        return frame

    def clear(self) -> None:
        self._frames.clear()
        self._bytes = 0
