"""The riva driver against gRPC servers that do as each test says."""

from __future__ import annotations

import asyncio
from pathlib import Path

import grpc
import pytest

from harness.drivers.base import DriverSpec
from harness.drivers.riva import STREAMS_A_CHANNEL, RivaDriver, config_of
from harness.errors import TargetError
from harness.model.scenario import Tls
from harness.model.timeline import Closed, Errored, Final, HeardWord, Opened, Partial, Refused

FRAME = bytes(3200)
MS = 1_000_000


def driver(endpoint: str, **options: str) -> RivaDriver:
    return RivaDriver(DriverSpec(driver="riva", endpoint=endpoint, **options))


async def test_a_session_is_a_stream(riva_served, make_riva, session, listener) -> None:
    """Ready when the configuration is written; finals number the segments; OK is the close."""
    riva = make_riva()
    target = driver(await riva_served(riva))
    link = target.open(session, listener)
    await listener.until(Opened)
    for _ in range(3):
        link.send(FRAME)
    link.end()
    heard = await listener.over(link)
    await target.close()
    assert heard == [
        Opened(),
        Partial(segment=0, text="hel"),
        Final(segment=0, text="hello", words=(word("hello"),), audio_end_ns=750 * MS),
        Final(segment=1, text="there", words=(word("there"),), audio_end_ns=750 * MS),
        Closed(code="OK"),
    ]
    assert riva.audio == 3 * len(FRAME)
    assert riva.configs[0].config.sample_rate_hertz == 16_000


def word(text: str) -> HeardWord:
    return HeardWord(text=text, start_ns=100 * MS, end_ns=500 * MS)


async def test_audio_waits_until_the_stream_is_open(riva_served, make_riva, session, listener) -> None:
    """What was sent before goes out all the same; an end before readiness is not forgotten either."""
    riva = make_riva()
    target = driver(await riva_served(riva))
    link = target.open(session, listener)
    assert [link.send(FRAME) for _ in range(3)] == [1, 2, 3]
    link.end()
    await listener.over(link)
    await target.close()
    assert riva.audio == 3 * len(FRAME)


async def test_frames_that_riva_takes_at_once_do_not_wait(riva_served, make_riva, session, listener) -> None:
    """The writer's own turn of the loop is no backlog of the target's."""
    target = driver(await riva_served(make_riva()))
    link = target.open(session, listener)
    await listener.until(Opened)
    await asyncio.sleep(0)  # the writer's first turn
    assert link.send(FRAME) == 0
    await link.close()
    await target.close()


async def test_a_stream_refused_before_any_audio_is_refused(riva_served, make_riva, session, listener) -> None:
    """RESOURCE_EXHAUSTED right after the configuration is admission, not failure."""

    async def full(requests, context):
        await context.abort(grpc.StatusCode.RESOURCE_EXHAUSTED, "64 streams are open")
        yield

    target = driver(await riva_served(make_riva(full)))
    heard = await listener.over(target.open(session, listener))
    await target.close()
    assert isinstance(heard[-1], Refused)
    assert heard[-1].code == "resource_exhausted"
    assert "64 streams" in heard[-1].detail


async def test_a_stream_that_breaks_is_an_error_with_its_status(riva_served, make_riva, session, listener) -> None:
    """The code that both drivers share, then the status name as the close."""

    async def broken(requests, context):
        async for request in requests:
            if request.audio_content:
                await context.abort(grpc.StatusCode.INTERNAL, "TRTIS")
        yield

    target = driver(await riva_served(make_riva(broken)))
    link = target.open(session, listener)
    link.send(FRAME)
    heard = await listener.over(link)
    await target.close()
    assert [type(what) for what in heard] == [Opened, Errored, Closed]
    assert (heard[1].code, heard[2].code) == ("internal", "INTERNAL")
    assert "TRTIS" in heard[1].detail


async def test_a_closed_port_is_unavailable(session, listener) -> None:
    """At once, not at the deadline."""
    target = driver("127.0.0.1:1")
    heard = await listener.over(target.open(session, listener))
    await target.close()
    assert [what.code for what in heard if not isinstance(what, Opened)] == ["unavailable", "UNAVAILABLE"]


