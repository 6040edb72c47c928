"""One engine behind Locust, as a channel of the conductor."""

from __future__ import annotations

import asyncio
import contextlib
import os
import platform
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

from harness.run.abroad import ClockMatch, shipped
from harness.run.framing import Message

CLOCK: Final = Path("/proc/sys/kernel/random/boot_id")  # the same on both sides: they share a clock


class LocustEngine:
    """`tell` brings a message to the engine of that number once it has said hello; `overhear` gets it as said."""

    def __init__(
        self, number: int, of: int, tell: Callable[[int, Message], None], overhear: Callable[[Message], None]
    ) -> None:
        self._overhear = overhear
        self._number = number
        self.name = "engine" if of == 1 else f"engine {number + 1}"
        self._host = "locust" if of == 1 else f"locust worker {number + 1}"
        self._tell = tell
        self._waiting: list[Message] = []
        self._said: asyncio.Queue[Message | None] = asyncio.Queue()
        self.pids: dict[str, int] = {}
        self._own: tuple[int, ...] = ()
        self._epitaph = ""
        self._match = ClockMatch()
        self._near = True
        self._arrived = False
        self.worker: int | None = None  # the process id of its Locust

    @property
    def bound_ns(self) -> int:
        return self._match.bound_ns

    def tell(self, message: Message) -> None:
        """What comes before the engine has arrived, and its clock is known, waits."""
        if not self._arrived:
            self._waiting.append(message)
            return
        self._overhear(message)
        if self._near:
            self._tell(self._number, message)
        else:
            self._tell_abroad(message)

    def take(self, message: Message) -> None:
        """Something that it said, or Locust about it."""
        match message["type"]:
            case "hello":
                self._greet(message)
            case "pong":
                self._ping(message)
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
        self.lose(f"{self.name} had to be killed")
        if not self._near:
            self._tell(self._number, {"type": "kill"})
        for pid in self._own:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)

    def _greet(self, hello: Message) -> None:
        """Its first word; it says it again until it is answered."""
        if self.worker is not None:
            return
        pids = hello["pids"]
        self.worker = pids["locust"]
        self._near = (hello["host"], hello["clock"]) == (platform.node(), CLOCK.read_text(encoding="ascii").strip())
        if self._near:
            self._own = (pids["engine"], pids["locust"])
            self.pids |= {self.name: pids["engine"], self._host: pids["locust"]}
            self._arrive()
        else:
            self._tell(self._number, {"type": "ping", "sent_ns": time.monotonic_ns()})

    def _ping(self, pong: Message) -> None:
        now_ns = time.monotonic_ns()
        if self._match.add(pong["sent_ns"], pong["there_ns"], now_ns):
            self._arrive()
        else:
            self._tell(self._number, {"type": "ping", "sent_ns": now_ns})

    def _arrive(self) -> None:
        self._arrived = True
        for message in self._waiting:
            self.tell(message)
        self._waiting = []

    def _tell_abroad(self, message: Message) -> None:
        """There, at_ns 0 is another reading of another clock, and the folder is one that is sent."""
        if message["type"] == "start":
            for file in shipped(Path(message["folder"])):
                self._tell(self._number, file)
            message = {**message, "folder": None}
        elif message["type"] == "go":
            message = {**message, "epoch_ns": message["epoch_ns"] + self._match.offset_ns}
        self._tell(self._number, message)
