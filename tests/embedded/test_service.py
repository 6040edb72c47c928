from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import grpc
import pytest
from riva.client.proto import health_pb2, health_pb2_grpc, riva_asr_pb2_grpc
from riva.client.proto import riva_asr_pb2 as asr

from harness.embedded.pool import Pool
from harness.embedded.recogniser import Recogniser
from harness.embedded.service import HealthService, Outbox, RivaService
from harness.embedded.stream import Result

CONFIG = asr.StreamingRecognizeRequest(
    streaming_config=asr.StreamingRecognitionConfig(
        config=asr.RecognitionConfig(encoding=1, sample_rate_hertz=16_000), interim_results=True
    )
)


@asynccontextmanager
async def serving(recogniser: Recogniser, **settings: Any) -> AsyncIterator[tuple[RivaService, HealthService, Any]]:
    """The services on a free port, and a channel to them."""
    pool, health, server = Pool(), HealthService(), grpc.aio.server()
    riva = RivaService(recogniser, pool, parameters={}, **({"max_streams": 4} | settings))
    riva_asr_pb2_grpc.add_RivaSpeechRecognitionServicer_to_server(riva, server)
    health_pb2_grpc.add_HealthServicer_to_server(health, server)
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
        yield riva, health, channel
    await server.stop(None)
    pool.close()


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not condition():  # noqa: ASYNC110  a counter of the server has no event
            await asyncio.sleep(0.001)


async def status(call: Any) -> tuple[grpc.StatusCode, str]:
    async with asyncio.timeout(10):
        return await call.code(), await call.details()


async def test_the_first_message_must_be_the_config(recogniser: Recogniser) -> None:
    """Audio first, or nothing at all, is the caller's mistake."""
    async with serving(recogniser) as (_, _, channel):
        stub = riva_asr_pb2_grpc.RivaSpeechRecognitionStub(channel)
        for requests in ([asr.StreamingRecognizeRequest(audio_content=b"\0\0")], []):
            code, text = await status(stub.StreamingRecognize(iter(requests)))
            assert (code, text) == (
                grpc.StatusCode.INVALID_ARGUMENT,
                "Error: the first message of a stream must be its streaming_config",
            )


async def test_audio_that_cannot_be_read_ends_the_stream_with_a_sentence(recogniser: Recogniser) -> None:
    """A RIFF header of a rate that is not served, and a second config."""
    header = b"RIFF\0\0\0\0WAVEfmt \x10\0\0\0\1\0\1\0\x44\xac\0\0\x88\x58\1\0\2\0\x10\0data\0\0\0\0"
    cases = [(asr.StreamingRecognizeRequest(audio_content=header), "44100 Hz"), (CONFIG, "only once")]
    async with serving(recogniser) as (riva, _, channel):
        stub = riva_asr_pb2_grpc.RivaSpeechRecognitionStub(channel)
        for request, problem in cases:
            code, text = await status(stub.StreamingRecognize(iter([CONFIG, request])))
            assert code is grpc.StatusCode.INVALID_ARGUMENT
            assert problem in text
        assert riva.streams == 0


async def test_a_silent_client_is_freed_after_the_idle_limit(recogniser: Recogniser) -> None:
    """Neither a stream without audio nor one that pauses too long keeps its place."""
    async with serving(recogniser, idle_limit_s=0.05) as (riva, _, channel):
        call = riva_asr_pb2_grpc.RivaSpeechRecognitionStub(channel).StreamingRecognize()
        await call.write(CONFIG)
        code, text = await status(call)
        assert code is grpc.StatusCode.INVALID_ARGUMENT
        assert "no audio for 0.05 s" in text
        assert riva.streams == 0


