"""A connection whose memory is bounded whatever its client does.

What waits to be read is bounded in bytes as well as in messages; a message in bytes (the library's `max_size`) and in
fragments; what waits to be written, answers to a flood of pings included, in bytes; sockets that never ask for an
upgrade in number. And a peer is dead when nothing comes from it, not when its pong waits behind audio that was held up.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Final

from websockets.asyncio.messages import Assembler, SimpleQueue
from websockets.asyncio.server import Server, ServerConnection
from websockets.frames import CloseCode, Frame
from websockets.server import ServerProtocol

from harness.gateway import shortcut
from harness.gateway.caller import Caller
from harness.gateway.closing import HoldingConnection

_MOST_FRAMES: Final = 256
_MOST_UNSENT_BYTES: Final = 2**21  # only pongs pile up without waiting; a message of ours waits for its turn


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """Of one connection, but `sockets`: of all, upgraded or not."""

    queue_bytes: int
    sockets: int


class _Waiting(SimpleQueue[Frame]):
    """Frames in order of arrival, weighed, each with its moment."""

    def __init__(self) -> None:
        super().__init__()
        self.bytes = 0
        self.since: deque[float] = deque()

    def put(self, item: Frame) -> None:
        self.bytes += len(item.data)
        self.since.append(self.loop.time())
        super().put(item)

    async def get(self, block: bool = True) -> Frame:
        frame = await super().get(block)
        self.since.popleft()
        self.bytes -= len(frame.data)
        return frame

    def reset(self, items: Iterable[Frame]) -> None:
        back = list(items)
        super().reset(back)
        self.bytes += sum(len(frame.data) for frame in back)
        self.since.extendleft([self.loop.time()] * len(back))


class WeighingAssembler(Assembler):
    """The library's, which counts frames only, with a limit in bytes."""

    def __init__(self, *, queue_bytes: int, pause: Callable[[], Any], resume: Callable[[], Any]) -> None:
        super().__init__(_MOST_FRAMES, None, pause=pause, resume=resume)
        self.waiting = self.frames = _Waiting()
        self.queue_bytes = queue_bytes

    def maybe_pause(self) -> None:
        if not self.paused and (len(self.frames) > _MOST_FRAMES or self.waiting.bytes > self.queue_bytes):
            self.paused = True
            self.pause()

    def maybe_resume(self) -> None:
        if self.paused and len(self.frames) <= _MOST_FRAMES // 4 and self.waiting.bytes <= self.queue_bytes // 2:
            self.paused = False
            self.resume()


class BoundedConnection(HoldingConnection):
    """For `serve(create_connection=functools.partial(BoundedConnection, bounds=...))`."""

    recv_messages: WeighingAssembler

    def __init__(self, protocol: ServerProtocol, server: Server, *, bounds: Bounds, **options: Any) -> None:
        super().__init__(protocol, server, **options)
        self.caller = Caller()
        self._bounds = bounds
        self._heard_at = self.loop.time()
        self._between = False
        self.taste: shortcut.Taste | None = None
        """Is offered each binary message the moment it is here; what it does not take is queued as usual."""

    @property
    def queue_age_s(self) -> float:
        """How long the oldest frame has been waiting to be read; 0 where none is."""
        since = self.recv_messages.waiting.since
        return self.loop.time() - since[0] if since else 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self.recv_messages = WeighingAssembler(
            queue_bytes=self._bounds.queue_bytes,
            pause=self.transport.pause_reading,
            resume=self.transport.resume_reading,
        )
        if len(self.server.handlers) > self._bounds.sockets:
            self.transport.abort()

    def data_received(self, data: bytes) -> None:
        self._heard_at = self.loop.time()
        if self.taste is not None and (self._between or shortcut.is_between_messages(self.protocol)):
            data = shortcut.audio_first(data, self.taste, self.protocol.max_size)
        self._between = not data  # as long as the library sees nothing, it stands where it stood
        if data:
            super().data_received(data)
        if self.transport.get_write_buffer_size() > _MOST_UNSENT_BYTES:
            self.transport.abort()

    async def keepalive(self) -> None:
        """Ping each interval; fail the connection when nothing at all came for interval and timeout."""
        interval_s = self.ping_interval or 0.0
        patience_s = interval_s + (self.ping_timeout or 0.0)
        while True:
            await asyncio.sleep(interval_s)
            if self.recv_messages.paused:
                self._heard_at = self.loop.time()  # what it says waits in TCP: its silence is ours
            elif self.loop.time() - self._heard_at >= patience_s:
                async with self.send_context():
                    self.protocol.fail(CloseCode.INTERNAL_ERROR, "keepalive ping timeout")
            await self.ping()


def bounded(connection: ServerConnection) -> BoundedConnection:
    """The same connection, as the library hands it back."""
    if not isinstance(connection, BoundedConnection):
        raise TypeError("the server does not make its connections with BoundedConnection")
    return connection
