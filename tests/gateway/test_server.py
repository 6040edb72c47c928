"""The gateway as a process, and what holds for all its connections."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import socket
import sys
from contextlib import asynccontextmanager

import pytest
from websockets.asyncio.client import connect as connect_socket
from websockets.exceptions import ConnectionClosedError, InvalidStatus

import harness
from harness.errors import UsageError
from harness.gateway.admission import AdmissionLimits
from harness.gateway.security import SecuritySettings
from harness.gateway.server import listening
from harness.gateway.settings import GatewaySettings
from harness.wire.codec import decode_server, encode
from harness.wire.messages import Error, SessionStopped, StartTranscription, StopTranscription, Transcription

COMMAND = (sys.executable, "-m", "harness.gateway.server", "--port", "0", "--drain-s", "0")


@asynccontextmanager
async def process(*argv):
    """A process with pipes; killed at the end if it still runs."""
    pipe = asyncio.subprocess.PIPE
    child = await asyncio.create_subprocess_exec(*argv, stdout=pipe, stderr=pipe)
    try:
        async with asyncio.timeout(20):
            yield child
    finally:
        if child.returncode is None:
            child.kill()
            await child.wait()


async def conversation_until_sigterm(child, port):
    """Start a session with one frame, terminate the gateway, and hear everything it still says."""
    async with connect_socket(f"ws://127.0.0.1:{port}", compression=None) as client:
        await client.send(encode(StartTranscription(stream_id="call-7")))
        await client.send(bytes(3200))
        heard = []
        with contextlib.suppress(ConnectionClosedError):
            while True:
                heard.append(decode_server(await client.recv()))
                if heard[-1].__class__.__name__ == "Partial":
                    child.send_signal(signal.SIGTERM)
        return heard, client.close_code


async def test_from_its_first_line_to_sigterm(riva):
    """One JSON line on stdout, JSON logs with the stream's id, and a graceful end with the last final."""
    async with process(*COMMAND, "--riva", f"127.0.0.1:{riva.port}") as child:
        ready = json.loads(await child.stdout.readline())
        assert ready == {
            "service": "gateway",
            "port": ready["port"],
            "pid": child.pid,
            "version": harness.__version__,
        }
        heard, close_code = await conversation_until_sigterm(child, ready["port"])
        out, err = await child.communicate()
    assert [type(message) for message in heard[-3:]] == [Error, Transcription, SessionStopped]
    assert (heard[-3].code, heard[-2].text, close_code) == ("going_away", "1 pieces", 1012)
    assert (child.returncode, out) == (0, b"")
    logs = [json.loads(line) for line in err.splitlines()]
    about = [line["event"] for line in logs if line.get("stream_id") == "call-7"]
    assert about == ["session started", "session ended"]


async def test_sigterm_does_not_wait_for_a_hanging_riva(riva):
    """What is not over in time is cut, so that the process ends within 3 s."""

    async def hang(requests, context):
        async for _ in requests:
            pass
        await asyncio.Event().wait()
        yield

    riva.script = hang
    async with process(*COMMAND, "--riva", f"127.0.0.1:{riva.port}") as child:
        port = json.loads(await child.stdout.readline())["port"]
        async with connect_socket(f"ws://127.0.0.1:{port}", compression=None) as client:
            await client.send(encode(StartTranscription()))
            await riva.until(lambda riva: riva.open_streams == 1)
            child.send_signal(signal.SIGTERM)
            async with asyncio.timeout(10):
                assert await child.wait() == 0
    await riva.until(lambda riva: riva.open_streams == 0)


async def test_it_ends_with_its_parent():
    """A parent that is killed takes the gateway along."""
    code = (
        "import subprocess, sys; child = subprocess.Popen(sys.argv[1:], stdout=subprocess.PIPE); "
        "print(child.stdout.readline().decode(), end='', flush=True); child.wait()"
    )
    async with process(sys.executable, "-c", code, *COMMAND, "--exit-with-parent") as parent:
        pid = json.loads(await parent.stdout.readline())["pid"]
        pidfd = os.pidfd_open(pid)
        parent.kill()
        over = asyncio.Event()
        asyncio.get_running_loop().add_reader(pidfd, over.set)
        await over.wait()
        asyncio.get_running_loop().remove_reader(pidfd)
        os.close(pidfd)


@pytest.mark.parametrize(("argv", "says"), [(["--port", "x"], b"--port: "), (["--riva", "riva"], b"--riva: ")])
async def test_a_wrong_flag_is_one_sentence(argv, says):
    """Exit code 2, one line on stderr, nothing on stdout."""
    async with process(*COMMAND, *argv) as child:
        out, err = await child.communicate()
    assert (child.returncode, out, err.count(b"\n")) == (2, b"", 1)
    assert err.startswith(says)


async def test_a_port_in_use_is_one_sentence():
    """The process says which port, and ends with code 2."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        async with process(*COMMAND, "--port", str(port)) as child:
            out, err = await child.communicate()
    assert (child.returncode, out) == (2, b"")
    assert err.decode().startswith(f"127.0.0.1:{port}: the port is in use; ")
    assert err.count(b"\n") == 1


async def test_an_address_that_is_not_ours_is_refused():
    """An address of another machine is a usage error too."""
    with pytest.raises(UsageError, match="cannot listen there"):
        async with listening(GatewaySettings(host="192.0.2.1")):
            pass


async def test_a_certificate_that_cannot_be_loaded_is_refused(tmp_path):
    """TLS that was asked for and cannot be had never becomes plain text."""
    (tmp_path / "pem").write_text("no certificate", encoding="utf-8")
    settings = GatewaySettings(security=SecuritySettings(cert=tmp_path / "pem", key=tmp_path / "pem"))
    with pytest.raises(UsageError, match="APP_SSL_CERT, APP_SSL_KEY: they cannot be loaded"):
        async with listening(settings):
            pass


async def test_too_many_connections_are_refused_before_the_upgrade(gateway, connect):
    """One connection too many hears 503 and when to come again; a freed place is taken again."""
    full = await gateway(admission=AdmissionLimits(connections=1))
    first = await connect(full)
    with pytest.raises(InvalidStatus) as refused:
        await connect(full)
    assert refused.value.response.status_code == 503
    assert refused.value.response.headers["Retry-After"] == "1"
    await first.socket.close()
    await connect(full)


async def test_a_message_that_is_too_long_closes_the_connection(gateway, connect):
    """What is over the limit is not read: the close frame (1009) is the answer."""
    talk = await connect(await gateway(max_message_bytes=1000))
    await talk.socket.send(bytes(1002))
    assert await talk.closed() == 1009


async def test_twenty_sessions_at_once_keep_apart(gateway, connect, riva, double):
    """Sessions on one channel to Riva do not mix."""
    riva.script = double.weighing
    open_gateway = await gateway()

    async def session(pieces):
        talk = await connect(open_gateway)
        await talk.start(enable_partials=False)
        for _ in range(pieces):
            await talk.socket.send(bytes(3200))
        await talk.say(StopTranscription())
        final, _ = await talk.hear_until(SessionStopped)
        return final.text

    assert await asyncio.gather(*map(session, range(1, 21))) == [f"{pieces * 3200} bytes" for pieces in range(1, 21)]
    assert open_gateway.counters.active_sessions == 0
