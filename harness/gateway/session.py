"""One client's connection: `wire.conversation` says what may happen, this does it, between two sockets.

Two tasks share it. The connection's own reads the client and hands audio to Riva, awaiting Riva's backpressure: the
queue of audio is the WebSocket's, 16 frames, and behind it TCP slows the client. The relay reads Riva and writes to the
client, a partial in the same turn of the loop in which it came. No lock between them: a state changes before an await.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import structlog

import harness
from harness.gateway import answers, translate
from harness.gateway.client import Client
from harness.gateway.counters import Counters
from harness.gateway.settings import GatewaySettings
from harness.gateway.upstream import Upstream, UpstreamStream
from harness.pcm import BYTES_PER_SAMPLE
from harness.riva.convert import Recognition, RivaFinal, RivaPartial
from harness.riva.failures import Failure, RivaError
from harness.wire import conversation, messages
from harness.wire.conversation import Do, Event, State

GATEWAY = f"riva-slo-gateway/{harness.__version__}"
_LOG = structlog.get_logger()


@dataclass(slots=True, kw_only=True)
class _Session:
    """From start_transcription to session_stopped."""

    stream_id: str
    ask: Recognition
    log: Any
    started_ns: int
    audio_at_ns: int  # when the newest audio came
    audio_bytes: int = 0
    segment: int = 0

    @property
    def audio_s(self) -> float:
        return self.audio_bytes / BYTES_PER_SAMPLE / self.ask.sample_rate_hz


class Conversation:
    """One connection from its greeting to its close."""

    def __init__(
        self,
        client: Client,
        *,
        settings: GatewaySettings,
        upstream: Upstream,
        counters: Counters,
        key: str | None = None,
    ) -> None:
        """`key` says whose sessions these are, which settles their group; without one each stream_id does."""
        self._client = client
        self._settings = settings
        self._upstream = upstream
        self._key = key
        self._counters = counters
        self._state = State.CONNECTED
        self._session: _Session | None = None
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
            Do.FAIL: self._fail,
            Do.CLOSE: self._close,
            Do.DROP: self._drop,
        }

    async def run(self) -> None:
        """Returns when the connection is over and nothing of it is left on Riva's side."""
        try:
            await self._client.say(self._greeting())
            event = None
            while event is not Event.CLIENT_GONE:  # read on while closing: its close frame may stand behind audio
                event, payload = await self._client.next()
                await self.take(event, payload)
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
            await self._complain(answers.own_error(step.code, self._stream_id, str(payload or "")))
        await self._doers[step.do](payload)

    # --- what the table asks for

    async def _nothing(self, _: object) -> None:
        pass

    async def _open(self, start: messages.StartTranscription) -> None:
        session = self._begin_session(start)
        try:
            stream = await self._upstream.stream(
                session.ask, key=self._key or session.stream_id, deadline_s=self._settings.session_s
            )
        except RivaError as error:
            await self.take(Event.FAILED, error.failure)
            return
        self._stream = stream
        session.log = session.log.bind(riva=stream.endpoint, group=stream.group)
        started = messages.SessionStarted(
            connection_id=self._client.connection_id,
            enable_partials=session.ask.interim_results,
            stream_id=session.stream_id,
            timestamp=_timestamp(),
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
        session.audio_at_ns = self._counters.clock.now_ns()
        session.audio_bytes += len(audio)
        with contextlib.suppress(RivaError):  # the relay hears of the same failure, and speaks of it
            await self._stream.send(audio)

    async def _finish(self, _: object) -> None:
        if self._stream is not None:
            with contextlib.suppress(RivaError):
                await self._stream.done()

    async def _tell(self, heard: RivaPartial | RivaFinal) -> None:
        session = self._session
        if session is None:
            return
        processing_ms = round((self._counters.clock.now_ns() - session.audio_at_ns) / 1e6, 3)
        if isinstance(heard, RivaFinal):
            message = translate.transcription(
                heard, session.segment, timestamp=_timestamp(), processing_ms=processing_ms
            )
            session.segment += 1
            self._counters.finals_total += 1
            await self._client.say(message)
        elif session.ask.interim_results:
            self._counters.partials_total += 1
            await self._client.say(
                messages.Partial(
                    segment_id=session.segment,
                    text=heard.text,
                    timestamp=_timestamp(),
                    processing_time_ms=processing_ms,
                )
            )

    async def _pong(self, _: object) -> None:
        await self._client.say(messages.Pong(timestamp=_timestamp()))

    async def _metrics(self, _: object) -> None:
        await self._client.say(messages.Metrics(values=self._counters.values(), timestamp=_timestamp()))

    async def _stopped(self, _: object) -> None:
        self._end_session("ok")
        stopped = messages.SessionStopped(connection_id=self._client.connection_id, timestamp=_timestamp())
        await self._client.say(stopped)

    async def _stopped_close(self, _: object) -> None:
        await self._stopped(None)
        await self._close(None)

    async def _fail(self, failure: Failure) -> None:
        if self._session is not None:
            self._session.log.warning("riva failed", status=failure.status, details=failure.details)
        await self._complain(answers.upstream_error(failure, self._stream_id))
        self._end_session(failure.code)
        await self._close(None)

    async def _close(self, _: object) -> None:
        self._cancel_stream()
        self._end_session(self._last_code or "closed")
        await self._client.close(answers.close_code_of(self._last_code))

    async def _drop(self, _: object) -> None:
        self._cancel_stream()
        self._end_session("client_gone")

    # --- and how

    def _greeting(self) -> messages.Connection:
        config = messages.ServerConfig(
            sample_rate_hz=self._settings.sample_rate_hz,
            channels=1,
            frame_ms=self._settings.frame_ms,
            riva_target=self._upstream.name_for(self._key),
            gateway=GATEWAY,
            model=self._settings.riva.model,
        )
        return messages.Connection(
            connection_id=self._client.connection_id, server_config=config, timestamp=_timestamp()
        )

    @property
    def _stream_id(self) -> str | None:
        return self._session.stream_id if self._session is not None else None

    async def _complain(self, error: messages.Error) -> None:
        self._last_code = error.code
        self._counters.errors_total[error.code or ""] += 1
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

    def _begin_session(self, start: messages.StartTranscription) -> _Session:
        now_ns = self._counters.clock.now_ns()
        stream_id = start.stream_id or uuid4().hex
        ask = translate.recognition(start, self._settings.riva, self._settings.sample_rate_hz)
        names = {"stream_id": stream_id, "connection_id": self._client.connection_id}
        structlog.contextvars.bind_contextvars(**names)  # for what the upstream has to say about this stream
        log = _LOG.bind(**names)
        self._stream = None
        self._session = _Session(stream_id=stream_id, ask=ask, log=log, started_ns=now_ns, audio_at_ns=now_ns)
        self._counters.sessions_total += 1
        self._counters.active_sessions += 1
        log.info("session started", sample_rate_hz=ask.sample_rate_hz, language_code=ask.language_code)
        return self._session

    def _end_session(self, outcome: str) -> None:
        session, self._session = self._session, None
        if session is None:
            return
        self._counters.active_sessions -= 1
        self._counters.audio_seconds_total += session.audio_s
        session.log.info(
            "session ended",
            outcome=outcome,
            audio_s=round(session.audio_s, 3),
            duration_s=round((self._counters.clock.now_ns() - session.started_ns) / 1e9, 3),
            finals=session.segment,
        )

    def _cancel_stream(self) -> None:
        if self._stream is not None:
            self._stream.cancel()


def _timestamp() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")
