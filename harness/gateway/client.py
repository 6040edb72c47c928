"""The client's side of a connection: frames in as events, messages out, each with a deadline."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

from websockets.exceptions import ConnectionClosed
from websockets.protocol import State

from harness.gateway import answers, closing, shortcut, translate
from harness.gateway.bounded import BoundedConnection
from harness.gateway.intake import PCM16, SAMPLE_BYTES
from harness.wire.codec import encode
from harness.wire.conversation import Event
from harness.wire.messages import ServerMessage


class Client:
    """One WebSocket. Writing to a client that is gone is no error: `next` reports it."""

    def __init__(self, connection: BoundedConnection, *, idle_s: float, send_s: float) -> None:
        self._connection = connection
        self._idle_s = idle_s
        self._send_s = send_s
        self._loop = asyncio.get_running_loop()
        self._listening = False
        self._tasted_at_s = 0.0
        self.connection_id = str(connection.id)
        self.sample_bytes = SAMPLE_BYTES[PCM16]
        self.too_slow = False
        """Whether it was given up because it does not read."""

    @property
    def queued_bytes(self) -> int:
        return self._connection.recv_messages.waiting.bytes

    @property
    def queue_age_s(self) -> float:
        return self._connection.queue_age_s

    def limit_queue(self, queue_bytes: int) -> None:
        """What may wait to be read from now on; beyond it TCP slows the client."""
        self._connection.recv_messages.queue_bytes = queue_bytes

    def when_audio_comes(self, take: Callable[[bytes], bool]) -> None:
        """Have audio offered in the very call in which it comes, as long as nothing else waits to be read.

        What `take` declines comes by `next`.
        """

        def taste(audio: bytes) -> bool:
            idle = self._listening and not self._connection.recv_messages.frames
            if not (idle and audio) or len(audio) % self.sample_bytes or not take(audio):
                return False
            self._tasted_at_s = self._loop.time()
            return True

        self._connection.taste = taste

    async def next(self, within_s: float | None = None) -> tuple[Event | None, translate.Payload]:
        """The next thing the client does, silence for too long included; no event where `within_s` is over first."""
        since_s = self._loop.time()
        wait_s = self._idle_s if within_s is None else min(within_s, self._idle_s)
        self._listening = True
        try:
            async with asyncio.timeout(wait_s):
                frame = await self._connection.recv()
        except TimeoutError:
            idle_s = self._loop.time() - max(since_s, self._tasted_at_s)
            return (Event.IDLE if idle_s >= self._idle_s else None), ""
        except ConnectionClosed:
            return Event.CLIENT_GONE, ""
        finally:
            self._listening = False
        if frame == closing.CLIENT_CLOSED and closing.has_closed(self._connection):
            return Event.CLIENT_CLOSED, ""
        return translate.event_of(frame, self.sample_bytes)

    async def say(self, message: ServerMessage) -> None:
        text = encode(message)
        if not shortcut.say_at_once(self._connection, text.encode()):
            await self._write(self._connection.send(text))

    async def close(self, code: int) -> None:
        await self._write(self._connection.close(code))

    def abort(self) -> None:
        """Break the connection without a word."""
        self._connection.transport.abort()

    async def _write(self, write: Coroutine[Any, Any, None]) -> None:
        try:
            async with asyncio.timeout(self._send_s):
                await write
        except ConnectionClosed:
            pass
        except TimeoutError:  # it does not read
            self._leave_word("too_slow")

    def _leave_word(self, code: str) -> None:
        """Put error and close frame behind what it has not read, without waiting; the rest is one timeout away."""
        connection, self.too_slow = self._connection, True
        if connection.protocol.state is not State.OPEN:
            self.abort()
            return
        connection.protocol.send_text(encode(answers.own_error(code, None)).encode())
        connection.protocol.send_close(answers.close_code_of(code))
        connection.send_data()
        self._loop.call_later(self._send_s, self.abort)