async def test_above_the_limit_a_stream_is_refused_at_once_and_a_cancelled_one_frees_its_place(
    recogniser: Recogniser,
) -> None:
    """The second of one allowed is told RESOURCE_EXHAUSTED; after the first's cancel a third gets in."""
    async with serving(recogniser, max_streams=1) as (riva, _, channel):
        stub = riva_asr_pb2_grpc.RivaSpeechRecognitionStub(channel)
        first, second = stub.StreamingRecognize(), stub.StreamingRecognize()
        await first.write(CONFIG)
        await until(lambda: riva.streams == 1)
        await second.write(CONFIG)
        assert await status(second) == (
            grpc.StatusCode.RESOURCE_EXHAUSTED,
            "Error: all 1 streams of this server are in use",
        )
        first.cancel()
        await until(lambda: riva.streams == 0)
        assert (await status(stub.StreamingRecognize(iter([CONFIG]))))[0] is grpc.StatusCode.OK


async def test_switches_it_does_not_know_are_ignored(recogniser: Recogniser) -> None:
    """runtime_config is a bag of NVIDIA's; only force_eou means something here."""
    switches = asr.StreamingRecognizeRequest(runtime_config={"unknown": "1", "force_eou": "true"})
    async with serving(recogniser) as (_, _, channel):
        call = riva_asr_pb2_grpc.RivaSpeechRecognitionStub(channel).StreamingRecognize(iter([CONFIG, switches]))
        assert (await status(call))[0] is grpc.StatusCode.OK


async def test_offline_recognition_says_that_it_is_not_there(recogniser: Recogniser) -> None:
    """UNIMPLEMENTED, with the call that is."""
    async with serving(recogniser) as (_, _, channel):
        with pytest.raises(grpc.aio.AioRpcError, match="StreamingRecognize is") as error:
            await riva_asr_pb2_grpc.RivaSpeechRecognitionStub(channel).Recognize(asr.RecognizeRequest())
        assert error.value.code() is grpc.StatusCode.UNIMPLEMENTED


async def test_health_says_serving_then_not_serving(recogniser: Recogniser) -> None:
    """Check and Watch of the server and of Riva's service; both change when the server leaves."""
    serving_, not_serving = health_pb2.HealthCheckResponse.SERVING, health_pb2.HealthCheckResponse.NOT_SERVING
    async with serving(recogniser) as (_, health, channel):
        stub = health_pb2_grpc.HealthStub(channel)
        requests = [
            health_pb2.HealthCheckRequest(service=name) for name in ("", "nvidia.riva.asr.RivaSpeechRecognition")
        ]
        watch = stub.Watch(requests[1])
        assert [(await stub.Check(request)).status for request in requests] == [serving_] * 2
        assert (await watch.read()).status == serving_
        health.leave()
        assert [(await stub.Check(request)).status for request in requests] == [not_serving] * 2
        assert (await watch.read()).status == not_serving


async def test_health_of_an_unknown_service(recogniser: Recogniser) -> None:
    """As the protocol says: NOT_FOUND to Check, SERVICE_UNKNOWN to Watch, which stays open."""
    async with serving(recogniser) as (_, _, channel):
        stub, request = health_pb2_grpc.HealthStub(channel), health_pb2.HealthCheckRequest(service="other")
        with pytest.raises(grpc.aio.AioRpcError) as error:
            await stub.Check(request)
        assert error.value.code() is grpc.StatusCode.NOT_FOUND
        watch = stub.Watch(request)
        assert (await watch.read()).status == 3  # SERVICE_UNKNOWN, which this stub cannot name
        watch.cancel()


async def test_a_slow_client_gets_the_newest_partial_and_every_final() -> None:
    """Results that wait: a newer one replaces an unsent partial, finals stay, an error comes last."""
    outbox = Outbox()
    for text, is_final in [("a", False), ("ab", False), ("abc", True), ("d", False), ("de", True), ("f", False)]:
        outbox.put(Result(text=text, is_final=is_final))
    outbox.end(ValueError("broken"))
    results = aiter(outbox)
    assert [(await anext(results)).text for _ in range(3)] == ["abc", "de", "f"]
    with pytest.raises(ValueError, match="broken"):
        await anext(results)
