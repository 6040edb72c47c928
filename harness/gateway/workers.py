"""Several gateway processes on one port: this parent starts them, starts the dead again, and passes signals on.

The kernel spreads connections over the workers' sockets (SO_REUSEPORT). The parent holds one too, bound and never
listening, so that port 0 becomes one port for all and nobody else takes it while a worker is away.
"""

from __future__ import annotations

import asyncio
import json
import signal
import socket
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import structlog

from harness.errors import UsageError
from harness.gateway.settings import GatewaySettings

_LOG = structlog.get_logger()
_FIRST_PAUSE_S: Final = 0.2
_LONGEST_PAUSE_S: Final = 5.0
_SOUND_AFTER_S: Final = 10.0  # a worker that lived so long died of something new
_SIGNALS: Final = (signal.SIGTERM, signal.SIGINT)


@dataclass(slots=True)
class _Worker:
    number: int
    process: asyncio.subprocess.Process | None = None


class _Team:
    def __init__(self, command: Sequence[str], size: int) -> None:
        self.stopping = asyncio.Event()
        self._command = command
        self._workers = [_Worker(number) for number in range(size)]

    @property
    def pids(self) -> list[int]:
        return [worker.process.pid for worker in self._workers if worker.process is not None]

    def signal(self, number: signal.Signals) -> None:
        """Every one passes on, and the first ends the restarting."""
        self.stopping.set()
        for worker in self._workers:
            if worker.process is not None and worker.process.returncode is None:
                worker.process.send_signal(number)

    async def start(self) -> int:
        """0 when all are ready, else the exit code of the one that is not. The first alone: a typo is told once."""
        for some in (self._workers[:1], self._workers[1:]):
            for code in await asyncio.gather(*map(self._start, some)):
                if code:
                    self.signal(signal.SIGTERM)
                    return code
        return 0

    async def _start(self, worker: _Worker) -> int:
        worker.process = process = await asyncio.create_subprocess_exec(
            *self._command, "--worker", str(worker.number), stdout=asyncio.subprocess.PIPE
        )
        line = await process.stdout.readline() if process.stdout is not None else b""
        if line:
            _LOG.info("worker ready", worker=worker.number, pid=json.loads(line)["pid"])
            return 0
        return await process.wait() or 1

    async def keep(self) -> None:
        """Until all have ended after a signal."""
        await asyncio.gather(*map(self._keep, self._workers))

    async def _keep(self, worker: _Worker) -> None:
        pause_s = _FIRST_PAUSE_S
        while worker.process is not None:
            began = time.monotonic()
            code = await worker.process.wait()
            if self.stopping.is_set():
                return
            pause_s = (
                _FIRST_PAUSE_S if time.monotonic() - began > _SOUND_AFTER_S else min(2 * pause_s, _LONGEST_PAUSE_S)
            )
            _LOG.error("worker ended", worker=worker.number, exit_code=code, again_in_s=pause_s)
            await self._wait(pause_s)
            if self.stopping.is_set():
                return
            await self._start(worker)

    async def _wait(self, pause_s: float) -> None:
        try:
            async with asyncio.timeout(pause_s):
                await self.stopping.wait()
        except TimeoutError:
            pass


async def supervise(told: GatewaySettings, argv: Sequence[str], say_ready: Callable[..., None]) -> int:
    """The exit code: 0 after a signal, or that of a worker that could not start. Raises UsageError."""
    with _reserved(told) as held:
        port = held.getsockname()[1]
        own = ["-m", "harness.gateway.server", *argv, "--port", str(port), "--exit-with-parent"]
        team = _Team([sys.executable, *own], told.workers)
        loop = asyncio.get_running_loop()
        for number in _SIGNALS:
            loop.add_signal_handler(number, team.signal, number)
        code = await team.start()
        if not code:
            say_ready(port, workers=team.pids)
        await team.keep()
        return code


def _reserved(told: GatewaySettings) -> socket.socket:
    family = socket.AF_INET6 if ":" in told.host else socket.AF_INET
    held = socket.socket(family, socket.SOCK_STREAM)
    try:
        held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        held.bind((told.host, told.port))
    except OSError as error:
        held.close()
        where = f"{told.host}:{told.port}"
        raise UsageError(where, f"cannot listen there ({error.strerror or error})", "choose another port") from error
    return held
