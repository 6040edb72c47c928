"""What an engine on another host needs: our clock read against its own, and the run's folder as messages."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from harness.run.framing import Message

PINGS: Final = 20


class ClockMatch:
    """The other side's monotonic clock against ours, from pings: the one that came back soonest knows best.

    It was there at some moment between its going and its coming back, so half of its way is the bound (RFC 5905, 8).
    """

    def __init__(self) -> None:
        self._left = PINGS
        self._round_ns: int | None = None
        self.offset_ns = 0

    @property
    def bound_ns(self) -> int:
        return 0 if self._round_ns is None else -(-self._round_ns // 2)

    def add(self, sent_ns: int, there_ns: int, back_ns: int) -> bool:
        """A ping that came back; whether that was enough of them."""
        round_ns = back_ns - sent_ns
        if self._round_ns is None or round_ns < self._round_ns:
            self._round_ns = round_ns
            self.offset_ns = there_ns - (sent_ns + back_ns) // 2
        self._left -= 1
        return self._left <= 0


def shipped(folder: Path) -> Iterator[Message]:
    """The manifest and the clips; the other side checks each clip's digest, as any engine does."""
    for file in (folder / "manifest.json", *sorted((folder / "clips").glob("*.flac"))):
        name = file.relative_to(folder).as_posix()
        yield {"type": "file", "name": name, "data": file.read_bytes()}
