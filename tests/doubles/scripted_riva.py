"""A Riva double for tests: a real gRPC server on NVIDIA's stubs that answers by a script instead of recognising.

It never stands in a result: it lets the tests of the client wrapper and of the gateway say what Riva does, and when.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

import grpc
from riva.client.proto import riva_asr_pb2 as pb
from riva.client.proto import riva_asr_pb2_grpc

Requests = AsyncIterator[pb.StreamingRecognizeRequest]
Script = Callable[[Requests, grpc.aio.ServicerContext], AsyncIterator[pb.StreamingRecognizeResponse]]


def interim(*parts: str, stability: float = 0.5) -> pb.StreamingRecognizeResponse:
    """One response whose results are the parts of one hypothesis."""
    response = pb.StreamingRecognizeResponse()
    for part in parts:
        response.results.add(stability=stability).alternatives.add(transcript=part)
    return response


def final(text: str, *words: tuple[str, int, int], processed_s: float = 0.0) -> pb.StreamingRecognizeResponse:
    """One response with one final; words are (word, start_ms, end_ms)."""
    response = pb.StreamingRecognizeResponse()
    result = response.results.add(is_final=True, audio_processed=processed_s)
    best = result.alternatives.add(transcript=text, confidence=0.5)
    for word, start_ms, end_ms in words:
        best.words.add(word=word, start_time=start_ms, end_time=end_ms, confidence=0.25)
    return response


async def counting(requests: Requests, _: Any) -> AsyncIterator[pb.StreamingRecognizeResponse]:
    """A partial for each piece of audio, and, only when the audio is over, the final: "<n> pieces"."""
    pieces = 0
    async for request in requests:
        if request.audio_content:
            pieces += 1
            yield interim(f"{pieces} ", "pie")
    yield final(f"{pieces} pieces ", (str(pieces), 0, 100), ("pieces", 150, 1250), processed_s=1.5)


async def weighing(requests: Requests, _: Any) -> AsyncIterator[pb.StreamingRecognizeResponse]:
    """The final says how many bytes of audio there were, however they were cut."""
    received = 0
    async for request in requests:
        received += len(request.audio_content)
    yield final(f"{received} bytes ")


class ScriptedRiva(riva_asr_pb2_grpc.RivaSpeechRecognitionServicer):
    """Set `script` to say what each stream does; `configs`, `audio` and `metadata` tell what was received."""

    def __init__(self) -> None:
        self.script: Script = counting
        self.configs: list[pb.StreamingRecognitionConfig] = []
        self.audio: list[bytes] = []
        self.metadata: list[dict[str, str]] = []
        self.refusals: list[grpc.StatusCode] = []  # what the next unary calls fail with
        self.silent = False  # unary calls are never answered
        self.unary_calls = 0
        self.open_streams = 0
        self.changed = asyncio.Condition()
        self.port = 0
        self._server = grpc.aio.server()

    async def start(self, port: int = 0, credentials: grpc.ServerCredentials | None = None) -> ScriptedRiva:
        riva_asr_pb2_grpc.add_RivaSpeechRecognitionServicer_to_server(self, self._server)
        address = f"127.0.0.1:{port}"
        if credentials is None:
            self.port = self._server.add_insecure_port(address)
        else:
            self.port = self._server.add_secure_port(address, credentials)
        await self._server.start()
        return self

    async def stop(self) -> None:
        """Stop at once: what streams there are break, as they do when the process dies."""
        await self._server.stop(None)

    async def until(self, condition: Callable[[ScriptedRiva], bool]) -> None:
        """Wait until what was received makes the condition true; 5 s is the end of patience."""
        async with asyncio.timeout(5), self.changed:
            await self.changed.wait_for(lambda: condition(self))

    async def _note(self) -> None:
        async with self.changed:
            self.changed.notify_all()

    async def _heard(self, requests: Requests) -> Requests:
        async for request in requests:
            if request.HasField("streaming_config"):
                self.configs.append(request.streaming_config)
            else:
                self.audio.append(request.audio_content)
            await self._note()
            yield request

    async def StreamingRecognize(  # noqa: N802  gRPC names it
        self, requests: Requests, context: grpc.aio.ServicerContext
    ) -> AsyncIterator[pb.StreamingRecognizeResponse]:
        self.metadata.append({str(key): str(value) for key, value in context.invocation_metadata()})
        self.open_streams += 1
        await self._note()
        try:
            async for response in self.script(self._heard(requests), context):
                yield response
        finally:
            self.open_streams -= 1
            await self._note()

    async def GetRivaSpeechRecognitionConfig(  # noqa: N802  gRPC names it
        self, _: pb.RivaSpeechRecognitionConfigRequest, context: grpc.aio.ServicerContext
    ) -> pb.RivaSpeechRecognitionConfigResponse:
        self.unary_calls += 1
        await self._note()
        if self.silent:
            await asyncio.Event().wait()
        if self.refusals:
            await context.abort(self.refusals.pop(0), "as the test asked")
        response = pb.RivaSpeechRecognitionConfigResponse()
        response.model_config.add(model_name="streaming", parameters={"type": "online", "language_code": "en-US"})
        response.model_config.add(model_name="batch", parameters={"type": "offline", "language_code": "en-US"})
        return response

    async def Recognize(  # noqa: N802  gRPC names it
        self, request: pb.RecognizeRequest, context: grpc.aio.ServicerContext
    ) -> pb.RecognizeResponse:
        self.metadata.append({str(key): str(value) for key, value in context.invocation_metadata()})
        response = pb.RecognizeResponse()
        response.results.add()
        best = response.results.add(audio_processed=1.5).alternatives.add(transcript=f"{len(request.audio)} bytes ")
        best.words.add(word="bytes", start_time=0, end_time=100)
        return response
