"""Targets on loopback that do as each test says."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from typing import Any

import grpc
import pytest
from riva.client.proto import riva_asr_pb2, riva_asr_pb2_grpc
from websockets.asyncio.server import ServerConnection, serve

from harness.drivers.base import Link
from harness.model.clip import Clip
from harness.model.plan import SessionPlan
from harness.model.timeline import Closed, Heard, Refused

S = 1_000_000_000
FRAME = bytes(3200)
Handler = Callable[[ServerConnection], Awaitable[None]]


class Gateway:
    """A WebSocket server of one handler; it keeps what it was sent."""

    def __init__(self) -> None:
        self.audio: list[bytes] = []
        self.said: list[dict[str, Any]] = []

    async def say(self, socket: ServerConnection, kind: str, **keys: Any) -> None:
        await socket.send(json.dumps({"type": kind, **keys}))

    async def greet(self, socket: ServerConnection) -> None:
        config = {"gateway": "double/1", "riva_target": "riva:50051", "model": "m-1", "frame_ms": 20}
        await self.say(socket, "connection", connection_id="c", server_config=config)

    async def listen(self, socket: ServerConnection) -> dict[str, Any]:
        """Audio until the next message, which is returned."""
        while True:
            message = await socket.recv()
            if isinstance(message, str):
                self.said.append(json.loads(message))
                return self.said[-1]
            self.audio.append(message)

    async def polite(self, socket: ServerConnection) -> None:
        """The whole contract, with a partial, a final and a good end."""
        await self.greet(socket)
        await self.listen(socket)
        await self.say(socket, "session_started", connection_id="c")
        await self.listen(socket)
        await self.say(socket, "partial", segment_id=0, text="hel", is_final=False)
        words = [{"word": "hello", "start": 0.1, "end": 0.5, "confidence": 0.9}]
        await self.say(socket, "transcription", segment_id=0, text="hello", is_final=True, words=words, audio_end=0.75)
        await self.say(socket, "session_stopped", connection_id="c")
        await socket.wait_closed()


@pytest.fixture
async def served() -> AsyncIterator[Callable[..., Awaitable[str]]]:
    """Serve a handler on a free port; returns its address."""
    async with AsyncExitStack() as stack:

        async def start(handler: Handler, **options: Any) -> str:
            server = await stack.enter_async_context(serve(handler, "127.0.0.1", 0, **options))
            return f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}"

        yield start


@pytest.fixture
async def raw_served() -> AsyncIterator[Callable[[bytes], Awaitable[int]]]:
    """Serve plain TCP that answers anything with fixed bytes, then hangs up; returns the port."""
    async with AsyncExitStack() as stack:

        async def start(answer: bytes) -> int:
            async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
                await reader.read(1)
                writer.write(answer)
                await writer.drain()
                writer.close()

            server = await stack.enter_async_context(await asyncio.start_server(handle, "127.0.0.1", 0))
            return int(server.sockets[0].getsockname()[1])

        yield start


Recognise = Callable[[Any, Any], Any]


class Riva(riva_asr_pb2_grpc.RivaSpeechRecognitionServicer):
    """A Riva whose stream is one function; it keeps the configurations and counts the audio."""

    def __init__(self, recognise: Recognise | None = None, models: tuple[tuple[str, str, str], ...] = ()) -> None:
        self.recognise = recognise or self.polite
        self.models = models or (("m-1", "online", "en-US"), ("m-2", "offline", "en-US"))
        self.configs: list[Any] = []
        self.audio = 0

    async def StreamingRecognize(self, requests: Any, context: Any) -> AsyncIterator[Any]:  # noqa: N802
        async for response in self.recognise(requests, context):
            yield response

    async def GetRivaSpeechRecognitionConfig(self, *_: Any) -> Any:  # noqa: N802
        response = riva_asr_pb2.RivaSpeechRecognitionConfigResponse()
        for name, kind, language in self.models:
            entry = response.model_config.add(model_name=name)
            entry.parameters.update({"type": kind, "language_code": language})
        return response

    async def polite(self, requests: Any, _: Any) -> AsyncIterator[Any]:
        """A partial at the first audio, two finals at the end."""
        async for request in requests:
            if request.HasField("streaming_config"):
                self.configs.append(request.streaming_config)
                continue
            if not self.audio:
                yield result("hel", final=False)
            self.audio += len(request.audio_content)
        yield result("hello", final=True)
        yield result("there", final=True)


def result(text: str, *, final: bool) -> Any:
    response = riva_asr_pb2.StreamingRecognizeResponse()
    alternative = response.results.add(is_final=final, audio_processed=0.75).alternatives.add(transcript=text)
    if final:
        alternative.words.add(word=text, start_time=100, end_time=500)
    return response


@pytest.fixture
async def riva_served() -> AsyncIterator[Callable[[Any], Awaitable[str]]]:
    """Serve a Riva double on a free port; returns host:port."""
    async with AsyncExitStack() as stack:

        async def start(riva: Any) -> str:
            server = grpc.aio.server()
            riva_asr_pb2_grpc.add_RivaSpeechRecognitionServicer_to_server(riva, server)
            port = server.add_insecure_port("127.0.0.1:0")
            await server.start()
            stack.push_async_callback(server.stop, 0)
            return f"127.0.0.1:{port}"

        yield start


@pytest.fixture
def session() -> SessionPlan:
    clip = Clip(
        clip_id="clip",
        rate_hz=16_000,
        path="clip.flac",
        sha256="0",
        condition="clean",
        source="clip",
        speaker="nobody",
        speech="human",
        duration_ns=S,
        reference="",
        words=(),
        segments=(),
    )
    return SessionPlan(
        session_id="s1",
        clip=clip,
        lane=0,
        repeat=0,
        open_ns=0,
        start_ns=S,
        frame_ns=S // 10,
        end_ns=2 * S,
        deadline_ns=12 * S,
    )


class Listener:
    """Collects what a link says; `until` waits for a kind of it."""

    def __init__(self) -> None:
        self.heard: list[Heard] = []
        self._news = asyncio.Event()

    def __call__(self, heard: Heard) -> None:
        self.heard.append(heard)
        self._news.set()

    async def until(self, *kinds: type) -> None:
        async with asyncio.timeout(5):
            while not any(isinstance(heard, kinds) for heard in self.heard):
                self._news.clear()
                await self._news.wait()

    async def over(self, link: Link) -> list[Heard]:
        """Everything heard up to the end; the link is closed."""
        await self.until(Closed, Refused)
        await link.close()
        return self.heard


@pytest.fixture
def listener() -> Listener:
    return Listener()


@pytest.fixture
def gateway() -> Gateway:
    return Gateway()


@pytest.fixture
def make_riva() -> type[Riva]:
    return Riva
