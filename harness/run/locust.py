"""Locust as this side sees it: processes that hold one engine each, and one line to the first of them.

With one engine that process is all of Locust; with several it is the master, and the others are its workers.
"""

from __future__ import annotations

import asyncio
import contextlib
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import harness
from harness.run.channel import Channel
from harness.run.child import Child, started
from harness.run.framing import Message
from harness.run.locust_engine import LocustEngine

LINE: Final = "HARNESS_LINE"  # as the locustfile reads it
HERE: Final = "127.0.0.1"
QUIT_S: Final = 15.0  # Locust's last statistics and pages


@dataclass(frozen=True, slots=True, kw_only=True)
class Locust:
    """What is asked of Locust: how many engines, its users over time, and where its own files go."""

    engines: int
    lanes: tuple[tuple[int, int], ...]
    out: Path
    web_port: int | None = None  # None: without its page


@asynccontextmanager
async def locust_engines(asked: Locust) -> AsyncIterator[Sequence[Channel]]:
    """Engines behind Locust. A Locust that dies, or never comes up, is heard of on their channels."""
    async with AsyncExitStack() as stack:
        first = await stack.enter_async_context(started("Locust master", lambda _: _first(asked), _line))
        troupe = _Troupe(asked, first, stack)
        attending = asyncio.create_task(troupe.attend())
        try:
            yield troupe.engines
            await troupe.quit(attending)
        finally:
            await troupe.leave(attending)


class _Troupe:
    def __init__(self, asked: Locust, first: Child, stack: AsyncExitStack) -> None:
        self._asked = asked
        self._first = first
        self._stack = stack
        self._watches: list[asyncio.Task[None]] = []
        self.engines = tuple(LocustEngine(number, asked.engines, self._tell) for number in range(asked.engines))
        if asked.engines > 1:
            self.engines[0].pids["locust"] = first.pid

    async def attend(self) -> None:
        """Sort what Locust says until it is gone."""
        while (told := await self._first.hear()) is not None:
            if told["engine"] is None:
                await self._take(told["says"])
            elif told["engine"] < len(self.engines):
                self.engines[told["engine"]].take(told["says"])
        why = await self._first.epitaph()
        for engine in self.engines:
            engine.lose(why)

    async def quit(self, attending: asyncio.Task[None]) -> None:
        """Let Locust end its test and write its files."""
        self._first.tell({"engine": None, "says": {"type": "quit"}})
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(asyncio.shield(attending), QUIT_S)

    async def leave(self, attending: asyncio.Task[None]) -> None:
        for task in (attending, *self._watches):
            task.cancel()
        await asyncio.gather(attending, *self._watches, return_exceptions=True)

    def _tell(self, engine: int, message: Message) -> None:
        if message["type"] == "go" and engine == 0:
            self._first.tell({"engine": None, "says": {**message, "lanes": self._asked.lanes}})
        self._first.tell({"engine": engine, "says": message})

    async def _take(self, message: Message) -> None:
        if message["type"] in {"by_hand", "stopped"}:
            for engine in self.engines:
                engine.take(message)
        elif message["type"] == "listening":
            for _ in self.engines:
                worker = await self._stack.enter_async_context(
                    started("Locust worker", lambda _: _worker(self._asked, message["port"]), _line)
                )
                self._watches.append(asyncio.create_task(self._watch(worker)))

    async def _watch(self, worker: Child) -> None:
        """A worker says nothing here: its line only ends with it, seconds before the master would miss it."""
        await worker.hear()
        why = await worker.epitaph()
        its = [engine for engine in self.engines if engine.worker == worker.pid]
        for engine in its or [engine for engine in self.engines if engine.worker is None][:1]:
            engine.lose(f"{why} ({engine.name})")


def _line(fd: int) -> dict[str, str]:
    return {LINE: str(fd)}


def _locust(asked: Locust, log: str, *arguments: str) -> list[str]:
    locustfile = Path(harness.__file__).parent / "load" / "locustfile.py"
    files = ("--logfile", str(asked.out / f"{log}.log"), "--loglevel", "INFO")
    return [sys.executable, "-m", "locust", "--locustfile", str(locustfile), *files, *arguments]


def _first(asked: Locust) -> list[str]:
    arguments = ["--csv", str(asked.out / "locust"), "--html", str(asked.out / "locust.html")]
    arguments += ["--only-summary", "--exit-code-on-error", "0"]
    if asked.web_port is None:
        arguments += ["--headless"]
    else:
        arguments += ["--autostart", "--autoquit", "0", "--web-host", HERE, "--web-port", str(asked.web_port)]
    if asked.engines > 1:
        arguments += ["--master", "--master-bind-host", HERE, "--master-bind-port", "0"]
        arguments += ["--expect-workers", str(asked.engines)]
    return _locust(asked, "locust", *arguments)


def _worker(asked: Locust, port: int) -> list[str]:
    return _locust(asked, "locust-workers", "--worker", "--master-host", HERE, "--master-port", str(port))
