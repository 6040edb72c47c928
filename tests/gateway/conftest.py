"""A gateway between a real WebSocket client and the scripted Riva, all on loopback for one test."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from typing import Any

import pytest
from support.scripted import double, riva
from websockets.asyncio.client import ClientConnection
from websockets.asyncio.client import connect as connect_socket

from harness.gateway.server import Gateway, listening
from harness.gateway.settings import GatewaySettings
from harness.riva.config import RivaConfig
from harness.wire.codec import decode_server, encode
from harness.wire.messages import ClientMessage, Connection, ServerMessage, SessionStarted, StartTranscription

__all__ = ["double", "riva"]


class Talk:
    """A client of the gateway that speaks in messages; whatever it waits for is due within 5 s."""

    def __init__(self, socket: ClientConnection) -> None:
        self.socket = socket
        self.greeting: Connection | None = None

    async def say(self, message: ClientMessage) -> None:
        await self.socket.send(encode(message))

    async def hear(self) -> ServerMessage:
        async with asyncio.timeout(5):
            return decode_server(str(await self.socket.recv()))

    async def hear_until(self, kind: type[ServerMessage]) -> list[ServerMessage]:
        """Everything up to and including the first message of a kind."""
        heard = [await self.hear()]
        while not isinstance(heard[-1], kind):
            heard.append(await self.hear())
        return heard

    async def start(self, **options: Any) -> SessionStarted:
        await self.say(StartTranscription(**options))
        heard = await self.hear_until(SessionStarted)
        assert isinstance(heard[-1], SessionStarted)
        return heard[-1]

    async def closed(self) -> int | None:
        """The server's close code, once the connection is over."""
        async with asyncio.timeout(5):
            await self.socket.wait_closed()
        return self.socket.close_code


Open = Callable[..., Awaitable[Gateway]]
Connect = Callable[..., Awaitable[Talk]]


@pytest.fixture
async def gateway(riva: Any) -> AsyncIterator[Open]:
    """Starts gateways before the scripted Riva, in this loop: `await gateway(idle_s=1)`."""
    async with AsyncExitStack() as stack:

        async def start(riva_config: dict[str, Any] | None = None, **options: Any) -> Gateway:
            config = RivaConfig(**{"host": "127.0.0.1", "port": riva.port, **(riva_config or {})})
            settings = GatewaySettings(riva=config, **{"grace_s": 0.5, "drain_s": 0, **options})
            return await stack.enter_async_context(listening(settings))

        yield start


@pytest.fixture
async def connect() -> AsyncIterator[Connect]:
    """Makes clients that have been greeted."""
    async with AsyncExitStack() as stack:

        async def talk(gateway: Gateway, **options: Any) -> Talk:
            address = f"ws{'s' if 'ssl' in options else ''}://127.0.0.1:{gateway.port}"
            client = connect_socket(address, **{"compression": None, "close_timeout": 5, **options})
            talk = Talk(await stack.enter_async_context(client))
            greeting = await talk.hear()
            assert isinstance(greeting, Connection)
            talk.greeting = greeting
            return talk

        yield talk


@pytest.fixture
def free_port() -> int:
    """A port that nobody listened on a moment ago."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return int(taken.getsockname()[1])
