from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import grpc
import pytest
from riva.client.proto import riva_asr_pb2 as asr
from riva.client.proto import riva_asr_pb2_grpc

from harness.embedded.pool import Pool
from harness.embedded.recogniser import Recogniser
from harness.embedded.service import Outbox, RivaService
from harness.embedded.stream import Result

CONFIG = asr.StreamingRecognizeRequest(
    streaming_config=asr.StreamingRecognitionConfig(
        config=asr.RecognitionConfig(encoding=1, sample_rate_hertz=16_000), interim_results=True
    )
)


@asynccontextmanager
async def serving(
    recogniser: Recogniser, options: Any = None, **settings: Any
) -> AsyncIterator[tuple[RivaService, Any]]:
    """The service on a free port, and a channel to it."""
    pool, server = Pool(), grpc.aio.server(options=options)
    riva = RivaService(recogniser, pool, parameters={}, **({"max_streams": 4} | settings))
    riva_asr_pb2_grpc.add_RivaSpeechRecognitionServicer_to_server(riva, server)
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
        yield riva, channel
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
    async with serving(recogniser) as (_, channel):
        stub = riva_asr_pb2_grpc.RivaSpeechRecognitionStub(channel)
        for requests in ([asr.StreamingRecognizeRequest(audio_content=b"\0\0")], []):
            code, text = await status(stub.StreamingRecognize(iter(requests)))
            assert (code, text) == (
                grpc.StatusCode.INVALID_ARGUMENT,
                "Error: the first message of a stream must be its streaming_config",
            )


async def test_audio_that_cannot_be_read_ends_the_stream_with_a_sentence(recogniser: Recogniser) -> None:
    """A RIFF header of a rate that is not served, and a second config."""
    header = b"RIFF\0\0\0\0WAVEfmt \x10\0\0\0\1\0\1\0\x22\x56\0\0\x44\xac\0\0\2\0\x10\0data\0\0\0\0"
    cases = [(asr.StreamingRecognizeRequest(audio_content=header), "22050 Hz"), (CONFIG, "only once")]
    async with serving(recogniser) as (riva, channel):
        stub = riva_asr_pb2_grpc.RivaSpeechRecognitionStub(channel)
        for request, problem in cases:
            code, text = await status(stub.StreamingRecognize(iter([CONFIG, request])))
            assert code is grpc.StatusCode.INVALID_ARGUMENT
            assert problem in text
        assert riva.streams.taken == 0


async def test_a_silent_client_is_freed_after_the_idle_limit(recogniser: Recogniser) -> None:
    """Neither a stream without audio nor one that pauses too long keeps its place."""
    async with serving(recogniser, idle_limit_s=0.05) as (riva, channel):
        call = riva_asr_pb2_grpc.RivaSpeechRecognitionStub(channel).StreamingRecognize()
        await call.write(CONFIG)
        code, text = await status(call)
        assert code is grpc.StatusCode.INVALID_ARGUMENT
        assert "no audio for 0.05 s" in text
        assert riva.streams.taken == 0


async def test_above_the_limit_a_stream_is_refused_at_once_and_a_cancelled_one_frees_its_place(
    recogniser: Recogniser,
) -> None:
    """The second of one allowed is told RESOURCE_EXHAUSTED; after the first's cancel a third gets in."""
    async with serving(recogniser, max_streams=1) as (riva, channel):
        stub = riva_asr_pb2_grpc.RivaSpeechRecognitionStub(channel)
        first, second = stub.StreamingRecognize(), stub.StreamingRecognize()
        await first.write(CONFIG)
        await until(lambda: riva.streams.taken == 1)
        await second.write(CONFIG)
        assert await status(second) == (
            grpc.StatusCode.RESOURCE_EXHAUSTED,
            "Error: all 1 streams of this server are in use",
        )
        first.cancel()
        await until(lambda: riva.streams.taken == 0)
        assert (await status(stub.StreamingRecognize(iter([CONFIG]))))[0] is grpc.StatusCode.OK


async def test_switches_it_does_not_know_are_ignored(recogniser: Recogniser) -> None:
    """runtime_config is a bag of NVIDIA's; only force_eou means something here."""
    switches = asr.StreamingRecognizeRequest(runtime_config={"unknown": "1", "force_eou": "true"})
    async with serving(recogniser) as (_, channel):
        call = riva_asr_pb2_grpc.RivaSpeechRecognitionStub(channel).StreamingRecognize(iter([CONFIG, switches]))
        assert (await status(call))[0] is grpc.StatusCode.OK


FILE = asr.RecognizeRequest(config=asr.RecognitionConfig(encoding=1, sample_rate_hertz=16_000), audio=bytes(64_000))


async def test_whole_files_have_places_of_their_own(recogniser: Recogniser) -> None:
    """Where all are taken RESOURCE_EXHAUSTED, whatever the streams do; a place is free again after its file."""
    async with serving(recogniser, max_files=1, max_streams=0) as (riva, channel):
        stub = riva_asr_pb2_grpc.RivaSpeechRecognitionStub(channel)
        with riva.files:
            assert await status(stub.Recognize(FILE)) == (
                grpc.StatusCode.RESOURCE_EXHAUSTED,
                "Error: all 1 places for whole files of this server are in use",
            )
        assert (await status(stub.Recognize(FILE)))[0] is grpc.StatusCode.OK
        assert riva.files.taken == 0


async def test_a_file_that_cannot_be_read_is_the_callers_mistake(recogniser: Recogniser) -> None:
    """With the sentence that says why, and its place is free again."""
    request = asr.RecognizeRequest(audio=b"RIFF\0\0\0\0WAVE")
    async with serving(recogniser) as (riva, channel):
        stub = riva_asr_pb2_grpc.RivaSpeechRecognitionStub(channel)
        assert await status(stub.Recognize(request)) == (
            grpc.StatusCode.INVALID_ARGUMENT,
            "Error: the audio ends before its WAVE header does",
        )
        assert riva.files.taken == 0


async def test_a_client_that_gives_up_frees_its_place(recogniser: Recogniser) -> None:
    """A cancelled file is not decoded to its end."""
    long = asr.RecognizeRequest(config=FILE.config, audio=bytes(32_000 * 1200))
    options = [("grpc.max_receive_message_length", -1)]
    async with serving(recogniser, options=options) as (riva, channel):
        call = riva_asr_pb2_grpc.RivaSpeechRecognitionStub(channel).Recognize(long)
        await until(lambda: riva.files.taken == 1)
        call.cancel()
        await until(lambda: riva.files.taken == 0)


async def test_without_its_key_it_recognises_nothing(recogniser: Recogniser) -> None:
    """Neither stream nor file, before anything of them is read; with the key both."""
    good = (("authorization", "Bearer k"),)
    async with serving(recogniser, api_key="k") as (_, channel):
        stub = riva_asr_pb2_grpc.RivaSpeechRecognitionStub(channel)
        for call in (stub.StreamingRecognize(), stub.Recognize(asr.RecognizeRequest())):
            code, text = await status(call)
            assert (code, text) == (grpc.StatusCode.UNAUTHENTICATED, "no authorization was passed in the metadata")
        for call in (stub.StreamingRecognize(iter([CONFIG]), metadata=good), stub.Recognize(FILE, metadata=good)):
            assert (await status(call))[0] is grpc.StatusCode.OK


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
