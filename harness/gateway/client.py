"""The client's side of a connection: frames in as events, messages out, each with a deadline."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any

from websockets.asyncio.server import ServerConnection
from websockets.exceptions import ConnectionClosed

from harness.gateway import closing, translate
from harness.wire.codec import encode
from harness.wire.conversation import Event
from harness.wire.messages import ServerMessage


class Client:
    """One WebSocket. Writing to a client that is gone is no error: `next` reports it."""

    def __init__(self, connection: ServerConnection, *, idle_s: float, send_s: float) -> None:
        self._connection = connection
        self._idle_s = idle_s
        self._send_s = send_s
        self.connection_id = str(connection.id)

    async def next(self) -> tuple[Event, translate.Payload]:
        """The next thing the client does, silence for too long included."""
        try:
            async with asyncio.timeout(self._idle_s):
                frame = await self._connection.recv()
        except TimeoutError:
            return Event.IDLE, ""
        except ConnectionClosed:
            return Event.CLIENT_GONE, ""
        if frame == closing.CLIENT_CLOSED and closing.has_closed(self._connection):
            return Event.CLIENT_CLOSED, ""
        return translate.event_of(frame)

    async def say(self, message: ServerMessage) -> None:
        await self._write(self._connection.send(encode(message)))

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
        except TimeoutError:  # it does not read, and a close frame would wait behind what it has not read
            self.abort()
