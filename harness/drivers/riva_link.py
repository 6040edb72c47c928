"""One Riva stream: Heard on one side, a writing and a reading task on the other."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final

from harness.drivers.backlog import LIMIT_S, Backlog
from harness.drivers.base import OnHeard
from harness.drivers.lacks import lack_told
from harness.model.timeline import Closed, Errored, Heard, HeardWord, Opened, Partial, Refused
from harness.model.timeline import Final as FinalHeard
from harness.riva.client import RivaClient
from harness.riva.convert import Recognition, RivaEvent, RivaFinal, RivaPartial
from harness.riva.failures import Failure, RivaError
from harness.riva.stream import RivaStream

NS_PER_MS: Final = 1_000_000
NOT_ADMITTED: Final = ("resource_exhausted", "unauthorized")


class RivaLink:
    """Ready is when the configuration is written: Riva itself says nothing before it has audio."""

    def __init__(
        self, client: RivaClient, ask: Recognition, on_heard: OnHeard, release: Callable[[], None] = lambda: None
    ) -> None:
        self._client = client
        self._ask = ask
        self._on_heard = on_heard
        self._release = release
        self._backlog = Backlog(ask.sample_rate_hz)
        self._more = asyncio.Event()
        self._taking = False  # the writer waits for frames, not for Riva
        self._audio_gone = False
        self._ended = False
        self._over = False
        self._segment = 0
        self._streaming = asyncio.get_running_loop().create_task(self._stream())

    def send(self, frame: bytes) -> int:
        if self._over:
            return 0
        self._backlog.add(frame)
        self._more.set()
        if self._backlog.over:
            self._finish(
                Closed(code="CANCELLED"),
                Errored(code="timeout", detail=f"over {LIMIT_S} s of audio waited for the target"),
            )
        return 0 if self._taking else len(self._backlog)

    def end(self) -> None:
        self._ended = True
        self._more.set()

    async def close(self) -> None:
        self._over = True
        self._streaming.cancel()
        await asyncio.gather(self._streaming, return_exceptions=True)
        self._release()

    async def _stream(self) -> None:
        try:
            stream = await self._client.stream(self._ask)
            self._tell(Opened())
            writing = asyncio.create_task(self._write(stream))
            try:
                async for event in stream:
                    self._tell(self._heard_of(event))
                self._finish(Closed(code="OK"))
            finally:
                writing.cancel()
                stream.cancel()
                await asyncio.gather(writing, return_exceptions=True)
        except RivaError as error:
            self._fail(error.failure)

    async def _write(self, stream: RivaStream) -> None:
        try:
            while not self._ended or self._backlog:
                if not self._backlog:
                    self._taking = True
                    await self._more.wait()
                    self._taking = False
                self._more.clear()
                while self._backlog:
                    self._audio_gone = True
                    await stream.send(self._backlog.take())
            await stream.done()
        except RivaError as error:
            self._fail(error.failure)

    def _heard_of(self, event: RivaEvent) -> Heard:
        """Riva numbers no segments: each final ends one."""
        segment = self._segment
        if isinstance(event, RivaPartial):
            return Partial(segment=segment, text=event.text)
        self._segment += 1
        return _final(event, segment)

    def _fail(self, failure: Failure) -> None:
        detail = f"{failure.status}: {failure.details or failure.text}"
        if (lack := lack_told(failure.details)) is not None:
            self._finish(Closed(code=failure.status), Errored(code=lack[0], detail=lack[1], ours=True))
            return
        if failure.code in NOT_ADMITTED and not self._audio_gone:
            self._finish(Refused(code=failure.code, detail=detail))
        else:
            said = Errored(code=failure.code, retryable=failure.retryable, detail=detail)
            self._finish(Closed(code=failure.status), said)

    def _finish(self, last: Refused | Closed, reason: Errored | None = None) -> None:
        if reason is not None:
            self._tell(reason)
        self._tell(last)
        self._over = True
        self._backlog.clear()

    def _tell(self, heard: Heard) -> None:
        if not self._over:
            self._on_heard(heard)


def _final(event: RivaFinal, segment: int) -> FinalHeard:
    words = tuple(
        HeardWord(text=word.text, start_ns=word.start_ms * NS_PER_MS, end_ns=word.end_ms * NS_PER_MS)
        for word in event.words
    )
    end_s = event.audio_processed_s
    return FinalHeard(
        segment=segment, text=event.text, words=words, audio_end_ns=None if end_s is None else round(end_s * 1e9)
    )
