"""What every hostile test stands on: a gateway at rest, and the proof that it came to rest again with nothing said."""

from __future__ import annotations

import asyncio
import logging
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import structlog
from doubles.hostile_client import CleanSlate, HostileClient, eventually, frame, text
from websockets.exceptions import WebSocketException

from harness.gateway.server import listening
from harness.gateway.settings import GatewaySettings
from harness.riva.config import RivaConfig

AUDIO = frame(0x2, bytes(640))
START = {"type": "start_transcription"}
STOP = text({"type": "stop_transcription"})


@dataclass(frozen=True, slots=True)
class Setting:
    """A gateway before a scripted Riva, and its clients, who all leave in the end."""

    gateway: Any
    riva: Any
    tls: ssl.SSLContext | None = None
    clients: list[HostileClient] = field(default_factory=list)
    problems: Callable[[], list[Any]] = list

    @property
    def port(self) -> int:
        return int(self.gateway.port)

    async def dial(self, **options: Any) -> HostileClient:
        """A connection on which nothing was said."""
        self.clients.append(await HostileClient.dial(self.port, **{"tls": self.tls, **options}))
        return self.clients[-1]

    async def client(
        self, *, started: bool = False, headers: dict[str, str] | None = None, **options: Any
    ) -> HostileClient:
        """One that has been greeted, and has a session if it is `started`."""
        client = await self.dial(**options)
        await client.upgrade(headers)
        return await client.started() if started else client

    async def at_rest(self, who: str) -> None:
        """Nobody is connected any more, and nothing went wrong within the gateway."""
        await eventually(lambda: not self.gateway._open, lambda: who)
        assert not self.problems(), who

    async def good_session(self, headers: dict[str, str] | None = None) -> None:
        """Somebody who behaves is served as ever."""
        client = await self.client(started=True, headers=headers)
        await client.send(AUDIO + STOP)
        await client.hear_until("session_stopped")
        assert [m["text"] for m in client.heard if m["type"] == "transcription"] == ["1 pieces"]
        await client.send(frame(0x8, b"\x03\xe8"))
        assert await client.end() == 1000
        client.leave()


@asynccontextmanager
async def hostile_setting(
    riva: Any, caplog: Any, *, tls: ssl.SSLContext | None = None, headers: dict[str, str] | None = None, **settings: Any
) -> AsyncIterator[Setting]:
    """Leaving it fails the test where anything leaked, or was raised or logged as an error of the gateway's own."""
    unhandled: list[Any] = []

    def problems() -> list[Any]:
        """What was raised and not caught, or logged as an error."""
        own = [line for line in lines if line["log_level"] in ("error", "critical")]
        return [*unhandled, *own, *(record for record in caplog.records if _is_a_bug(record))]

    asyncio.get_running_loop().set_exception_handler(lambda _, context: unhandled.append(context))
    config = RivaConfig(host="127.0.0.1", port=riva.port, **settings.pop("riva_config", {}))
    told = GatewaySettings(riva=config, **{"grace_s": 0.5, "drain_s": 0, **settings})
    with structlog.testing.capture_logs() as lines:
        async with listening(told) as gateway:
            setting = Setting(gateway, riva, tls, problems=problems)
            try:
                slate = await CleanSlate.after(lambda: setting.good_session(headers), gateway, riva)
                yield setting
            finally:
                for client in setting.clients:
                    client.leave()
            await slate.holds()
    assert not problems()


def _is_a_bug(record: logging.LogRecord) -> bool:
    """A handshake that fails by what its peer did is none, though the library says so; nor is a crash in the double."""
    if record.levelno < logging.ERROR or record.name.startswith("grpc"):
        return False
    error = record.exc_info[1] if record.exc_info else None
    return not (record.getMessage() == "opening handshake failed" and isinstance(error, (WebSocketException, OSError)))
