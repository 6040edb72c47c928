"""Requests that are no proper upgrade: an HTTP status, or the end of the connection, and never an internal error."""

from __future__ import annotations

import asyncio
import json

import pytest
from doubles.hostile_client import UPGRADE, frame, request
from doubles.hostile_setting import AUDIO, hostile_setting

from harness.gateway.admission import AdmissionLimits
from harness.gateway.security import SecuritySettings
from harness.gateway.upstream_settings import UpstreamSettings

CUT = None  # the connection ends without an answer: this is not HTTP, or not what a WebSocket client may ask
REQUESTS = {
    "no-key": (request({"Sec-WebSocket-Key": None}), 400),
    "empty-key": (request({"Sec-WebSocket-Key": ""}), 400),
    "key-too-short": (request({"Sec-WebSocket-Key": "AAAA"}), 400),
    "key-not-base64": (request({"Sec-WebSocket-Key": "!" * 24}), 400),
    "two-keys": (request({"sec-websocket-key": UPGRADE["Sec-WebSocket-Key"]}), 400),
    "no-version": (request({"Sec-WebSocket-Version": None}), 400),
    "old-version": (request({"Sec-WebSocket-Version": "8"}), 400),
    "version-no-number": (request({"Sec-WebSocket-Version": "thirteen"}), 400),
    "no-upgrade": (request({"Upgrade": None}), 426),
    "other-upgrade": (request({"Upgrade": "h2c"}), 426),
    "no-connection": (request({"Connection": None}), 426),
    "connection-close": (request({"Connection": "close"}), 426),
    "plain-get": (b"GET / HTTP/1.1\r\nHost: gateway\r\n\r\n", 426),
    "broken-protocols": (request({"Sec-WebSocket-Protocol": ",,;"}), 400),
    "http-1.0": (request(line="GET / HTTP/1.0"), 426),
    "http-2": (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505),
    "http-3": (request(line="GET / HTTP/3"), 505),
    "http-1.2": (request(line="GET / HTTP/1.2"), 505),
    "post": (request(line="POST / HTTP/1.1"), 405),
    "post-with-a-body": (request({"Content-Length": "50000"}, "POST /healthz HTTP/1.1") + bytes(50_000), 405),
    "connect": (request(line="CONNECT riva:50051 HTTP/1.1"), 405),
    "method-in-small-letters": (request(line="get / HTTP/1.1"), 405),
    "head": (request(line="HEAD / HTTP/1.1"), 426),
    "head-of-nothing": (b"HEAD /nothing HTTP/1.1\r\nHost: gateway\r\n\r\n", 426),
    "head-without-host": (b"HEAD /healthz HTTP/1.1\r\n\r\n", 400),
    "no-version-in-line": (request(line="GET /"), 400),
    "two-spaces-in-line": (request(line="GET  / HTTP/1.1"), 400),
    "no-host": (request({"Host": None}), 400),
    "two-hosts": (request({"host": "elsewhere.example"}), 400),
    "empty-line-first": (b"\r\n" + request(), 400),
    "with-a-body": (request({"Content-Length": "5"}) + b"hello", 400),
    "chunked": (request({"Transfer-Encoding": "chunked"}), 400),
    "huge-header": (request({"X-Large": "x" * 100_000}), 431),
    "huge-path": (request(line=f"GET /{'x' * 100_000} HTTP/1.1"), 414),
    "header-flood": (request({f"X-{number}": "x" for number in range(1000)}), 431),
    "header-without-colon": (request().replace(b"Host: gateway", b"Host gateway"), 400),
    "folded-header": (request().replace(b"Host: gateway", b"Host: gateway\r\n folded"), 400),
    "null-in-header": (request({"X-Null": "a\0b"}), 400),
    "bare-newlines": (request().replace(b"\r\n", b"\n"), 400),
    "tls": (b"\x16\x03\x01\x02\0\x01\0\x01\xfc\x03\x03" + bytes(100) + b"\n", 400),
    "binary-garbage": (bytes(range(256)) * 64, 400),
    "endless-line": (b"G" * 100_000, 414),
}
ODD_BUT_WELL = {
    "other-host": request({"Host": "elsewhere.example"}),
    "no-mask-on-case": request({"Upgrade": "WebSocket", "Connection": "keep-alive, UPGRADE"}),
    "unknown-extension": request({"Sec-WebSocket-Extensions": "permessage-deflate; client_max_window_bits"}),
    "broken-extensions": request({"Sec-WebSocket-Extensions": ";;="}),
    "empty-body": request({"Content-Length": "0"}),
    "unknown-subprotocol": request({"Sec-WebSocket-Protocol": "soap"}),
    "header-not-ascii": request({"X-Stream-Id": "\xff\xfe", "Origin": "\xff", "Cookie": "\xff"}),
    "authorization-not-ascii": request({"Authorization": "Bearer \xff\xff"}),
}


