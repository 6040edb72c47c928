"""What is answered before there is a WebSocket: to probes, and to what is no request at all."""

from __future__ import annotations

import asyncio

import pytest
from websockets.http11 import MAX_LINE_LENGTH, MAX_NUM_HEADERS
from websockets.protocol import State

from harness.gateway.front import MOST_HEAD_BYTES, REFUSALS, FrontProtocol

HOST = b"Host: gateway\r\n"


async def ask(port, request):
    """Status, headers and body of the answer, to the end of the connection."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(request)
    async with asyncio.timeout(5):
        head, _, body = (await reader.read()).decode().partition("\r\n\r\n")
    writer.close()
    status, *lines = head.split("\r\n")
    return int(status.split()[1]), {k.lower(): v for k, _, v in (line.partition(": ") for line in lines)}, body


def answer_to(*pieces):
    """What a protocol without a socket has to say at once; empty where it is the door's to answer."""
    protocol = FrontProtocol()
    for piece in pieces:
        protocol.receive_data(piece)
    return protocol, b"".join(protocol.data_to_send()).decode()


@pytest.mark.parametrize("path", [b"/healthz", b"/readyz", b"/readyz?verbose", b"/metrics"])
@pytest.mark.parametrize("own_port", [False, True], ids=["main", "metrics"])
@pytest.mark.parametrize(
    "line",
    [b"HEAD %s HTTP/1.1\r\n" + HOST, b"HEAD %s HTTP/1.0\r\n", b"GET %s HTTP/1.0\r\n"],
    ids=["head", "head-1.0", "get-1.0"],
)
async def test_a_load_balancer_is_answered_as_a_browser_is(gateway, free_port, line, own_port, path):
    """HEAD and HTTP/1.0 have the status and the headers of the GET; HEAD has no body, and says how long it would be."""
    here = await gateway(metrics_port=free_port if own_port else None)
    port = free_port if own_port else here.port
    status, headers, body = await ask(port, line % path + b"Connection: close\r\n\r\n")
    assert (status, headers["connection"]) == (200, "close")
    assert int(headers["content-length"]) > 0
    assert len(body.encode()) == (0 if line.startswith(b"HEAD") else int(headers["content-length"]))


@pytest.mark.parametrize("request_", [b"GET /readyz HTTP/1.1\r\n" + HOST, b"HEAD /metrics HTTP/1.0\r\n"])
async def test_who_ends_its_side_right_behind_the_request_is_answered(gateway, request_):
    """As a shell script does: the answer comes, and then the end, without waiting for anything."""
    here = await gateway()
    reader, writer = await asyncio.open_connection("127.0.0.1", here.port)
    writer.write(request_ + b"\r\n")
    writer.write_eof()
    async with asyncio.timeout(2):
        assert (await reader.read()).startswith(b"HTTP/1.1 200 ")
    writer.close()


