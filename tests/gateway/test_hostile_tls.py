"""What comes to a TLS port and is not TLS, or not all of it: cut, without a word and without a trace."""

from __future__ import annotations

import asyncio
import os
import ssl

import pytest
from doubles.hostile_client import BINARY, HostileClient, eventually, frame, request, text
from doubles.hostile_setting import AUDIO, START, hostile_setting
from support.authority import Authority

from harness.gateway.intake import AudioLimits
from harness.gateway.security import SecuritySettings


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    return Authority(tmp_path_factory.mktemp("tls"))


@pytest.fixture(scope="module")
def served(authority):
    cert, key = authority.issue("gateway")
    return SecuritySettings(cert=cert, key=key)


@pytest.fixture
def trusting(authority):
    return ssl.create_default_context(cafile=authority.cert)


def client_hello(context):
    """The first flight of a real handshake."""
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    half = context.wrap_bio(incoming, outgoing, server_hostname="127.0.0.1")
    with pytest.raises(ssl.SSLWantReadError):
        half.do_handshake()
    return outgoing.read()


WHOLE = 10_000
FIRST_WORDS = {  # how much of a real first flight, and what follows it
    "plain-http": (0, request()),
    "garbage": (0, bytes(range(256)) * 20),
    "zeros": (0, bytes(5000)),
    "hello-spoilt": (20, bytes(5000)),
    "hello-then-garbage": (WHOLE, b"garbage" * 100),
    "alert": (0, b"\x15\x03\x01\x00\x02\x02\x28"),
    "record-too-long": (0, b"\x16\x03\x01\xff\xff" + bytes(70_000)),
    "ssl-2": (0, b"\x80\x2e\x01\x00\x02" + bytes(100)),
}


@pytest.mark.parametrize(("kept", "then"), FIRST_WORDS.values(), ids=FIRST_WORDS)
async def test_what_is_not_tls_is_cut(riva, caplog, *, served, trusting, kept, then):
    """At once, with a TLS alert at most, and never with HTTP."""
    async with hostile_setting(riva, caplog, tls=trusting, security=served) as here:
        client = await here.dial(tls=None)
        await client.send(client_hello(trusting)[:kept] + then)
        assert (await client.response())[0] is None
        await here.good_session()


@pytest.mark.parametrize("share", [0, 0.1, 0.5, 1])
async def test_a_handshake_that_stops_is_cut_in_time(riva, caplog, served, trusting, share):
    """Nothing, a part of the first flight, or all of it and then silence."""
    async with hostile_setting(riva, caplog, tls=trusting, security=served, handshake_s=0.5) as here:
        client = await here.dial(tls=None)
        hello = client_hello(trusting)
        await client.send(hello[: round(len(hello) * share)])
        assert (await client.response())[0] is None


async def test_a_handshake_that_is_reset_leaves_nothing(riva, caplog, served, trusting):
    """In the middle of the first flight."""
    async with hostile_setting(riva, caplog, tls=trusting, security=served) as here:
        client = await here.dial(tls=None)
        await client.send(client_hello(trusting)[:50])
        client.reset()


async def test_tls_that_says_nothing_inside_is_cut_in_time(riva, caplog, served, trusting):
    """The request has its own time after the handshake."""
    async with hostile_setting(riva, caplog, tls=trusting, security=served, handshake_s=0.5) as here:
        client = await here.dial()
        assert (await client.response())[0] is None


async def test_a_session_whose_tls_is_cut_off_leaves_nothing(riva, caplog, served, trusting):
    """No close_notify, no close frame: the session is dropped."""
    async with hostile_setting(riva, caplog, tls=trusting, security=served) as here:
        client = await here.client(started=True)
        await client.send(AUDIO)
        client.reset()
        await eventually(lambda: not here.gateway._open)


async def test_who_vanishes_behind_tls_while_nothing_is_read_is_missed(riva, caplog, served, trusting):
    """The socket is looked at below the TLS: Riva's stream ends within 3 s."""
    limits = AudioLimits(ahead_ms=100)
    async with hostile_setting(riva, caplog, tls=trusting, security=served, audio=limits) as here:
        client = await here.client(started=True)
        await client.send(frame(BINARY, bytes(640_000)))
        await riva.until(lambda riva: riva.audio)
        client.leave()
        async with asyncio.timeout(3):
            await riva.until(lambda riva: riva.open_streams == 0)


async def test_garbage_in_place_of_a_record_ends_a_session(riva, caplog, served, trusting):
    """Bytes that are not encrypted, in a session that was, break it."""
    async with hostile_setting(riva, caplog, tls=trusting, security=served) as here:
        client = await here.client(started=True)
        line = client.writer.get_extra_info("socket")
        os.write(line.fileno(), text(START) * 10)  # past the TLS
        assert await client.end() is None
        await eventually(lambda: not here.gateway._open)


@pytest.mark.parametrize("certified", [False, True], ids=["none", "self-signed"])
async def test_a_client_without_the_right_certificate_stays_outside(
    riva, caplog, *, authority, served, trusting, tmp_path, certified
):
    """Where a client CA is set, nobody else gets as far as HTTP."""
    known = ssl.create_default_context(cafile=authority.cert)
    known.load_cert_chain(*authority.issue("known"))
    if certified:
        trusting.load_cert_chain(*Authority(tmp_path, "strange-authority").issue("stranger"))
    security = SecuritySettings(cert=served.cert, key=served.key, client_ca=authority.cert)
    async with hostile_setting(riva, caplog, tls=known, security=security) as here:
        try:
            client = await HostileClient.dial(here.port, tls=trusting)
        except (ssl.SSLError, ConnectionError):
            return
        here.clients.append(client)
        await client.send(request())
        assert (await client.response())[0] is None


async def test_an_old_tls_stays_outside(riva, caplog, served, trusting):
    """Below 1.2 there is no agreement."""
    old = client_hello(trusting)
    async with hostile_setting(riva, caplog, tls=trusting, security=served) as here:
        client = await here.dial(tls=None)
        await client.send(b"\x16\x03\x01\x00\x2d\x01\x00\x00\x29\x03\x01" + old[11:43] + b"\0\0\x02\0\x2f\x01\0")
        assert (await client.response())[0] is None
