"""One engine behind Locust, as a channel of the conductor."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Final

from harness.run.framing import Message

CLOCK: Final = Path("/proc/sys/kernel/random/boot_id")  # the same on both sides: they share a monotonic clock


class LocustEngine:
    """`tell` brings a message to the engine of that number, once it has said hello."""

    def __init__(self, number: int, of: int, tell: Callable[[int, Message], None]) -> None:
        self._number = number
        self.name = "engine" if of == 1 else f"engine {number + 1}"
        self._host = "locust" if of == 1 else f"locust worker {number + 1}"
        self._tell = tell
        self._waiting: list[Message] = []
        self._said: asyncio.Queue[Message | None] = asyncio.Queue()
        self.pids: dict[str, int] = {}
        self._own: tuple[int, ...] = ()
        self._epitaph = ""
        self.worker: int | None = None  # the process id of its Locust

    def tell(self, message: Message) -> None:
        if self.worker is None:
            self._waiting.append(message)
        else:
            self._tell(self._number, message)

    def take(self, message: Message) -> None:
        """Something that it said, or Locust about it."""
        match message["type"]:
            case "hello":
                self._arrive(message)
            case "gone":
                self.lose(f"{self.name} {message['why']}")
            case _:
                self._said.put_nowait(message)

    def lose(self, why: str) -> None:
        """It is gone; the first reason stands."""
        if not self._epitaph:
            self._epitaph = why
            self._said.put_nowait(None)

    async def hear(self) -> Message | None:
        return await self._said.get()

    async def epitaph(self) -> str:
        return self._epitaph

    def kill(self) -> None:
        """Itself and its Locust: a stopped engine would not notice that it is alone."""
        for pid in self._own:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)

    def _arrive(self, hello: Message) -> None:
        pids = hello["pids"]
        self.worker = pids["locust"]
        if hello["clock"] != CLOCK.read_text(encoding="ascii").strip():
            self.lose(f"{self.name} is on another host ({hello['host']}), whose clock is not ours")
            return
        self._own = (pids["engine"], pids["locust"])
        self.pids |= {self.name: pids["engine"], self._host: pids["locust"]}
        for message in self._waiting:
            self._tell(self._number, message)
        self._waiting = []
