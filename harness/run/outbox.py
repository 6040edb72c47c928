"""What the engine has to tell, collected without ever waiting, handed over in batches."""

from __future__ import annotations

from typing import Any

from harness.model.timeline import Heard
from harness.store.rows import Row, heard_row


class Outbox:
    """`take` empties it; the shape of a batch is the engine's message."""

    __slots__ = ("_frames", "_heard", "_late", "_opened", "_over")

    def __init__(self) -> None:
        self._opened: list[tuple[str, int]] = []
        self._heard: list[Row] = []
        self._frames: list[tuple[str, int, int]] = []
        self._late: list[tuple[int, int]] = []
        self._over: list[Row] = []

    def opened(self, session_id: str, at_ns: int) -> None:
        self._opened.append((session_id, at_ns))

    def heard(self, session_id: str, at_ns: int, heard: Heard) -> None:
        self._heard.append(heard_row(session_id, at_ns, heard))

    def sent(self, session_id: str, frame: int, lag_us: int) -> None:
        self._frames.append((session_id, frame, lag_us))

    def late(self, at_ns: int, late_ns: int) -> None:
        """A tick of the engine that was late."""
        self._late.append((at_ns, late_ns // 1000))

    def over(self, row: Row) -> None:
        self._over.append(row)

    def take(self) -> dict[str, Any] | None:
        """Everything since the last time; None when that is nothing."""
        if not (self._opened or self._heard or self._frames or self._late or self._over):
            return None
        batch = {
            "type": "batch",
            "opened": self._opened,
            "heard": self._heard,
            "frames": self._frames,
            "late": self._late,
            "over": self._over,
        }
        self._opened, self._heard, self._frames, self._late, self._over = [], [], [], [], []
        return batch
