"""The client wrapper against a real gRPC server with scripted answers."""

from __future__ import annotations

import asyncio
import contextlib

import grpc
import pytest
from riva.client.proto import health_pb2, health_pb2_grpc

from harness.riva.client import RivaClient
from harness.riva.config import RivaConfig
from harness.riva.convert import Recognition, RivaFinal, RivaPartial
from harness.riva.failures import RivaError

ASK = Recognition(sample_rate_hz=16000)


@pytest.fixture
async def connect(riva):
    """Makes clients of the scripted Riva, and closes them."""
    clients = []

    def make(**config):
        clients.append(RivaClient(RivaConfig(**{"host": "127.0.0.1", "port": riva.port, **config})))
        return clients[-1]

    yield make
    for client in clients:
        await client.close()


async def flood(stream, size, heard):
    """Send as fast as it goes until all is heard, which `heard` keeps."""

    async def listen():
        async for event in stream:
            heard.append(event)

    listener = asyncio.create_task(listen())
    while not listener.done():
        await stream.send(bytes(size))
    await listener


async def events(stream):
    return [event async for event in stream]


async def test_a_stream_from_first_audio_to_last_final(connect, riva):
    """Partials come while audio goes, the final after the half-close, then iteration ends."""
    stream = await connect().stream(ASK)
    await riva.until(lambda riva: riva.configs)
    await stream.send(b"\0\1" * 10)
    heard = stream.__aiter__()
    assert (await anext(heard)).text == "1 pie"
    await stream.send(b"\2\3")
    await stream.done()
    rest = [event async for event in heard]
    assert [type(event) for event in rest] == [RivaPartial, RivaFinal]
    assert rest[-1].text == "2 pieces"
    assert riva.audio == [b"\0\1" * 10, b"\2\3"]


async def test_the_api_key_goes_with_every_call(connect, riva):
    """A key becomes a bearer token in the metadata."""
    stream = await connect(api_key="k").stream(ASK)
    await stream.done()
    await events(stream)
    assert riva.metadata[0]["authorization"] == "Bearer k"


@pytest.mark.parametrize("code", ["RESOURCE_EXHAUSTED", "INVALID_ARGUMENT", "UNAUTHENTICATED", "NOT_FOUND"])
@pytest.mark.parametrize("last_words", [0, 1])
async def test_the_servers_own_status_survives_a_hasty_writer(connect, riva, double, code, last_words):
    """A client that goes on writing into a call the server has ended still hears all of it (grpc/grpc#36066)."""

    async def refuse(requests, context):
        async for request in requests:
            if request.audio_content:
                break
        for _ in range(last_words):
            yield double.final("enough")
        await context.abort(grpc.StatusCode[code], "as the test asked")

    riva.script = refuse
    client = connect()
    for _ in range(10):
        heard = []
        with pytest.raises(RivaError) as ended:
            await flood(await client.stream(ASK), 3200, heard)
        assert ended.value.failure.status == code
        assert len(heard) == last_words


async def test_a_dead_server_is_unavailable(connect, riva):
    """When the server stops, the listener hears `unavailable`, whatever the writer is at."""
    stream = await connect().stream(ASK)
    await stream.send(bytes(2))
    await riva.until(lambda riva: riva.audio)
    streaming = asyncio.create_task(flood(stream, 3200, []))
    await riva.stop()
    with pytest.raises(RivaError) as ended:
        await streaming
    assert ended.value.failure.code == "unavailable"


async def test_where_nobody_listens_opening_fails_at_once(connect, riva):
    """A refused connection is an answer, not a wait."""
    await riva.stop()
    client = connect(timeout_ms=60_000)
    async with asyncio.timeout(5):
        with pytest.raises(RivaError) as opening:
            await client.stream(ASK)
        with pytest.raises(RivaError) as probing:
            await client.probe()
    assert opening.value.failure.code == probing.value.failure.code == "unavailable"


async def test_a_final_that_never_comes_is_a_timeout(connect, riva):
    """After the end of the audio, a silent server has the step's time and no more."""

    async def hang(requests, context):
        async for _ in requests:
            pass
        await asyncio.Event().wait()
        yield

    riva.script = hang
    stream = await connect(timeout_ms=50).stream(ASK)
    await stream.done()
    with pytest.raises(RivaError, match="final after the end of the audio is overdue") as hearing:
        await events(stream)
    assert hearing.value.failure.code == "timeout"
    await riva.until(lambda riva: riva.open_streams == 0)


async def test_audio_that_is_not_taken_is_a_timeout(connect, riva):
    """A server that reads nothing stops the writer by flow control, and then by deadline."""

    async def deaf(requests, context):
        await asyncio.Event().wait()
        yield

    riva.script = deaf
    stream = await connect(timeout_ms=200).stream(ASK)
    with pytest.raises(RivaError, match="taking audio is overdue") as ended:
        await flood(stream, 2**20, [])
    assert ended.value.failure.code == "timeout"


