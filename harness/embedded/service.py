"""The gRPC services: Riva's streaming recognition and model list, and the standard health check."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import AsyncIterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

import grpc
from riva.client.proto import health_pb2

from harness.embedded.pool import Pool
from harness.embedded.protocol import Refusal, check_model, intake_of, invalid, models_response, response_of
from harness.embedded.recogniser import Recogniser
from harness.embedded.stream import Result, Stream

if TYPE_CHECKING:
    from collections.abc import Iterator

SERVICE: Final = "nvidia.riva.asr.RivaSpeechRecognition"
IDLE_LIMIT_S: Final = 60.0
_MOUTHFUL_BYTES: Final = 32_000
_SERVICE_UNKNOWN: Final = 3  # of grpc.health.v1; NVIDIA's stub of it is older and has no name for it

_log = logging.getLogger(__name__)


class Outbox:
    """Results on their way to one client: a partial that was not sent yet is replaced by a newer one."""

    def __init__(self) -> None:
        self._results: deque[Result] = deque()
        self._changed = asyncio.Event()
        self._over: BaseException | bool = False

    def put(self, result: Result) -> None:
        if self._results and not self._results[-1].is_final:
            self._results.pop()
        self._results.append(result)
        self._changed.set()

    def end(self, error: BaseException | None = None) -> None:
        """Nothing comes any more; with an error the reader gets it behind the last result."""
        self._over = self._over or error or True
        self._changed.set()

    async def __aiter__(self) -> AsyncIterator[Result]:
        while True:
            while self._results:
                yield self._results.popleft()
            if isinstance(self._over, BaseException):
                raise self._over
            if self._over:
                return
            self._changed.clear()
            await self._changed.wait()


class RivaService:
    """nvidia.riva.asr.RivaSpeechRecognition."""

    def __init__(
        self,
        recogniser: Recogniser,
        pool: Pool,
        *,
        max_streams: int,
        parameters: dict[str, str],
        idle_limit_s: float = IDLE_LIMIT_S,
    ) -> None:
        self._recogniser = recogniser
        self._pool = pool
        self._max_streams = max_streams
        self._parameters = parameters
        self._idle_limit_s = idle_limit_s
        self.streams = 0

    async def StreamingRecognize(self, _: AsyncIterator[Any], context: Any) -> None:  # noqa: N802
        # It reads and writes by itself: a generator would be left hanging at its yield when the client cancels.
        try:
            config = await self._config(context)
            with self._place():
                await self._recognise(config, context)
        except Refusal as refusal:
            await context.abort(refusal.code, refusal.text)

    async def Recognize(self, _: Any, context: Any) -> None:  # noqa: N802
        await context.abort(
            grpc.StatusCode.UNIMPLEMENTED, "Error: offline recognition is not available here, StreamingRecognize is"
        )

    async def GetRivaSpeechRecognitionConfig(self, request: Any, _: Any) -> Any:  # noqa: N802
        return models_response(request.model_name, self._parameters)

    async def _config(self, context: Any) -> Any:
        request = await self._read(context)
        if request is grpc.aio.EOF or not request.HasField("streaming_config"):
            raise invalid("the first message of a stream must be its streaming_config")
        check_model(request.streaming_config.config)
        return request.streaming_config

    @contextmanager
    def _place(self) -> Iterator[None]:
        if self.streams >= self._max_streams:
            _log.warning("refused a stream: all %d are in use", self._max_streams)
            raise Refusal(
                grpc.StatusCode.RESOURCE_EXHAUSTED, f"all {self._max_streams} streams of this server are in use"
            )
        self.streams += 1
        try:
            yield
        finally:
            self.streams -= 1

    async def _recognise(self, config: Any, context: Any) -> None:
        outbox = Outbox()
        stream = Stream(self._recogniser, self._pool, intake_of(config.config), outbox.put, outbox.end)
        reader = asyncio.create_task(self._read_all(context, stream, outbox))
        try:
            async for result in outbox:
                if result.is_final or config.interim_results:
                    await context.write(response_of(result, with_words=config.config.enable_word_time_offsets))
        finally:
            reader.cancel()
            stream.close()

    async def _read_all(self, context: Any, stream: Stream, outbox: Outbox) -> None:
        try:
            while (request := await self._read(context)) is not grpc.aio.EOF:
                await _take(request, stream)
            await stream.finish()
            outbox.end()
        except ValueError as error:
            outbox.end(invalid(str(error)))
        except Refusal as refusal:
            outbox.end(refusal)
        except Exception as error:  # noqa: BLE001  whatever broke, the client must hear of it
            _log.exception("a stream broke")
            outbox.end(error)  # which gRPC answers with UNKNOWN

    async def _read(self, context: Any) -> Any:
        try:
            async with asyncio.timeout(self._idle_limit_s):
                return await context.read()
        except TimeoutError:
            # Triton frees an idle sequence and fails what comes later with this code.
            raise invalid(f"no audio for {self._idle_limit_s:g} s, so the stream was freed") from None


class HealthService:
    """grpc.health.v1.Health, for the whole server ("") and for Riva's service."""

    def __init__(self) -> None:
        self._serving = True
        self._changed = asyncio.Event()

    def leave(self) -> None:
        self._serving = False
        self._changed.set()

    async def Check(self, request: Any, context: Any) -> Any:  # noqa: N802
        if request.service not in ("", SERVICE):
            await context.abort(grpc.StatusCode.NOT_FOUND, f"no service {request.service}")
        return self._status()

    async def Watch(self, request: Any, _: Any) -> AsyncIterator[Any]:  # noqa: N802
        if request.service in ("", SERVICE):
            yield self._status()
            await self._changed.wait()
            yield self._status()
            return
        yield health_pb2.HealthCheckResponse(status=_SERVICE_UNKNOWN)
        await self._changed.wait()

    def _status(self) -> Any:
        status = health_pb2.HealthCheckResponse
        return status(status=status.SERVING if self._serving else status.NOT_SERVING)


async def _take(request: Any, stream: Stream) -> None:
    """One message behind the config: audio, or NVIDIA's run-time switches, of which the unknown are ignored."""
    if request.HasField("streaming_config"):
        raise ValueError("streaming_config may come only once, at the start")
    for at in range(0, len(request.audio_content), _MOUTHFUL_BYTES):
        stream.feed(request.audio_content[at : at + _MOUTHFUL_BYTES])
        await asyncio.sleep(0)  # a message may hold a whole file, and the other streams must not wait for its end
    if request.runtime_config.get("force_eou") == "true":
        stream.end_utterance()
