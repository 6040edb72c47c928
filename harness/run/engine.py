"""The streaming engine: always a process of its own, so that nothing of its parent can spoil the pacing.

parent -> engine   start {folder, driver, part, of} · go {epoch_ns} · cut
engine -> parent   ready {faults} · batch {opened, heard, frames, late, over} · done
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import os
import resource
import signal
import socket
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from harness.clock import MonotonicClock
from harness.drivers.base import DriverSpec
from harness.drivers.registry import make_driver
from harness.errors import CorpusError, TargetError
from harness.model.plan import SessionPlan
from harness.run import pipe
from harness.run.outbox import Outbox
from harness.run.stage import Stage
from harness.store import codec
from harness.store.clips import frames_of, read_clip
from harness.store.folder import RunFolder
from harness.store.rows import session_row

BATCH_S: Final = 0.05
CastMember = tuple[SessionPlan, Sequence[bytes]]


def rehearse(folder: RunFolder, part: int, of: int) -> tuple[list[CastMember], list[SessionPlan], list[str]]:
    """Every session of this engine's part with its frames.

    Beside them the sessions whose clip cannot be trusted, and a sentence for each such clip.
    """
    cast: list[CastMember] = []
    unplayable: list[SessionPlan] = []
    faults: dict[str, str] = {}
    frames: dict[tuple[str, int, int], Sequence[bytes]] = {}
    for session in folder.manifest().plan.part(part, of):
        key = (session.clip.key, session.spoken_ns, session.frame_ns)
        try:
            if session.clip.key not in faults and key not in frames:
                frames[key] = frames_of(session, read_clip(folder.path, session.clip))
        except CorpusError as error:
            faults[session.clip.key] = str(error)
        if session.clip.key in faults:
            unplayable.append(session)
        else:
            cast.append((session, frames[key]))
    return cast, unplayable, list(faults.values())


async def serve(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, rehearsed: Callable[[], None] = lambda: None
) -> None:
    """One run from start to done; returns early when the parent is gone. `rehearsed` is called when all is decoded."""
    if (start := await pipe.read(reader)) is None:
        return
    cast, unplayable, faults = rehearse(RunFolder.open(Path(start["folder"])), start["part"], start["of"])
    rehearsed()
    driver = make_driver(codec.decode(DriverSpec, start["driver"]))
    with contextlib.suppress(TargetError):  # the first connection of a process costs its loop 40 ms: not in the run
        await driver.probe()
    writer.write(pipe.pack({"type": "ready", "faults": faults}))
    if (go := await pipe.read(reader)) is None or go["type"] != "go":
        return
    outbox = Outbox()
    for session in unplayable:
        outbox.over(session_row(session, "never_started"))
    stage = Stage(cast, driver=driver, clock=MonotonicClock(go["epoch_ns"]), outbox=outbox)
    await _play(stage, outbox, reader, writer)
    await driver.close()
    _ship(outbox, writer)
    writer.write(pipe.pack({"type": "done"}))
    with contextlib.suppress(ConnectionError):
        await writer.drain()


async def _play(stage: Stage, outbox: Outbox, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    helpers = [asyncio.create_task(_ship_often(outbox, writer)), asyncio.create_task(_obey(stage, reader))]
    try:
        await stage.play()
    finally:
        for helper in helpers:
            helper.cancel()
        await asyncio.gather(*helpers, return_exceptions=True)


async def _ship_often(outbox: Outbox, writer: asyncio.StreamWriter) -> None:
    while True:
        await asyncio.sleep(BATCH_S)
        _ship(outbox, writer)


def _ship(outbox: Outbox, writer: asyncio.StreamWriter) -> None:
    """StreamWriter.write only buffers: a slow parent costs memory, never pacing."""
    if (batch := outbox.take()) is not None:
        writer.write(pipe.pack(batch))


async def _obey(stage: Stage, reader: asyncio.StreamReader) -> None:
    """Cut when the parent says so, or is gone."""
    await pipe.read(reader)
    stage.cut()


def own_the_process() -> None:
    """Pacing before all: no full collections of what stays anyway, real-time scheduling and every file where we may.

    That takes root, CAP_SYS_NICE or an rtprio limit, and holds for this thread and those it starts. On two cores shared
    with a test suite the worst of 1,450 ticks was 25 ms late without it and 1.7 ms with it. A better `nice` did
    nothing: the kernel's autogroups weigh sessions, not processes.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(25_000, 50, 100)  # one of 100,000 took 60 ms with 3,500 sessions
    files = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    with contextlib.suppress(OSError, ValueError):  # the soft limit is mostly 1,024, a session takes one
        resource.setrlimit(resource.RLIMIT_NOFILE, (files, files))
    with contextlib.suppress(OSError):
        os.sched_setscheduler(0, os.SCHED_RR, os.sched_param(1))


async def _main(fd: int) -> None:
    reader, writer = await asyncio.open_connection(sock=socket.socket(fileno=fd))
    try:
        await serve(reader, writer, own_the_process)
    finally:
        writer.close()
        with contextlib.suppress(ConnectionError):
            await writer.wait_closed()


if __name__ == "__main__":
    import uvloop

    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's; it tells us to cut
    uvloop.run(_main(int(sys.argv[1])))