async def test_an_upgrade_that_ends_its_side_is_a_session_of_nobody(gateway):
    """It opens, as it asked to, and closes at once: nobody could say anything on it."""
    here = await gateway()
    upgrade = b"Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
    reader, writer = await asyncio.open_connection("127.0.0.1", here.port)
    writer.write(b"GET / HTTP/1.1\r\n" + HOST + upgrade + b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n")
    writer.write_eof()
    async with asyncio.timeout(2):
        assert (await reader.read()).startswith(b"HTTP/1.1 101 ")
        while here._open:  # noqa: ASYNC110  it is looked at from outside
            await asyncio.sleep(0.01)
    writer.close()


async def test_a_drain_is_seen_by_head_too(gateway):
    """Readiness says 503 to whoever asks without wanting the reasons."""
    here = await gateway()
    here.admission.draining = True
    assert (await ask(here.port, b"HEAD /readyz HTTP/1.0\r\n\r\n"))[::2] == (503, "")


async def test_the_port_for_metrics_refuses_as_the_main_one_does(gateway, free_port):
    """A POST there is no reason to hang up without a word."""
    await gateway(metrics_port=free_port)
    status, headers, _ = await ask(free_port, b"POST /metrics HTTP/1.1\r\n" + HOST + b"Content-Length: 2\r\n\r\n{}")
    assert (status, headers["allow"]) == (405, "GET, HEAD")
    assert (await ask(free_port, b"HEAD / HTTP/1.0\r\n\r\n"))[0] == 404


async def test_what_cannot_become_a_websocket_does_not(gateway):
    """HTTP/1.0 knows no upgrade and HEAD opens nothing: 426 says what would be needed."""
    upgrade = (
        b"Upgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
    )
    here = await gateway()
    for line in (b"GET / HTTP/1.0\r\n", b"HEAD / HTTP/1.1\r\n" + HOST):
        status, headers, _ = await ask(here.port, line + upgrade)
        assert (status, headers["upgrade"]) == (426, "websocket")


@pytest.mark.parametrize(
    ("pieces", "status"),
    [
        ([b"GET / HTTP/1.1\r\n", b"\r\n"], 400),
        ([b"GET / HTTP/1.1\r\n" + HOST + HOST + b"\r\n"], 400),
        ([b"GET / HTTP/1.1\n"], 400),
        ([b"GET / HTTP/1.1\r\nHost: gateway\n"], 400),
        ([b"GET / HTTP/1.1\r\n" + HOST + b"Content-Length: 1\r\n\r\n"], 400),
        ([b"GET / HTTP/one\r\n"], 400),
        ([b"DELETE / HTTP/1.1\r\n"], 405),
        ([b"GET /" + b"x" * MAX_LINE_LENGTH], 414),
        ([b"GET /", *[b"x" * 100] * 100], 414),
        ([b"GET / HTTP/1.1\r\n", b"X: " + b"x" * MAX_LINE_LENGTH], 431),
        ([b"GET / HTTP/1.1\r\n", *[b"X: x\r\n"] * (MAX_NUM_HEADERS + 1)], 431),
        ([b"GET / HTTP/1.1\r\n", *[b"X: " + b"x" * 8000 + b"\r\n"] * (MOST_HEAD_BYTES // 8000 + 1)], 431),
        ([b"GET / HTTP/2.0\r\n"], 505),
        ([b"GET / HTTP/0.9\r\n"], 505),
    ],
)
def test_a_refusal_comes_as_soon_as_it_is_certain(pieces, status):
    """Nothing more is waited for; the answer says why, and what follows is not heard."""
    protocol, answer = answer_to(*pieces)
    assert answer.startswith(f"HTTP/1.1 {status} ")
    assert REFUSALS[status] in answer
    protocol.receive_data(b"\x81\x80\0\0\0\0" * 1000)
    assert (protocol.data_to_send(), protocol.events_received()) == ([], [])
    protocol.receive_eof()
    assert protocol.state is State.CLOSED


def test_a_refused_head_has_no_body_either():
    """A body behind it would be taken for the next answer."""
    _, answer = answer_to(b"HEAD / HTTP/1.1\r\n\r\n")
    assert answer.startswith("HTTP/1.1 400 ")
    assert answer.endswith("\r\n\r\n")


@pytest.mark.parametrize("size", [1, 7, 1000])
def test_a_request_may_come_in_pieces(size):
    """Where TCP cuts is nobody's business: one request, with its headers, and then frames."""
    protocol = FrontProtocol()
    whole = b"GET /a?b HTTP/1.1\r\n" + HOST + b"X-Stream-Id: 7\r\n\r\n"
    for at in range(0, len(whole), size):
        protocol.receive_data(whole[at : at + size])
    (request,) = protocol.events_received()
    assert (request.path, request.headers["X-Stream-Id"]) == ("/a?b", "7")


def test_a_request_that_does_not_end_is_a_broken_handshake():
    """Nobody is there to be answered."""
    protocol, answer = answer_to(b"GET / HTTP/1.1\r\nHost: gate")
    protocol.receive_eof()
    assert (answer, protocol.data_to_send(), protocol.state) == ("", [b""], State.CLOSED)
    assert protocol.handshake_exc is not None
