"""The gRPC service: Riva's streaming and offline recognition, and its list of models."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import AsyncIterator
from typing import Any, Final, Self

import grpc

from harness.embedded.offline import Offline
from harness.embedded.pool import Pool
from harness.embedded.protocol import (
    Refusal,
    check_key,
    check_model,
    exhausted,
    file_response_of,
    intake_of,
    invalid,
    models_response,
    recording_of,
    refusal_of,
    response_of,
)
from harness.embedded.recogniser import Recogniser
from harness.embedded.stream import Result, Stream

MAX_FILES: Final = 8
IDLE_LIMIT_S: Final = 60.0
_MOUTHFUL_BYTES: Final = 32_000

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


class Places:
    """So many calls of a kind at once and no more: `with` takes a place or raises the Refusal."""

    def __init__(self, most: int, what: str) -> None:
        self._most = most
        self._what = what
        self.taken = 0

    def __enter__(self) -> Self:
        if self.taken >= self._most:
            _log.warning("refused: all %d %s are in use", self._most, self._what)
            raise exhausted(f"all {self._most} {self._what} of this server are in use")
        self.taken += 1
        return self

    def __exit__(self, *_: object) -> None:
        self.taken -= 1


class RivaService:
    """nvidia.riva.asr.RivaSpeechRecognition."""

    def __init__(
        self,
        recogniser: Recogniser,
        pool: Pool,
        *,
        max_streams: int,
        parameters: dict[str, str],
        max_files: int = MAX_FILES,
        api_key: str | None = None,
        idle_limit_s: float = IDLE_LIMIT_S,
    ) -> None:
        self._recogniser = recogniser
        self._pool = pool
        self._offline = Offline(recogniser, pool)
        self._parameters = parameters
        self._api_key = api_key
        self._idle_limit_s = idle_limit_s
        self.streams = Places(max_streams, "streams")
        self.files = Places(max_files, "places for whole files")

    async def StreamingRecognize(self, _: AsyncIterator[Any], context: Any) -> None:  # noqa: N802
        # It reads and writes by itself: a generator would be left hanging at its yield when the client cancels.
        try:
            check_key(context.invocation_metadata(), self._api_key)
            config = await self._config(context)
            with self.streams:
                await self._recognise(config, context)
        except Refusal as refusal:
            await context.abort(refusal.code, refusal.text)

    async def Recognize(self, request: Any, context: Any) -> Any:  # noqa: N802
        try:
            check_key(context.invocation_metadata(), self._api_key)
            check_model(request.config, "offline")
            with self.files:
                results = await self._recognise_file(request)
            return file_response_of(results, with_words=request.config.enable_word_time_offsets)
        except Refusal as refusal:
            await context.abort(refusal.code, refusal.text)

    async def GetRivaSpeechRecognitionConfig(self, request: Any, _: Any) -> Any:  # noqa: N802
        # It needs no key: NVIDIA's scripts list the models without their metadata unless there is TLS.
        return models_response(request.model_name, self._parameters)

    async def _config(self, context: Any) -> Any:
        request = await self._read(context)
        if request is grpc.aio.EOF or not request.HasField("streaming_config"):
            raise invalid("the first message of a stream must be its streaming_config")
        check_model(request.streaming_config.config, "online")
        return request.streaming_config

    async def _recognise_file(self, request: Any) -> tuple[Result, ...]:
        try:
            return await self._offline.recognise(recording_of(request))
        except ValueError as error:
            raise refusal_of(error) from error

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
            outbox.end(refusal_of(error))
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


async def _take(request: Any, stream: Stream) -> None:
    """One message behind the config: audio, or NVIDIA's run-time switches, of which the unknown are ignored."""
    if request.HasField("streaming_config"):
        raise ValueError("streaming_config may come only once, at the start")
    for at in range(0, len(request.audio_content), _MOUTHFUL_BYTES):
        stream.feed(request.audio_content[at : at + _MOUTHFUL_BYTES])
        await asyncio.sleep(0)  # a message may hold a whole file, and the other streams must not wait for its end
        while stream.behind:
            stream.feed(b"")
            await asyncio.sleep(0)
    if request.runtime_config.get("force_eou") == "true":
        stream.end_utterance()
