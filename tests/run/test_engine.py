"""The engine's process without the process: what it rehearses, and how it serves its parent."""

from __future__ import annotations

import asyncio
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace

from harness.run import pipe
from harness.run.engine import rehearse, serve
from harness.store.folder import RunFolder


def test_every_session_is_rehearsed_with_its_frames(make_folder: Callable[..., RunFolder]) -> None:
    """Decoded before the run, and shared by the sessions of one clip."""
    cast, unplayable, faults = rehearse(make_folder(sessions=2), 0, 1)
    assert (unplayable, faults) == ([], [])
    assert [len(frames) for _, frames in cast] == [3, 3]
    assert cast[0][1] is cast[1][1]


def test_engines_share_a_plan_without_remainder(make_folder: Callable[..., RunFolder]) -> None:
    """Dealt in plan order: each session has one engine, and each engine its share of any stretch of time."""
    folder = make_folder(sessions=5)
    parts = [[session.session_id for session, _ in rehearse(folder, part, 2)[0]] for part in range(2)]
    assert parts == [["s0", "s2", "s4"], ["s1", "s3"]]
    assert rehearse(folder, 5, 6)[0] == []


def test_a_clip_that_changed_is_not_played(make_folder: Callable[..., RunFolder]) -> None:
    """One sentence for the clip, however many sessions play it."""
    folder = make_folder(sessions=2)
    (clip,) = folder.manifest().plan.clips
    (folder.path / clip.path).write_bytes(b"other")
    cast, unplayable, faults = rehearse(folder, 0, 1)
    assert cast == []
    assert [session.session_id for session in unplayable] == ["s0", "s1"]
    assert len(faults) == 1
    assert clip.path in faults[0]


@asynccontextmanager
async def serving() -> AsyncIterator[tuple[asyncio.Task[None], asyncio.StreamReader, asyncio.StreamWriter]]:
    """An engine at the other end of a socket pair, in this very loop."""
    ours, theirs = socket.socketpair()
    reader, writer = await asyncio.open_connection(sock=ours)
    its_reader, its_writer = await asyncio.open_connection(sock=theirs)
    task = asyncio.create_task(serve(its_reader, its_writer))
    yield task, reader, writer
    for each in (writer, its_writer):
        each.close()
        await each.wait_closed()


def start(folder: RunFolder) -> bytes:
    driver = {"driver": "gateway", "endpoint": "ws://127.0.0.1:1"}
    return pipe.pack({"type": "start", "folder": str(folder.path), "driver": driver, "part": 0, "of": 1})


async def test_an_engine_whose_parent_is_gone_ends(make_folder: Callable[..., RunFolder]) -> None:
    """Before anything was asked, and between ready and go."""
    for said in (b"", start(make_folder())):
        async with serving() as (task, _, writer):
            writer.write(said)
            writer.write_eof()
            await asyncio.wait_for(task, 10)


async def test_an_engine_whose_parent_dies_during_the_run_ends(make_folder: Callable[..., RunFolder]) -> None:
    """Nobody else would end it: its next session would open in 100 s."""
    async with serving() as (task, reader, writer):
        writer.write(start(make_folder(sessions=2, apart_s=100)))
        await pipe.read(reader)
        writer.write(pipe.pack({"type": "go", "epoch_ns": time.monotonic_ns()}))
        assert await pipe.read(reader)
        assert not task.done()
        writer.write_eof()
        await asyncio.wait_for(task, 10)


async def test_a_cut_instead_of_go_starts_nothing(make_folder: Callable[..., RunFolder]) -> None:
    """Ready, and no word more."""
    async with serving() as (task, reader, writer):
        writer.write(start(make_folder()) + pipe.pack({"type": "cut"}))
        assert await pipe.read(reader) == {"type": "ready", "faults": []}
        await asyncio.wait_for(task, 10)


async def test_sessions_of_a_changed_clip_never_start(make_folder: Callable[..., RunFolder]) -> None:
    """They are told as such, and the engine is done."""
    folder = make_folder(sessions=2)
    manifest = folder.manifest()
    sessions = tuple(replace(s, clip=replace(s.clip, sha256="0" * 64)) for s in manifest.plan.sessions)
    folder.write_manifest(replace(manifest, plan=replace(manifest.plan, sessions=sessions)))
    async with serving() as (task, reader, writer):
        writer.write(start(folder) + pipe.pack({"type": "go", "epoch_ns": 0}))
        messages = [await pipe.read(reader) for _ in range(3)]
        await asyncio.wait_for(task, 10)
    assert [message["type"] for message in messages if message] == ["ready", "batch", "done"]
    assert messages[1] is not None
    assert {row["end_reason"] for row in messages[1]["over"]} == {"never_started"}


def test_the_module_imports_nothing_heavy() -> None:
    """pyarrow, pandas and psutil stay in the parent, and grpc is for the driver that needs it: 100 MB a start."""
    heavy = ("pyarrow", "pandas", "psutil", "grpc")
    probe = f"import harness.run.engine, sys; print([name for name in {heavy} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.strip() == "[]"