async def test_over_ten_seconds_of_waiting_audio_is_the_targets_timeout(
    riva_served, make_riva, session, listener
) -> None:
    """A Riva that does not read: what fits into HTTP/2's window is gone, the rest waits."""
    silent = asyncio.Event()

    async def deaf(requests, context):
        await silent.wait()
        yield

    target = driver(await riva_served(make_riva(deaf)))
    link = target.open(session, listener)
    await listener.until(Opened)
    for _ in range(1_000):
        if link.send(FRAME) > 100:
            break
        await asyncio.sleep(0)
    heard = await listener.over(link)
    silent.set()
    await target.close()
    assert [type(what) for what in heard] == [Opened, Errored, Closed]
    assert heard[1].code == "timeout"


async def test_fifty_streams_share_a_channel(session, listener) -> None:
    """The fifty-first opens another; closed ones make room."""
    target = driver("127.0.0.1:1")
    links = [target.open(session, listener) for _ in range(STREAMS_A_CHANNEL + 1)]
    assert [channel.streams for channel in target._channels] == [50, 1]
    await asyncio.gather(*(link.close() for link in links))
    assert [channel.streams for channel in target._channels] == [0, 0]
    await target.close()


async def test_the_probe_names_the_models_on_offer(riva_served, make_riva) -> None:
    """Streaming ones of the target's language."""
    address = await riva_served(make_riva(models=(("a", "online", "en-US"), ("b", "offline", "en-US"))))
    assert dict((await driver(address).probe()).facts) == {"contract": "riva-grpc", "model": "a"}


async def test_the_probe_refuses_a_missing_model(riva_served, make_riva) -> None:
    """By name, with what there is instead."""
    address = await riva_served(make_riva())
    with pytest.raises(TargetError, match="it has no streaming model m-2, it offers m-1"):
        await driver(address, model="m-2").probe()
    with pytest.raises(TargetError, match="it offers none for de-DE"):
        await driver(address, language_code="de-DE").probe()


async def test_the_probe_plays_a_stream(riva_served, make_riva) -> None:
    """A server that lists its models and cannot recognise is no target."""

    async def broken(requests, context):
        await context.abort(grpc.StatusCode.INVALID_ARGUMENT, "Unavailable model requested")
        yield

    with pytest.raises(TargetError, match=r"does not serve a session.*Unavailable model requested"):
        await driver(await riva_served(make_riva(broken))).probe()


async def test_the_probe_of_another_service_or_protocol_says_so(riva_served, served, gateway) -> None:
    """Nobody there, a WebSocket server, and a gRPC server without Riva."""
    with pytest.raises(TargetError, match="cannot be reached by gRPC"):
        await driver("127.0.0.1:1").probe()
    with pytest.raises(TargetError, match=r"cannot be reached by gRPC|does not answer"):
        await driver((await served(gateway.polite)).removeprefix("ws://")).probe()
    server = grpc.aio.server()
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    with pytest.raises(TargetError, match="offers no Riva speech recognition"):
        await driver(f"127.0.0.1:{port}").probe()
    await server.stop(0)


@pytest.mark.parametrize(
    ("tls", "problem"),
    [
        ({"cert": "a.pem", "key": "b.pem"}, r"the target's tls.cert: there is no file a.pem"),
        ({"cert": __file__}, r"the target's tls: a client certificate needs its key"),
    ],
)
def test_files_for_tls_are_checked_before_anything_is_sent(tls, problem) -> None:
    """gRPC would fail with a traceback of its own."""
    with pytest.raises(TargetError, match=problem):
        RivaDriver(DriverSpec(driver="riva", endpoint="host:1", tls=Tls(**tls)))


def test_a_client_certificate_goes_along() -> None:
    """With its key; any file of tls switches TLS on."""
    config = config_of(DriverSpec(driver="riva", endpoint="host:1", tls=Tls(cert=__file__, key=__file__)), 1)
    assert (config.tls, config.client_cert, config.client_key) == (True, Path(__file__), Path(__file__))