async def test_the_whole_call_can_have_a_deadline(connect, riva):
    """`deadline_s` ends a stream that still has audio to come."""
    with pytest.raises(RivaError) as hearing:  # on a busy machine the time is over before the stream is open
        await events(await connect().stream(ASK, deadline_s=0.05))
    assert hearing.value.failure.status == "DEADLINE_EXCEEDED"


async def test_cancelling_frees_the_server(connect, riva):
    """Giving up ends iteration with `cancelled` and the stream on the server's side."""
    stream = await connect().stream(ASK)
    await riva.until(lambda riva: riva.configs)
    listener = asyncio.create_task(events(stream))
    stream.cancel()
    with pytest.raises(RivaError) as hearing:
        await listener
    assert hearing.value.failure.code == "cancelled"
    await riva.until(lambda riva: riva.open_streams == 0)


async def test_a_cancelled_listener_is_cancelled(connect, riva):
    """Cancelling our own task is not mistaken for a cancelled call."""
    stream = await connect().stream(ASK)
    await riva.until(lambda riva: riva.configs)
    listener = asyncio.create_task(events(stream))
    await asyncio.sleep(0)
    listener.cancel()
    with pytest.raises(asyncio.CancelledError):
        await listener


async def test_a_stream_that_riva_ended_takes_no_more(connect, riva, double):
    """After OK, sending says nothing and iteration is over."""

    async def brief(requests, context):
        yield double.final("enough")

    riva.script = brief
    stream = await connect().stream(ASK)
    assert [event.text for event in await events(stream)] == ["enough"]
    await stream.send(bytes(2))
    await stream.done()
    stream.cancel()
    assert await events(stream) == []


async def test_models_are_listed(connect):
    """The unary call's answer as plain values."""
    models = await connect().list_models()
    assert [(model.name, model.streaming) for model in models] == [("streaming", True), ("batch", False)]


async def test_listing_tries_again_while_it_may_help(connect, riva):
    """A passing failure is tried again as often as configured, with the last one told."""
    riva.refusals = [grpc.StatusCode.UNAVAILABLE] * 2
    assert await connect(retries=2, retry_delay_ms=0).list_models()
    assert riva.unary_calls == 3
    riva.refusals = [grpc.StatusCode.UNAVAILABLE] * 2
    with pytest.raises(RivaError):
        await connect(retries=1, retry_delay_ms=0).list_models()
    assert riva.unary_calls == 5


async def test_listing_does_not_insist(connect, riva):
    """A failure that stays is told at once."""
    riva.refusals = [grpc.StatusCode.UNAUTHENTICATED]
    with pytest.raises(RivaError) as caught:
        await connect(retries=5, retry_delay_ms=0).list_models()
    assert caught.value.failure.code == "unauthorized"
    assert riva.unary_calls == 1


async def test_probing_asks_once(connect, riva):
    """A probe is one call: no second try may hide a failure."""
    client = connect(retries=5)
    await client.probe()
    riva.refusals = [grpc.StatusCode.UNAVAILABLE]
    with pytest.raises(RivaError):
        await client.probe()
    assert riva.unary_calls == 2


@pytest.mark.drill
async def test_a_riva_that_is_back_is_found_within_two_seconds(connect, riva, double):
    """After a while of refusals gRPC alone would wait longer and longer before it looks again."""
    client = connect()
    await client.probe()
    await riva.stop()
    loop = asyncio.get_running_loop()
    until = loop.time() + 3  # the outage
    while loop.time() < until:
        with pytest.raises(RivaError):
            await client.probe()
        await asyncio.sleep(0.1)
    again = await double.ScriptedRiva().start(riva.port)
    try:
        async with asyncio.timeout(2):
            while not again.unary_calls:
                with contextlib.suppress(RivaError):
                    await client.probe()
                await asyncio.sleep(0.05)
    finally:
        await again.stop()


async def test_health_is_asked_by_the_standard_check(connect, riva):
    """A server without the service says so by its status; one with it, by a name."""
    with pytest.raises(RivaError) as asking:
        await connect().health()
    assert asking.value.failure.code == "unimplemented"
    server = grpc.aio.server()
    statuses = iter([1, 2, 7])  # SERVING, NOT_SERVING, and one that no version knows

    class Health(health_pb2_grpc.HealthServicer):
        async def Check(self, *_):  # noqa: N802
            return health_pb2.HealthCheckResponse(status=next(statuses))

    health_pb2_grpc.add_HealthServicer_to_server(Health(), server)
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    client = connect(port=port)
    assert [await client.health() for _ in range(3)] == ["SERVING", "NOT_SERVING", "7"]
    await server.stop(None)
