"""A process at the other end of a pipe, an engine above all, which never outlives the run."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Callable, Mapping
from typing import Final

from harness.run import pipe
from harness.run.channel import Channel
from harness.run.fresh import engine_command, surroundings

GOODBYE_S: Final = 5.0
LAST_WORDS: Final = 2000  # bytes of its standard error that are kept


class Child:
    """A started process; as an engine it is the channel of every run without load."""

    def __init__(
        self,
        name: str,
        process: asyncio.subprocess.Process,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
    ) -> None:
        self.name = name
        self._process = process
        self._reader = reader
        self._writer = writer
        self._last_words = b""
        self._listening = asyncio.create_task(self._listen())

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def pids(self) -> Mapping[str, int]:
        return {self.name: self.pid}

    @property
    def bound_ns(self) -> int:
        return 0

    def tell(self, message: pipe.Message) -> None:
        self._writer.write(pipe.pack(message))

    async def hear(self) -> pipe.Message | None:
        """Its next message; None when it is gone."""
        return await pipe.read(self._reader)

    async def epitaph(self) -> str:
        """How it ended, in a sentence. It has closed its pipe, so it is dying; if not, it is helped."""
        code = await self._death()
        await self._listening
        how = f"killed by signal {-code}" if code < 0 else f"exit code {code}"
        words = self._last_words.decode("utf-8", "replace").strip().splitlines()
        return f"the {self.name} died ({how}){': ' + words[-1] if words else ''}"

    def kill(self) -> None:
        with contextlib.suppress(ProcessLookupError):
            self._process.kill()

    async def _death(self) -> int:
        with contextlib.suppress(TimeoutError):
            return await asyncio.wait_for(self._process.wait(), GOODBYE_S)
        self.kill()
        return await self._process.wait()

    async def _listen(self) -> None:
        """Keep the tail of its standard error: a traceback's last line is the reason."""
        if (stderr := self._process.stderr) is not None:
            while said := await stderr.read(LAST_WORDS):
                self._last_words = (self._last_words + said)[-LAST_WORDS:]

    async def bury(self) -> None:
        """Close the pipe, which ends a healthy engine; kill the others."""
        self._writer.close()
        await self._death()
        await self._listening
        with contextlib.suppress(ConnectionError):
            await self._writer.wait_closed()


@contextlib.asynccontextmanager
async def started(
    name: str, command: Callable[[int], list[str]], line: Callable[[int], dict[str, str]] = lambda _: {}
) -> AsyncIterator[Child]:
    """A process that is gone when the block is left, however it is left.

    `command` and `line`, which is added to its environment, are made for the descriptor of its end of the pipe.
    """
    ours, theirs = socket.socketpair()
    with theirs:
        process = await asyncio.create_subprocess_exec(
            *command(theirs.fileno()),
            pass_fds=[theirs.fileno()],
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.PIPE,
            env=surroundings() | line(theirs.fileno()),
            process_group=0,  # a signal to our group is ours to answer: the engine is told to cut, and lives to tell
        )
    child = Child(name, process, *await asyncio.open_connection(sock=ours))
    try:
        yield child
    except BaseException:
        child.kill()
        raise
    finally:
        await asyncio.shield(child.bury())


@contextlib.asynccontextmanager
async def one_engine() -> AsyncIterator[tuple[Channel]]:
    """A fresh interpreter running the engine: all that a run without load needs."""
    async with started("engine", engine_command) as child:
        yield (child,)
