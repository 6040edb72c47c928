"""One client's connection: `wire.conversation` says what may happen, this does it, between two sockets.

Two tasks share it. The connection's own reads the client and hands audio to Riva, awaiting Riva's backpressure: the
queue of audio is the WebSocket's, and behind it TCP slows the client. Audio for which there is room everywhere takes a
short way past it (`passage`). The relay reads Riva and writes to the client, a partial in the same turn of the loop in
which it came. No lock between them: a state changes before an await.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from typing import Any, Final

from harness.gateway import answers, translate
from harness.gateway.admission import Refusal
from harness.gateway.caller import Caller
from harness.gateway.client import Client
from harness.gateway.passage import Passage
from harness.gateway.record import Session
from harness.gateway.sessions import begin, end, greeting, timestamp
from harness.gateway.shared import Shared
from harness.gateway.upstream import UpstreamStream
from harness.riva.convert import RivaFinal, RivaPartial
from harness.riva.failures import Failure, RivaError
from harness.wire import conversation, messages
from harness.wire.conversation import Do, Event, State

_S: Final = 1_000_000_000
_TAIL_S: Final = 60.0  # Riva's deadline lies behind the session's: the last final comes after its end
_LOOK_UP_S: Final = 1.0


class Conversation:
    """One connection from its greeting to its close."""

    def __init__(self, client: Client, shared: Shared, caller: Caller, vanished: Callable[[], bool]) -> None:
        self._client = client
        self._vanished = vanished
        self._shared = shared
        self._caller = caller
        self._clock = shared.counters.clock
        self._state = State.CONNECTED
        self._session: Session | None = None
        self._stream: UpstreamStream | None = None
        self._relay: asyncio.Task[None] | None = None
        self._last_code: str | None = None
        self._doers: dict[Do, Callable[[Any], Awaitable[None]]] = {
            Do.NOTHING: self._nothing,
            Do.OPEN: self._open,
            Do.FORWARD: self._forward,
            Do.FINISH: self._finish,
            Do.RELAY: self._tell,
            Do.PONG: self._pong,
            Do.METRICS: self._metrics,
            Do.STOPPED: self._stopped,
            Do.STOPPED_CLOSE: self._stopped_close,
            Do.REFUSE: self._refuse,
            Do.FAIL: self._fail,
            Do.CLOSE: self._close,
            Do.DROP: self._drop,
        }

    @property
    def active(self) -> bool:
        """Whether a session is open, from its start to its session_stopped."""
        return self._session is not None

    async def run(self, refusal: Refusal | None = None) -> None:
        """Returns when the connection is over and nothing of it is left on Riva's side.

        With a refusal it is told and closed: there was room before the upgrade, and is none after it.
        """
        try:
            if refusal is not None:
                await self._refuse(refusal)
                return
            await self._client.say(greeting(self._shared, self._caller, self._client.connection_id))
            event: Event | None = None
            while event is not Event.CLIENT_GONE:  # read on while closing: its close frame may stand behind audio
                event, payload = await self._client.next(self._due_s())
                if event is not None:
                    await self.take(event, payload)
                await self._keep_time()
        finally:
            self._cancel_stream()
            if self._relay is not None:
                await self._relay
            self._end_session("abandoned")

    async def take(self, event: Event, payload: object = None) -> None:
        """Let something happen to this connection: the one way in, for the client, Riva and a shutdown alike."""
        step = conversation.step(self._state, event)
        self._state = step.state
        if step.code is not None:
            detail = payload if isinstance(payload, str) else ""  # never the audio, nor the start, that came too early
            await self._complain(answers.own_error(step.code, self._stream_id, detail))
        await self._doers[step.do](payload)

    # --- what the table asks for

    async def _nothing(self, _: object) -> None:
        pass

    async def _open(self, start: messages.StartTranscription) -> None:
        if refusal := self._refusal():
            await self.take(Event.REFUSED, refusal)
            return
        session = self._begin_session(start)
        try:
            stream = await self._shared.upstream.stream(
                session.ask,
                key=self._caller.key or session.stream_id,
                deadline_s=self._shared.settings.session_s + _TAIL_S,
                trace=session.trace,
            )
        except RivaError as error:
            await self.take(Event.FAILED, error.failure)
            return
        self._stream = stream
        passage = Passage(session, stream, self._clock, self._shared.holds, lambda: self._state is State.STREAMING)
        self._client.when_audio_comes(passage.take)
        session.log = session.log.bind(riva=stream.endpoint, group=stream.group)
        started = messages.SessionStarted(
            connection_id=self._client.connection_id,
            enable_partials=session.ask.interim_results,
            stream_id=session.stream_id,
            timestamp=timestamp(),
        )
        await self._client.say(started)
        self._relay = asyncio.create_task(self._relay_all(stream))
        self._relay.add_done_callback(self._relay_over)
        if self._state is not State.STREAMING:  # a shutdown came while Riva was asked
            await self._finish(None)

    async def _forward(self, audio: bytes) -> None:
        session = self._session
        if session is None or self._stream is None:
            return
        now_ns = self._clock.now_ns()
        await self._send(session.audio_came(audio, now_ns))
        hold_ns = session.pace.hold_ns(session.intake.duration_ns(audio), now_ns)
        if session.pace.too_fast:
            await self.take(Event.TOO_FAST)
        elif hold_ns:
            await self._hold(now_ns + hold_ns)

    async def _hold(self, until_ns: int) -> None:
        """Read nothing more for a while: TCP slows the client down."""
        while self._state is State.STREAMING and (left_ns := until_ns - self._clock.now_ns()) > 0:
            await asyncio.sleep(min(left_ns / _S, _LOOK_UP_S))
            if self._vanished():
                self._client.abort()
                await self.take(Event.CLIENT_GONE)

    async def _send(self, pcm: bytes) -> None:
        if pcm and self._stream is not None:
            with contextlib.suppress(RivaError):  # the relay hears of the same failure, and speaks of it
                await self._stream.send(pcm)

    async def _finish(self, _: object) -> None:
        if self._stream is None or self._session is None:
            return
        await self._send(self._session.intake.finish())
        with contextlib.suppress(RivaError):
            await self._stream.done()

    def _due_s(self) -> float | None:
        """How long the client may be waited for: until held audio must go on, or the session's time is over."""
        session = self._session
        if session is None or self._state is not State.STREAMING:
            return None
        due_ns = session.until_ns if session.intake.due_ns is None else session.intake.due_ns
        return max(0.0, (due_ns - self._clock.now_ns()) / _S)

    async def _keep_time(self) -> None:
        session = self._session
        if session is None or self._state is not State.STREAMING:
            return
        now_ns = self._clock.now_ns()
        if session.intake.due_ns is not None and now_ns >= session.intake.due_ns:
            await self._send(session.intake.flush())
        if now_ns >= session.until_ns:
            await self.take(Event.TOO_LONG)

    async def _tell(self, heard: RivaPartial | RivaFinal) -> None:
        session = self._session
        if session is None:
            return
        now_ns = self._clock.now_ns()
        processing_ms = session.processing_ms(now_ns)
        if isinstance(heard, RivaFinal):
            message = translate.transcription(
                heard, session.segment, timestamp=timestamp(), processing_ms=processing_ms
            )
            self._shared.meters.heard(session.final_said(heard, now_ns))
            self._shared.counters.finals_total += 1
            await self._client.say(message)
        elif session.ask.interim_results:
            session.partial_said(now_ns)
            self._shared.counters.partials_total += 1
            said = translate.partial(heard, session.segment, timestamp=timestamp(), processing_ms=processing_ms)
            await self._client.say(said)

    async def _pong(self, _: object) -> None:
        await self._client.say(messages.Pong(timestamp=timestamp()))

    async def _metrics(self, _: object) -> None:
        await self._client.say(messages.Metrics(values=self._shared.counters.values(), timestamp=timestamp()))

    async def _stopped(self, _: object) -> None:
        self._end_session("ok" if self._state is State.CONNECTED else self._last_code or "ok")
        stopped = messages.SessionStopped(connection_id=self._client.connection_id, timestamp=timestamp())
        await self._client.say(stopped)
        if self._shared.admission.draining:
            await self.take(Event.SHUTDOWN)

    async def _refuse(self, refusal: Refusal) -> None:
        self._shared.meters.refused.labels(refusal.code).inc()
        await self._complain(
            answers.own_error(refusal.code, self._caller.stream_id, retry_after_s=refusal.retry_after_s)
        )
        await self._close(None)

    async def _stopped_close(self, _: object) -> None:
        await self._stopped(None)
        await self._close(None)

    async def _fail(self, failure: Failure) -> None:
        if self._session is not None:
            self._session.log.warning("riva failed", status=failure.status, details=failure.details)
        self._shared.meters.upstream_errors.labels(failure.code).inc()
        await self._complain(answers.upstream_error(failure, self._stream_id))
        self._end_session(failure.code)
        await self._close(None)

    async def _close(self, _: object) -> None:
        self._cancel_stream()
        self._end_session(self._last_code or "closed")
        await self._client.close(answers.close_code_of(self._last_code))

    async def _drop(self, _: object) -> None:
        self._cancel_stream()
        if self._client.too_slow:
            self._shared.counters.errors_total["too_slow"] += 1
        self._end_session("too_slow" if self._client.too_slow else "client_gone")

    # --- and how

    @property
    def _stream_id(self) -> str | None:
        return self._session.stream_id if self._session is not None else None

    async def _complain(self, error: messages.Error) -> None:
        self._last_code = error.code
        self._shared.counters.errors_total[error.code or ""] += 1
        await self._client.say(error)

    async def _relay_all(self, stream: UpstreamStream) -> None:
        try:
            async for heard in stream:
                await self.take(Event.HEARD, heard)
        except RivaError as error:
            await self.take(Event.FAILED, error.failure)
        else:
            await self.take(Event.DONE)

    def _relay_over(self, relay: asyncio.Task[None]) -> None:
        if not relay.cancelled() and relay.exception() is not None:
            self._client.abort()  # a bug of ours: `run` raises it, and no client waits for what will not come

    def _refusal(self) -> Refusal | None:
        if self._caller.expired:
            return Refusal("unauthenticated", 0)
        return self._shared.admission.begin(self._caller.subject)

    def _begin_session(self, start: messages.StartTranscription) -> Session:
        self._stream = None
        self._session = begin(start, self._shared, self._caller, self._client.connection_id)
        self._client.sample_bytes = self._session.intake.sample_bytes
        self._client.limit_queue(self._session.intake.queue_bytes)
        return self._session

    def _end_session(self, outcome: str) -> None:
        session, self._session = self._session, None
        if session is not None:
            end(session, self._shared, outcome)

    def _cancel_stream(self) -> None:
        if self._stream is not None:
            self._stream.cancel()
