"""The gateway as a process: ``python -m harness.gateway.server --port 0 --riva 127.0.0.1:50051``.

It prints one line of JSON when it listens, logs JSON to stderr, and ends on SIGTERM or SIGINT: open sessions are told
`going_away`, get their last final and are closed with 1001; what is not done by then is cut after `grace_s`.
"""

from __future__ import annotations

import asyncio
import errno
import json
import os
import signal
import ssl
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from http import HTTPStatus

import structlog
import uvloop
import websockets
from websockets.asyncio.server import Server, ServerConnection
from websockets.http11 import Request, Response

import harness
from harness.errors import UsageError
from harness.gateway import closing, parent, settings
from harness.gateway.client import Client
from harness.gateway.counters import Counters
from harness.gateway.logs import configure_logs
from harness.gateway.page import Page
from harness.gateway.session import Conversation
from harness.gateway.settings import GatewaySettings
from harness.gateway.upstream import Upstream
from harness.wire.conversation import Event

_LOG = structlog.get_logger()
_CLOSE_S = 5.0


class Gateway:
    """What the connections of one process share."""

    def __init__(self, told: GatewaySettings) -> None:
        self.settings = told
        self.counters = Counters()
        self.port = 0
        self.upstream = Upstream(told.upstream, told.riva)
        self._page = Page() if told.page else None
        self._open: dict[Conversation, Client] = {}

    async def handle(self, connection: ServerConnection) -> None:
        client = Client(connection, idle_s=self.settings.idle_s, send_s=self.settings.send_s)
        conversation = Conversation(
            client, settings=self.settings, upstream=self.upstream, counters=self.counters, key=self._key_of(connection)
        )
        self._open[conversation] = client
        try:
            await conversation.run()
        finally:
            del self._open[conversation]

    def admit(self, connection: ServerConnection, request: Request) -> Response | None:
        """Answer the page, and refuse before the upgrade what is too much; None admits."""
        if self._page is not None and (page := self._page.answer(request)) is not None:
            return page
        if len(self._open) < self.settings.max_connections:
            return None
        response = connection.respond(HTTPStatus.SERVICE_UNAVAILABLE, "All connections are taken; try again.\n")
        response.headers["Retry-After"] = "1"
        return response

    async def drain(self, server: Server) -> None:
        """Admit nobody, let open sessions say their last final, cut what takes longer than `grace_s`."""
        server.close(close_connections=False)
        try:
            async with asyncio.timeout(self.settings.grace_s):
                await asyncio.gather(*(conversation.take(Event.SHUTDOWN) for conversation in self._open))
                await server.wait_closed()
        except TimeoutError:
            for client in self._open.values():
                client.abort()
        await self.release()

    async def release(self) -> None:
        await self.upstream.close()

    def _key_of(self, connection: ServerConnection) -> str | None:
        """Who calls, where a header says so."""
        header = self.settings.upstream.key_header
        return connection.request.headers.get(header) if header and connection.request else None


@asynccontextmanager
async def listening(told: GatewaySettings) -> AsyncIterator[Gateway]:
    """A gateway that takes connections on `.port`; leaving drains it. Raises UsageError where it cannot listen."""
    tls = _tls(told)
    gateway = Gateway(told)
    try:
        server = await _serving(gateway, tls)
    except OSError as error:
        await gateway.release()
        raise _cannot_listen(told, error) from error
    gateway.upstream.start()
    gateway.port = next(iter(server.sockets)).getsockname()[1]
    try:
        yield gateway
    finally:
        await gateway.drain(server)


def _serving(gateway: Gateway, tls: ssl.SSLContext | None) -> websockets.serve:
    told = gateway.settings
    return websockets.serve(
        gateway.handle,
        told.host,
        told.port,
        ssl=tls,
        create_connection=closing.HoldingConnection,
        process_request=gateway.admit,
        compression=None,  # permessage-deflate costs 111-163 us a frame, for PCM that hardly shrinks
        max_size=told.max_message_bytes,
        ping_interval=told.ping_interval_s,
        ping_timeout=told.ping_interval_s,
        close_timeout=_CLOSE_S,
    )


async def serve(told: GatewaySettings) -> None:
    """Listen until SIGTERM or SIGINT; says where on stdout, as one line of JSON."""
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    async with listening(told) as gateway:
        ready = {"service": "gateway", "port": gateway.port, "pid": os.getpid(), "version": harness.__version__}
        sys.stdout.write(json.dumps(ready) + "\n")
        sys.stdout.flush()
        _LOG.info("listening", host=told.host, port=gateway.port, riva=gateway.upstream.name_for(None))
        await stop.wait()
        _LOG.info("draining", active_sessions=gateway.counters.active_sessions)


def _tls(told: GatewaySettings) -> ssl.SSLContext | None:
    if told.tls_cert is None:
        return None
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    try:
        context.load_cert_chain(told.tls_cert, told.tls_key)
    except (OSError, ssl.SSLError) as error:
        remedy = "give a certificate chain and its unencrypted key, both PEM"
        raise UsageError("APP_SSL_CERT, APP_SSL_KEY", f"they cannot be loaded ({error})", remedy) from error
    return context


def _cannot_listen(told: GatewaySettings, error: OSError) -> UsageError:
    where = f"{told.host}:{told.port}"
    if error.errno == errno.EADDRINUSE:
        return UsageError(where, "the port is in use", "stop what listens there, or take another --port (0: any free)")
    return UsageError(where, f"cannot listen there ({error.strerror or error})", "choose another --host or --port")


def main(argv: Sequence[str] | None = None) -> int:
    """The process's exit code: 0 after a signal, 2 with one sentence on stderr for what the user can mend."""
    try:
        told = settings.parse(sys.argv[1:] if argv is None else argv, os.environ)
        if told.exit_with_parent:
            parent.exit_with_parent()
        configure_logs()
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(serve(told))
    except UsageError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
