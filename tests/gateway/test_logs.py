"""What is written: never a secret, and nothing but what the manual lists."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import re
import signal
import sys
import time
from pathlib import Path

import pytest
from websockets.asyncio.client import connect as connect_socket
from websockets.exceptions import ConnectionClosed, InvalidStatus

from harness.gateway.logs import Redaction
from harness.wire.codec import decode_server, encode
from harness.wire.messages import SessionStopped, StartTranscription, StopTranscription

ROOT = Path(__file__).parents[2]
MANUAL = ROOT / "docs" / "gateway.md"
API_KEY, METADATA = "nvapi-Plan7ed/Secret+One==", 'two"quo\\ted'
SECRETS = (API_KEY, METADATA, json.dumps(METADATA)[1:-1])


@pytest.mark.parametrize(
    ("line", "kept"),
    [
        (f'{{"details":"key {API_KEY} refused"}}', '{"details":"key [redacted] refused"}'),
        (json.dumps({"details": METADATA}), '{"details": "[redacted]"}'),
        ('{"h":"Authorization: Bearer abcdefgh.ijkl"}', '{"h":"Authorization: [redacted]"}'),
        ('{"h":"riva-gateway, bearer.abcdefgh.ijkl"}', '{"h":"riva-gateway, [redacted]"}'),
        ('{"h":"eyJhbGciOi.eyJzdWIi.c2ln"}', '{"h":"[redacted]"}'),
        ('{"event":"the bearer of a word"}', '{"event":"the bearer of a word"}'),
    ],
)
def test_secrets_and_what_looks_like_one_are_cut_out(line, kept):
    """Known ones as they are and as JSON writes them, unknown ones by their looks."""
    assert Redaction([API_KEY, METADATA, ""])(None, "info", line) == kept


def planted(tmp_path):
    """A key set, and a token of it that is good."""
    jwt = pytest.importorskip("jwt")
    ec = pytest.importorskip("cryptography.hazmat.primitives.asymmetric.ec")
    key = ec.generate_private_key(ec.SECP256R1())
    public = jwt.algorithms.ECAlgorithm.to_jwk(key.public_key(), as_dict=True)
    (tmp_path / "jwks").write_text(json.dumps({"keys": [public]}), encoding="utf-8")
    claims = {"sub": "alice", "aud": "gateway", "exp": time.time() + 60}
    return jwt.encode(claims, key, "ES256")


async def talk(port, token):
    """One good session, one with mistakes, one refused, and one that Riva fails."""
    address, header = f"ws://127.0.0.1:{port}", {"Authorization": f"Bearer {token}", "X-Stream-Id": "call-7"}
    with pytest.raises(InvalidStatus):
        await connect_socket(address, additional_headers={"Authorization": f"Bearer {token[:-5]}AAAAA"})
    for frames in ([bytes(3200)], [b"\0", token, json.dumps({"type": token}), bytes(3200)], [b"fail"]):
        async with connect_socket(address, additional_headers=header, compression=None) as client:
            await client.send(encode(StartTranscription()))
            for frame in frames:
                await client.send(frame)
            await client.send(encode(StopTranscription()))
            with contextlib.suppress(ConnectionClosed):
                while not isinstance(decode_server(await client.recv()), SessionStopped):
                    pass


async def run(riva, tmp_path):
    """Everything that one run wrote: standard output, log lines, metrics."""
    token = planted(tmp_path)
    pipe = asyncio.subprocess.PIPE
    env = {
        **os.environ,
        "RIVA_API_KEY": API_KEY,
        "RIVA_METADATA": f"x-second={METADATA}",
        "RIVA_MAX_RETRIES": "0",
        "GATEWAY_JWKS_FILE": str(tmp_path / "jwks"),
        "GATEWAY_JWT_AUDIENCE": "gateway",
    }
    command = (sys.executable, "-m", "harness.gateway.server", "--port", "0", "--riva", f"127.0.0.1:{riva.port}")
    child = await asyncio.create_subprocess_exec(*command, stdout=pipe, stderr=pipe, env=env)
    try:
        async with asyncio.timeout(30):
            ready = await child.stdout.readline()
            await talk(json.loads(ready)["port"], token)
            reader, writer = await asyncio.open_connection("127.0.0.1", json.loads(ready)["port"])
            writer.write(b"GET /metrics HTTP/1.1\r\nHost: g\r\n\r\n")
            metrics = await reader.read()
            writer.close()
            child.send_signal(signal.SIGTERM)
            out, err = await child.communicate()
    finally:
        if child.returncode is None:
            child.kill()
            await child.wait()
    return token, (ready + out + metrics).decode(), err.decode()


@pytest.fixture
def blabbing(riva):
    """A Riva that says back what it was told, secrets and all."""
    import grpc

    async def blab(requests, context):
        async for request in requests:
            if request.audio_content == b"fail":
                told = dict(context.invocation_metadata())
                await context.abort(grpc.StatusCode.INTERNAL, f"{told['authorization']} {told['x-second']}")
        return
        yield

    riva.script = blab
    return riva


async def test_nothing_that_a_full_run_writes_holds_a_secret(blabbing, tmp_path):
    """Good sessions, mistakes, a refusal and a Riva that repeats its metadata; every byte is searched."""
    token, out, err = await run(blabbing, tmp_path)
    assert "riva failed" in err
    assert "[redacted]" in err
    for secret in (*SECRETS, token, token.split(".")[1], token.split(".")[2]):
        assert secret not in out + err
    known = documented()
    for line in map(json.loads, err.splitlines()):
        assert {"event", "level", "timestamp"} <= line.keys()
        assert line["event"] in known, line
        assert line.keys() - {"event", "level", "timestamp"} <= known[line["event"]], line
    ends = [line for line in map(json.loads, err.splitlines()) if line["event"] == "session ended"]
    assert [(line["stream_id"], line["outcome"]) for line in ends] == [
        ("call-7", "ok"),
        ("call-7", "ok"),
        ("call-7", "internal"),
    ]


def documented():
    """The manual's table of log lines: event to its fields."""
    section = MANUAL.read_text(encoding="utf-8").split("## Logs")[1].split("\n## ")[0]
    rows = re.findall(r"^\| `([^`]+)` \| \w+ \| (.*?) \|", section, re.MULTILINE)
    return {event: set(re.findall(r"`(\w+)`", fields)) for event, fields in rows}


def test_the_manual_lists_every_line_that_can_be_written():
    """Not one event of the gateway's source is missing there, and none is made up."""
    sources = "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "harness/gateway").glob("*.py"))
    events = set(re.findall(r'(?:_LOG|log)\.(?:info|warning|error)\(\s*"([^"]+)"', sources))
    assert set(documented()) == events