@pytest.mark.parametrize(("said", "status"), REQUESTS.values(), ids=REQUESTS)
async def test_what_is_no_upgrade_has_its_answer(riva, caplog, said, status):
    """The connection ends at once: nobody waits for the handshake's timeout."""
    async with hostile_setting(riva, caplog) as here:
        client = await here.dial()
        await client.send(said)
        assert (await client.response())[0] == status
        await here.good_session()


@pytest.mark.parametrize("said", ODD_BUT_WELL.values(), ids=ODD_BUT_WELL)
async def test_what_is_odd_but_allowed_comes_in(riva, caplog, said):
    """Nothing of it is looked at where no setting asks for it."""
    async with hostile_setting(riva, caplog) as here:
        client = await here.dial()
        await client.send(said)
        assert (await client.response(body=False))[0] == 101
        await client.started()


async def test_a_key_that_is_not_ascii_chooses_a_group_too(riva, caplog):
    """The header that settles the group may hold any byte; its session is served."""
    async with hostile_setting(riva, caplog, upstream=UpstreamSettings(key_header="X-Caller")) as here:
        await here.good_session({"X-Caller": "\xff\xfe"})


@pytest.mark.parametrize("pieces", [b"", request()[:40], request()[:-2]], ids=["silent", "half", "almost"])
async def test_a_handshake_that_does_not_end_is_cut(riva, caplog, pieces):
    """Nothing, or a request without its end: the connection is closed when the time for it is over."""
    async with hostile_setting(riva, caplog, handshake_s=0.3) as here:
        client = await here.dial()
        await client.send(pieces)
        assert (await client.response())[0] is CUT


async def test_a_slow_handshake_gets_no_more_time_for_each_byte(riva, caplog):
    """One byte after the other does not keep the door open."""
    async with hostile_setting(riva, caplog, handshake_s=0.3) as here:
        client = await here.dial()
        answer = asyncio.create_task(client.response())
        for at in range(len(request())):
            await client.send(request()[at : at + 1])
            if (await asyncio.wait([answer], timeout=0.02))[0]:
                break
        assert (await answer)[0] is CUT
        assert at < len(request()) - 1


async def test_frames_right_behind_the_request_are_heard(riva, caplog):
    """A client in a hurry loses nothing."""
    async with hostile_setting(riva, caplog) as here:
        client = await here.dial()
        await client.send(request() + AUDIO)
        assert (await client.response(body=False))[0] == 101
        assert (await client.hear_until("error"))["code"] == "not_started"


async def test_a_second_request_right_behind_the_first_ends_both(riva, caplog):
    """Pipelined requests are no frames: the connection is cut before it is a WebSocket."""
    async with hostile_setting(riva, caplog) as here:
        client = await here.dial()
        await client.send(request() + request())
        assert (await client.response())[0] is CUT


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "https://app.example.evil", "\xff", ""])
async def test_another_origin_is_forbidden(riva, caplog, origin):
    """403 with the error of the contract, whatever the origin looks like."""
    security = SecuritySettings(origins=("https://app.example",))
    async with hostile_setting(riva, caplog, security=security) as here:
        client = await here.dial()
        await client.send(request({"Origin": origin}))
        status, _, body = await client.response()
        assert (status, json.loads(body)["code"]) == (403, "forbidden")


async def test_frames_behind_a_refused_request_are_not_heard(riva, caplog):
    """The refusal is the last word."""
    async with hostile_setting(riva, caplog, security=SecuritySettings(origins=("https://app.example",))) as here:
        client = await here.dial()
        await client.send(request({"Origin": "https://evil.example"}) + frame(1, b"{}") * 100)
        status, _, body = await client.response()
        assert (status, json.loads(body)["code"]) == (403, "forbidden")


async def test_sockets_that_ask_for_nothing_are_bounded(riva, caplog):
    """Beyond twice the connections and a hundred they are cut, and there is room again afterwards."""
    async with hostile_setting(riva, caplog, admission=AdmissionLimits(connections=1)) as here:
        silent = [await here.dial() for _ in range(110)]
        answers = [asyncio.create_task(client.response()) for client in silent]
        done, waiting = await asyncio.wait(answers, timeout=1)
        assert len(done) >= 7
        for client in silent:
            client.leave()
        await asyncio.wait(waiting)
        await here.good_session()
