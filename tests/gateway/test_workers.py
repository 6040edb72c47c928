"""Several processes on one port, and how a process ends."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import sys

import pytest
from websockets.asyncio.client import connect as connect_socket
from websockets.exceptions import ConnectionClosed, InvalidStatus

from harness.wire.codec import decode_server, encode
from harness.wire.messages import Error, SessionStopped, StartTranscription, StopTranscription, Transcription

COMMAND = (sys.executable, "-m", "harness.gateway.server", "--port", "0")


@contextlib.asynccontextmanager
async def process(*argv, **env):
    """A gateway's process and its first line; killed at the end if it still runs, its children with it."""
    pipe = asyncio.subprocess.PIPE
    child = await asyncio.create_subprocess_exec(
        *COMMAND, *argv, stdout=pipe, stderr=pipe, env={**os.environ, **env}, process_group=0
    )
    try:
        async with asyncio.timeout(30):
            yield child, json.loads(await child.stdout.readline())
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(child.pid, signal.SIGKILL)
        await child.wait()


async def hear(client):
    async with asyncio.timeout(10):
        return decode_server(await client.recv())


async def session(client, *, frames=1):
    """Everything heard in one session."""
    await client.send(encode(StartTranscription(enable_partials=False)))
    for _ in range(frames):
        await client.send(bytes(3200))
    await client.send(encode(StopTranscription()))
    heard = [await hear(client)]
    while not isinstance(heard[-1], SessionStopped):
        heard.append(await hear(client))
    return heard


@pytest.mark.slow
async def test_workers_share_a_port_and_the_dead_are_replaced(riva):
    """Sessions work, a killed worker comes back, and SIGTERM ends them all with exit code 0."""
    async with process("--workers", "2", "--riva", f"127.0.0.1:{riva.port}") as (parent, ready):
        first, second = ready["workers"]
        assert ready["pid"] == parent.pid
        for _ in range(4):
            async with connect_socket(f"ws://127.0.0.1:{ready['port']}", compression=None) as client:
                assert any(isinstance(message, Transcription) for message in await session(client))
        os.kill(first, signal.SIGKILL)
        lines = []
        while sum("worker ready" in line for line in lines) < 3:
            lines.append((await parent.stderr.readline()).decode())
        again = [json.loads(line)["pid"] for line in lines if "worker ready" in line]
        assert len({*again, first, second}) == 3
        parent.send_signal(signal.SIGTERM)
        await parent.stderr.read()
        assert await parent.wait() == 0


async def test_a_worker_that_cannot_start_ends_the_parent():
    """Its one sentence, its exit code, and nobody is started again and again."""
    pipe = asyncio.subprocess.PIPE
    child = await asyncio.create_subprocess_exec(
        *COMMAND,
        "--workers",
        "2",
        stdout=pipe,
        stderr=pipe,
        env={**os.environ, "GATEWAY_JWKS_FILE": __file__, "GATEWAY_JWT_AUDIENCE": "a"},
    )
    async with asyncio.timeout(20):
        out, err = await child.communicate()
    assert (child.returncode, out) == (2, b"")
    assert next(line for line in err.splitlines() if not line.startswith(b"{")).startswith(b"GATEWAY_JWKS_FILE: ")


async def test_a_drain_lets_sessions_end_by_themselves(riva):
    """After SIGTERM nobody new comes in, the open session goes on to its own end, and then its connection closes."""
    async with process("--drain-s", "20", "--riva", f"127.0.0.1:{riva.port}") as (child, ready):
        address = f"ws://127.0.0.1:{ready['port']}"
        async with connect_socket(address, compression=None) as client:
            await hear(client)
            await client.send(encode(StartTranscription(enable_partials=False)))
            await hear(client)
            child.send_signal(signal.SIGTERM)
            while b"draining" not in await child.stderr.readline():
                pass
            with pytest.raises(InvalidStatus) as refused:
                await connect_socket(address, compression=None)
            assert refused.value.response.status_code == 503
            assert json.loads(refused.value.response.body)["code"] == "going_away"
            await client.send(bytes(3200))
            await client.send(encode(StopTranscription()))
            final, stopped, told = [await hear(client) for _ in range(3)]
            assert (final.text, type(stopped), told.code) == ("1 pieces", SessionStopped, "going_away")
            with pytest.raises(ConnectionClosed):
                await client.recv()
            assert client.close_code == 1012
        assert await child.wait() == 0


async def test_a_second_signal_ends_the_waiting(riva):
    """Whoever presses Ctrl-C twice means it: the session is told, gets its final, and is closed with 1012."""
    async with process("--drain-s", "600", "--riva", f"127.0.0.1:{riva.port}") as (child, ready):
        async with connect_socket(f"ws://127.0.0.1:{ready['port']}", compression=None) as client:
            await hear(client)
            await client.send(encode(StartTranscription(enable_partials=False)))
            await hear(client)
            await client.send(bytes(3200))
            await riva.until(lambda riva: riva.audio)
            child.send_signal(signal.SIGINT)
            while b"draining" not in await child.stderr.readline():
                pass
            child.send_signal(signal.SIGINT)
            error, final = await hear(client), await hear(client)
            assert (type(error), error.code, error.retry_after_ms) == (Error, "going_away", 1000)
            assert final.text == "1 pieces"
        assert client.close_code == 1012
        assert await child.wait() == 0
