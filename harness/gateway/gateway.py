"""What runs in one process: the doors, the open conversations, and how they end when the process is to end."""

from __future__ import annotations

import asyncio
import functools
import os
from typing import Any

import structlog
import websockets
from websockets.asyncio.server import Server, ServerConnection

from harness.clock import MonotonicClock
from harness.gateway.admission import Admission
from harness.gateway.bounded import BoundedConnection, Bounds, bounded
from harness.gateway.client import Client
from harness.gateway.counters import Counters
from harness.gateway.doors import Door, Operations
from harness.gateway.front import FrontConnection
from harness.gateway.meters import Meters
from harness.gateway.presence import vanished
from harness.gateway.session import Conversation
from harness.gateway.settings import GatewaySettings
from harness.gateway.shared import Shared
from harness.gateway.switch import Switch
from harness.gateway.tls import tls_context
from harness.gateway.tokens import Tokens
from harness.gateway.traces import traces_to
from harness.gateway.upstream import Upstream
from harness.wire.conversation import Event

_LOG = structlog.get_logger()
_CLOSE_S = 5.0


class Gateway:
    """Raises UsageError for files that cannot be used. Needs a running loop; `upstream.start()` is the caller's."""

    def __init__(self, told: GatewaySettings) -> None:
        self.settings = told
        self.counters = Counters()
        self.port = 0
        self.hurry = asyncio.Event()
        """Set it to end a drain early."""
        self._tls = tls_context(told.security)
        tokens = Tokens(told.security.tokens) if told.security.tokens.wanted else None
        self.admission = Admission(told.admission, MonotonicClock(), enabled=Switch(told.switch).enabled)
        self.upstream = Upstream(told.upstream, told.riva)
        self.meters = Meters()
        self._traces = traces_to(os.environ)
        self._shared = Shared(told, self.upstream, self.counters, self.admission, self.meters, self._traces)
        self._operations = Operations(self._shared)
        self._door = Door(self._shared, self._operations, tokens)
        self._open: dict[Conversation, Client] = {}
        self._empty = asyncio.Event()
        self.meters.expose(
            self.counters,
            connections=lambda: self.admission.connections,
            queues=self._open.values,
            upstream=self.upstream.state,
            flags=self._operations.flags,
        )

    async def handle(self, connection: ServerConnection) -> None:
        connection = bounded(connection)
        caller = connection.caller
        client = Client(connection, idle_s=self.settings.idle_s, send_s=self.settings.send_s)
        conversation = Conversation(client, self._shared, caller, functools.partial(vanished, connection))
        refusal = self.admission.enter(caller.subject)
        self._open[conversation] = client
        try:
            await conversation.run(refusal)
        finally:
            del self._open[conversation]
            self.admission.leave(caller.subject)
            if not self._open:
                self._empty.set()

    def serving(self) -> websockets.serve:
        """The main port. Several workers share it: the kernel spreads connections over them."""
        told = self.settings
        bounds = Bounds(queue_bytes=told.audio.queue_bytes, sockets=2 * told.admission.connections + 100)
        more: dict[str, Any] = {"create_connection": functools.partial(BoundedConnection, bounds=bounds)}
        if self._tls is not None:
            more |= {"ssl": self._tls, "ssl_handshake_timeout": told.handshake_s}
        if told.worker is not None:
            more["reuse_port"] = True
        return websockets.serve(
            self.handle,
            told.host,
            told.port,
            process_request=self._door.open,
            compression=None,  # permessage-deflate costs 111-163 us a frame, for PCM that hardly shrinks
            max_size=told.max_message_bytes,
            open_timeout=told.handshake_s,
            ping_interval=told.ping_interval_s,
            ping_timeout=told.ping_interval_s,
            close_timeout=_CLOSE_S,
            server_header=None,
            **more,
        )

    def serving_metrics(self, port: int) -> websockets.serve:
        """The port of health, readiness and metrics alone; plain HTTP."""
        return websockets.serve(
            self.handle,
            self.settings.host,
            port,
            process_request=self._operations.only,
            create_connection=FrontConnection,
            open_timeout=self.settings.handshake_s,
            server_header=None,
        )

    async def drain(self, server: Server) -> None:
        """Admit nobody; let sessions end by themselves for `drain_s`, then end them; cut what is left after `grace_s`.

        The port stays open until then, so that readiness can say 503 and new clients hear when to come again.
        """
        self.admission.draining = True
        _LOG.info("draining", active_sessions=self.counters.active_sessions)
        idle = [conversation for conversation in self._open if not conversation.active]
        leaving = asyncio.create_task(self._tell(idle))  # one that does not read must not hold up the others
        if self._open:
            self._empty.clear()
            await self._until_empty_or_hurried()
        server.close(close_connections=False)
        try:
            async with asyncio.timeout(self.settings.grace_s):
                await self._tell(list(self._open))
                await leaving
                await server.wait_closed()
        except TimeoutError:
            for client in self._open.values():
                client.abort()
            leaving.cancel()
        await self.upstream.close()
        await asyncio.to_thread(self._traces.close)

    async def _until_empty_or_hurried(self) -> None:
        waits = [asyncio.create_task(event.wait()) for event in (self._empty, self.hurry)]
        await asyncio.wait(waits, timeout=self.settings.drain_s, return_when=asyncio.FIRST_COMPLETED)
        for wait in waits:
            wait.cancel()

    async def _tell(self, conversations: list[Conversation]) -> None:
        await asyncio.gather(*(conversation.take(Event.SHUTDOWN) for conversation in conversations))
