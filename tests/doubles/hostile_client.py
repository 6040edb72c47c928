"""A WebSocket client that may say anything at all: raw bytes over a real socket, frames right or wrong."""

from __future__ import annotations

import asyncio
import json
import socket
import ssl
import struct
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG = 0x0, 0x1, 0x2, 0x8, 0x9, 0xA
PATIENCE_S = 8.0  # the machine may be busy; every case has a deadline of its own within the gateway
UPGRADE = {
    "Host": "gateway",
    "Upgrade": "websocket",
    "Connection": "Upgrade",
    "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
    "Sec-WebSocket-Version": "13",
}


def frame(  # every part of a frame may be wrong on its own
    opcode: int,
    payload: bytes = b"",
    *,
    fin: bool = True,
    reserved: int = 0,
    masked: bool = True,
    says: int | None = None,
) -> bytes:
    """A frame; `says` is the length it declares, where that is not the payload's."""
    length = len(payload) if says is None else says
    head = bytes([fin << 7 | reserved << 4 | opcode])
    bit = masked << 7
    if length < 126:
        head += bytes([bit | length])
    elif length < 2**16:
        head += struct.pack("!BH", bit | 126, length)
    else:
        head += struct.pack("!BQ", bit | 127, length)
    return head + bytes(4) + payload if masked else head + payload  # a mask of zeros changes nothing


def text(message: str | dict[str, Any]) -> bytes:
    return frame(TEXT, (message if isinstance(message, str) else json.dumps(message)).encode())


def request(headers: dict[str, str | None] | None = None, line: str = "GET / HTTP/1.1") -> bytes:
    """An upgrade request; a header of None is left out."""
    pairs = {**UPGRADE, **(headers or {})}
    head = "".join(f"{name}: {value}\r\n" for name, value in pairs.items() if value is not None)
    return f"{line}\r\n{head}\r\n".encode("latin-1")


class HostileClient:
    """Everything it waits for is due within PATIENCE_S."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer
        self.heard: list[dict[str, Any]] = []
        self.close_code: int | None = None

    @classmethod
    async def dial(cls, port: int, tls: ssl.SSLContext | None = None, buffer_bytes: int | None = None) -> HostileClient:
        line = socket.socket()
        if buffer_bytes is not None:
            line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer_bytes)
        line.setblocking(False)
        await asyncio.get_running_loop().sock_connect(line, ("127.0.0.1", port))
        named = {"ssl": tls, "server_hostname": "127.0.0.1"} if tls else {}
        return cls(*await asyncio.open_connection(sock=line, limit=2**16, **named))

    async def upgrade(self, headers: dict[str, str] | None = None) -> None:
        """Through the handshake and the greeting."""
        self.writer.write(request(headers))
        status, _, _ = await self.response(body=False)
        assert status == 101
        assert (await self.hear())["type"] == "connection"

    async def started(self, **options: Any) -> HostileClient:
        """A session is open as well."""
        self.writer.write(text({"type": "start_transcription", **options}))
        while (await self.hear())["type"] != "session_started":
            pass
        return self

    async def send(self, data: bytes) -> None:
        """A gateway that has had enough is no error here: what it said is read afterwards."""
        try:
            self.writer.write(data)
            await self.writer.drain()
        except (ConnectionError, ssl.SSLError):
            pass

    async def response(self, *, body: bool = True) -> tuple[int | None, dict[str, str], bytes]:
        """Status, headers and body of an HTTP answer; a status of None: the connection ended without one."""
        async with asyncio.timeout(PATIENCE_S):
            try:
                head = await self.reader.readuntil(b"\r\n\r\n")
            except (asyncio.IncompleteReadError, ConnectionError, ssl.SSLError):
                return None, {}, b""
            first, *lines = head.decode("latin-1").strip().split("\r\n")
            headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
            content = await self.reader.read() if body else b""
        return int(first.split()[1]), headers, content

    async def hear(self) -> dict[str, Any]:
        """The next message. Raises ConnectionError once there is none; the close code is then in `close_code`."""
        while True:
            opcode, payload = await self._frame()
            if opcode == CLOSE:
                self.close_code = struct.unpack("!H", payload[:2])[0]
                await self.send(frame(CLOSE, payload[:2]))
                raise ConnectionError(self.close_code)
            if opcode == TEXT:
                self.heard.append(json.loads(payload))
                return self.heard[-1]

    async def hear_until(self, kind: str) -> dict[str, Any]:
        while (message := await self.hear())["type"] != kind:
            pass
        return message

    async def end(self) -> int | None:
        """Hear all that comes, answer the close frame; its code, None where the connection broke without one."""
        try:
            while True:
                await self.hear()
        except ConnectionError:
            return self.close_code

    @property
    def codes(self) -> list[str]:
        """Of the errors that were heard."""
        return [message["code"] for message in self.heard if message["type"] == "error"]

    def reset(self) -> None:
        """RST instead of FIN."""
        line = self.writer.get_extra_info("socket")
        line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.writer.transport.abort()

    def leave(self) -> None:
        self.writer.transport.abort()

    async def _frame(self) -> tuple[int, bytes]:
        try:
            async with asyncio.timeout(PATIENCE_S):
                first, length = await self.reader.readexactly(2)
                if length == 126:
                    (length,) = struct.unpack("!H", await self.reader.readexactly(2))
                elif length == 127:
                    (length,) = struct.unpack("!Q", await self.reader.readexactly(8))
                return first & 0xF, await self.reader.readexactly(length)
        except (asyncio.IncompleteReadError, ssl.SSLError) as error:
            raise ConnectionError from error


async def eventually(condition: Callable[[], Any], what: Callable[[], Any] = lambda: "") -> None:
    """Wait until it is true; PATIENCE_S is the end of it."""
    deadline = asyncio.get_running_loop().time() + PATIENCE_S
    while not condition():
        assert asyncio.get_running_loop().time() < deadline, what()
        await asyncio.sleep(0.002)


class CleanSlate:
    """What one process holds at rest, and that it holds no more afterwards."""

    def __init__(self, gateway: Any, riva: Any) -> None:
        self._gateway, self._riva = gateway, riva
        self._fds = self._tasks = 2**31

    @classmethod
    async def after(cls, warm_up: Callable[[], Awaitable[None]], gateway: Any, riva: Any) -> CleanSlate:
        """Counted after one good session, which leaves a channel to Riva behind."""
        await warm_up()
        slate = cls(gateway, riva)
        await slate.holds()
        slate._fds, slate._tasks = _open_files(), len(asyncio.all_tasks())
        return slate

    async def holds(self) -> None:
        """No session, connection, stream, socket or task is left over, but for a probe of Riva that is under way."""
        await eventually(lambda: not self._left(), self._left)

    def _left(self) -> dict[str, int]:
        gateway = self._gateway
        counts = {
            "sessions": gateway.counters.active_sessions,
            "connections": gateway.admission.connections,
            "streams admitted": gateway.admission.streams,
            "conversations": len(gateway._open),
            "streams upstream": sum(state.streams for state in gateway.upstream.state().endpoints),
            "streams at Riva": self._riva.open_streams,
            "file descriptors": max(0, _open_files() - self._fds),
            "tasks": max(0, len(asyncio.all_tasks()) - self._tasks),
        }
        return {name: count for name, count in counts.items() if count}


def _open_files() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))
