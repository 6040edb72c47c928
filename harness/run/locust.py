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
EVERYWHERE: Final = {"0.0.0.0", "*"}  # noqa: S104  no binding, the user's own word for it
QUIT_S: Final = 15.0  # Locust's last statistics and pages


@dataclass(frozen=True, slots=True, kw_only=True)
class Locust:
    """What is asked of Locust."""

    engines: int  # on this host
    web_port: int | None = None  # None: without its page
    elsewhere: int = 0  # engines on other hosts that will come to us
    bind: tuple[str, int] = (HERE, 0)  # where Locust's workers come to; port 0 is a free one

    @property
    def all(self) -> int:
        return self.engines + self.elsewhere


@asynccontextmanager
async def locust_engines(
    asked: Locust, lanes: Sequence[tuple[int, int]], out: Path
) -> AsyncIterator[Sequence[Channel]]:
    """Engines behind Locust. A Locust that dies, or never comes up, is heard of on their channels.

    `lanes` are its users over time, (at_ns, lanes) at each change; `out` is where its own files go.
    """
    async with AsyncExitStack() as stack:
        first = await stack.enter_async_context(started("Locust master", lambda _: _first(asked, out), _line))
        troupe = _Troupe(asked, lanes, out, first, stack)
        attending = asyncio.create_task(troupe.attend())
        try:
            yield troupe.engines
            await troupe.quit(attending)
        finally:
            await troupe.leave(attending)


class _Troupe:
    def __init__(
        self, asked: Locust, lanes: Sequence[tuple[int, int]], out: Path, first: Child, stack: AsyncExitStack
    ) -> None:
        self._asked = asked
        self._lanes = lanes
        self._out = out
        self._first = first
        self._stack = stack
        self._begun = False
        self._watches: list[asyncio.Task[None]] = []
        self.engines = tuple(LocustEngine(number, asked.all, self._tell, self._overhear) for number in range(asked.all))
        if asked.all > 1:
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
        self._first.tell({"engine": engine, "says": message})

    def _overhear(self, message: Message) -> None:
        """Locust's users begin with the run, in the time of this host whatever an engine's is."""
        if message["type"] == "go" and not self._begun:
            self._begun = True
            self._first.tell({"engine": None, "says": {**message, "lanes": self._lanes}})

    async def _take(self, message: Message) -> None:
        if message["type"] in {"by_hand", "stopped"}:
            for engine in self.engines:
                engine.take(message)
        elif message["type"] == "listening":
            for _ in range(self._asked.engines):
                worker = await self._stack.enter_async_context(
                    started("Locust worker", lambda _: _worker(self._asked, self._out, message["port"]), _line)
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


def locust_command(*arguments: str) -> list[str]:
    """Locust with our locustfile."""
    locustfile = Path(harness.__file__).parent / "load" / "locustfile.py"
    return [sys.executable, "-m", "locust", "--locustfile", str(locustfile), *arguments]


def _log(out: Path, name: str) -> list[str]:
    return ["--logfile", str(out / f"{name}.log"), "--loglevel", "INFO"]


def _first(asked: Locust, out: Path) -> list[str]:
    arguments = ["--csv", str(out / "locust"), "--html", str(out / "locust.html")]
    arguments += ["--only-summary", "--exit-code-on-error", "0"]
    if asked.web_port is None:
        arguments += ["--headless"]
    else:
        arguments += ["--autostart", "--autoquit", "0", "--web-host", HERE, "--web-port", str(asked.web_port)]
    if asked.all > 1:
        arguments += ["--master", "--master-bind-host", asked.bind[0], "--master-bind-port", str(asked.bind[1])]
        arguments += ["--expect-workers", str(asked.all)]
    return locust_command(*_log(out, "locust"), *arguments)


def _worker(asked: Locust, out: Path, port: int) -> list[str]:
    host = HERE if asked.bind[0] in EVERYWHERE else asked.bind[0]
    log = _log(out, "locust-workers")
    return locust_command(*log, "--worker", "--master-host", host, "--master-port", str(port))
