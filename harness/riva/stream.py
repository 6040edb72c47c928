"""One streaming recognition over a grpc.aio call, with deadlines; iteration alone says how it ended."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any, Final

import grpc
from riva.client.proto import riva_asr_pb2

from harness.riva.convert import Recognition, RivaEvent, audio_request, config_request, events_of
from harness.riva.failures import Failure, RivaError, failure_of

_OVERDUE: Final = "DEADLINE_EXCEEDED"
_CANCELLED: Final = "CANCELLED"


class RivaStream:
    """`send` and `done` belong to one task, iteration to one other; `cancel` to anybody.

    Each step on Riva's side, and everything it has to say after the audio, is due within `step_s` seconds.
    Writing to a stream that is over does nothing: what was said before its end, and the reason, are still to be read.
    """

    def __init__(self, call: Any, *, step_s: float, where: str = "") -> None:
        self._call = call
        self._step_s = step_s
        self._where = where
        self._overdue: str | None = None
        self._ending: asyncio.TimerHandle | None = None
        self._loop = asyncio.get_running_loop()
        self._awaiting: str | None = None  # the step that is under way
        self._due_s = 0.0
        self._overseer: asyncio.TimerHandle | None = None
        call.add_done_callback(self._over)

    async def configure(self, ask: Recognition) -> None:
        """The first message of a stream; returns when it is written. Raises RivaError where Riva is not reached."""
        try:
            async with asyncio.timeout(self._step_s):
                await self._call.wait_for_connection()
        except TimeoutError:
            self._expire("the connection")
            raise RivaError(self._given_up()) from None
        except grpc.aio.AioRpcError as error:
            raise self._failed(error) from error
        await self._write(config_request(ask), "accepting the configuration")

    async def send(self, pcm: bytes) -> None:
        """Hand over PCM16 audio; returns when gRPC has taken it, which is Riva's backpressure."""
        await self._write(audio_request(pcm), "taking audio")

    async def done(self) -> None:
        """The audio is over; iteration ends within the step's time, well or not."""
        self._end_within_a_step("the final after the end of the audio")
        await self._step(self._call.done_writing(), "taking the end of the audio")

    def cancel(self) -> None:
        """Give up at once: iteration ends with a RivaError of code "cancelled". Harmless on an ended stream."""
        self._call.cancel()

    def give_up(self, what: str) -> None:
        """End it as a timeout: `what` is overdue. Harmless on an ended stream."""
        self._expire(what)

    def when_over(self, tell: Callable[[], None]) -> None:
        """Call back once Riva has given its status; what it said before may still be unread."""
        self._call.add_done_callback(lambda _: tell())

    async def __aiter__(self) -> AsyncIterator[RivaEvent]:
        """Every event until Riva says OK; any other end raises RivaError."""
        while (response := await self._read()) is not grpc.aio.EOF:
            for event in events_of(response):
                yield event

    async def _read(self) -> Any:
        try:
            return await self._call.read()
        except grpc.aio.AioRpcError as error:
            raise self._failed(error) from error
        except asyncio.CancelledError:
            if _is_cancelled():
                raise
            raise RivaError(self._given_up()) from None

    async def _write(self, request: riva_asr_pb2.StreamingRecognizeRequest, what: str) -> None:
        """Write without `call.write`, which spoils the reason.

        A write into a call that Riva has ended fails, and `call.write` then overwrites the status that Riva gave
        (RESOURCE_EXHAUSTED, say) with an INTERNAL of its own, for whoever asks and reads afterwards
        (github.com/grpc/grpc/issues/36066). With grpcio 1.85.1 that hit 240 of 300 hasty writers.
        """
        if self._call.done():
            await asyncio.sleep(0)  # a writer in a loop must not keep the reader from hearing of the end
            return
        message = request.SerializeToString()
        await self._step(self._call._cython_call.send_serialized_message(message), what)  # noqa: SLF001  see above

    async def _step(self, step: Awaitable[None], what: str) -> None:
        self._awaiting, self._due_s = what, self._loop.time() + self._step_s
        if self._overseer is None:
            self._overseer = self._loop.call_at(self._due_s, self._oversee)
        try:
            await step
        except (grpc.aio.InternalError, asyncio.InvalidStateError):
            self._end_within_a_step("the reason for the end")  # the call is over; reading on tells why
        except asyncio.CancelledError:
            if _is_cancelled():
                raise
        finally:
            self._awaiting = None

    def _oversee(self) -> None:
        """One timer looks after all steps: one for each would cost a tenth of all the CPU a stream takes."""
        self._overseer = None
        if self._awaiting is None:
            return
        if self._loop.time() < self._due_s:
            self._overseer = self._loop.call_at(self._due_s, self._oversee)
        else:
            self._expire(self._awaiting)

    def _end_within_a_step(self, what: str) -> None:
        if self._ending is None and not self._call.done():
            self._ending = self._loop.call_later(self._step_s, self._expire, what)

    def _expire(self, what: str) -> None:
        self._overdue = self._overdue or what
        self._call.cancel()

    def _over(self, _: Any) -> None:
        for timer in (self._ending, self._overseer):
            if timer is not None:
                timer.cancel()

    def _given_up(self) -> Failure:
        if self._overdue:
            return failure_of(_OVERDUE, f"{self._overdue} is overdue", where=self._where)
        return failure_of(_CANCELLED, where=self._where)

    def _failed(self, error: grpc.aio.AioRpcError) -> RivaError:
        return RivaError(failure_of(error.code().name, error.details() or "", where=self._where))


def _is_cancelled() -> bool:
    """Whether this task is cancelled; grpc.aio raises CancelledError for a cancelled *call* as well."""
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0
