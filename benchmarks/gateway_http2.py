"""Just enough HTTP/2 to be a gRPC server on one page: bytes in, messages to a service, frames out.

With grpc.aio, at some 75 us of CPU a message, the upstream and not the gateway would be what is measured. Headers are
never decoded (no dynamic table is kept), messages are never compressed, windows towards us are as large as can be; the
peer's windows are kept. RFC 9113, and gRPC's "PROTOCOL-HTTP2".
"""

from __future__ import annotations

import asyncio
import struct
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final, Protocol, cast

PREFACE: Final = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
DATA, HEADERS, RST_STREAM, SETTINGS, PING, WINDOW_UPDATE = 0, 1, 3, 4, 6, 8
END_STREAM, ACK, END_HEADERS = 1, 1, 4
INITIAL_WINDOW_SIZE: Final = 4
LARGEST: Final = 2**31 - 1
DEFAULT_WINDOW: Final = 65_535
OK: Final = b"\x88" + b"\x0f\x10\x10application/grpc"  # :status 200; content-type, a static name with a literal value
STATUS: Final = b"\x00\x0bgrpc-status\x010"


class Call(Protocol):
    """One call's service side; what it returns is sent at once."""

    def message(self, data: bytes) -> list[bytes]: ...

    def half_closed(self) -> list[bytes]:
        """The last messages; the status after them is OK."""
        ...


@dataclass(slots=True)
class Stream:
    """A call's bytes so far, and how much the peer still takes."""

    call: Call
    granted: int = 0  # beyond the initial window; what was sent is taken off
    received: bytearray = field(default_factory=bytearray)
    answered: bool = False


class Connection(asyncio.Protocol):
    """One peer."""

    def __init__(self, make_call: Callable[[], Call]) -> None:
        self._make_call = make_call
        self._in = bytearray()
        self._out: list[bytes] = []
        self._waiting: deque[tuple[int, int, bytes]] = deque()  # stream, what of the window it takes, frames
        self._streams: dict[int, Stream] = {}
        self._window = self._initial = DEFAULT_WINDOW
        self._greeted = False
        self._uncredited = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)  # uvloop's is none by class
        settings = struct.pack(">HI", INITIAL_WINDOW_SIZE, LARGEST)
        credit = struct.pack(">I", LARGEST - DEFAULT_WINDOW)
        transport.write(frame(SETTINGS, 0, 0, settings) + frame(WINDOW_UPDATE, 0, 0, credit))

    def data_received(self, data: bytes) -> None:
        self._in += data
        if not self._greeted:
            if len(self._in) < len(PREFACE):
                return
            del self._in[: len(PREFACE)]
            self._greeted = True
        at = 0
        while len(self._in) >= at + 9:
            size = int.from_bytes(self._in[at : at + 3], "big")
            if len(self._in) < at + 9 + size:
                break
            kind, flags, stream = self._in[at + 3], self._in[at + 4], int.from_bytes(self._in[at + 5 : at + 9], "big")
            self._take(kind, flags, stream, bytes(self._in[at + 9 : at + 9 + size]))
            at += 9 + size
        del self._in[:at]
        self._flush()

    def _take(self, kind: int, flags: int, number: int, payload: bytes) -> None:
        if kind == DATA:
            self._data(number, payload, ended=bool(flags & END_STREAM))
        elif kind == HEADERS:
            self._streams[number] = Stream(self._make_call())
        elif kind == SETTINGS and not flags & ACK:
            for at in range(0, len(payload), 6):
                name, value = struct.unpack_from(">HI", payload, at)
                self._initial = value if name == INITIAL_WINDOW_SIZE else self._initial
            self._out.append(frame(SETTINGS, ACK, 0, b""))
        elif kind == PING and not flags & ACK:
            self._out.append(frame(PING, ACK, 0, payload))
        elif kind == WINDOW_UPDATE:
            self._credit(number, int.from_bytes(payload, "big"))
        elif kind == RST_STREAM:
            self._streams.pop(number, None)

    def _credit(self, number: int, granted: int) -> None:
        if number == 0:
            self._window += granted
        elif number in self._streams:
            self._streams[number].granted += granted

    def _data(self, number: int, payload: bytes, *, ended: bool) -> None:
        self._uncredited += len(payload)
        if self._uncredited > LARGEST // 2:
            self._out.append(frame(WINDOW_UPDATE, 0, 0, struct.pack(">I", self._uncredited)))
            self._uncredited = 0
        if (stream := self._streams.get(number)) is None:
            return
        stream.received += payload
        while len(stream.received) >= 5 and len(stream.received) >= (end := 5 + _size(stream.received)):
            message = bytes(stream.received[5:end])
            del stream.received[:end]
            self._say(number, stream, stream.call.message(message))
        if ended:
            self._say(number, stream, stream.call.half_closed())
            self._waiting.append((number, 0, frame(HEADERS, END_HEADERS | END_STREAM, number, STATUS)))

    def _say(self, number: int, stream: Stream, messages: list[bytes]) -> None:
        for message in messages:
            if not stream.answered:
                stream.answered = True
                self._waiting.append((number, 0, frame(HEADERS, END_HEADERS, number, OK)))
            body = b"\x00" + struct.pack(">I", len(message)) + message
            self._waiting.append((number, len(body), frame(DATA, 0, number, body)))

    def _flush(self) -> None:
        """Everything the windows let out, in one write."""
        while self._waiting:
            number, size, data = self._waiting[0]
            if (stream := self._streams.get(number)) is not None:
                if size > min(self._window, self._initial + stream.granted):
                    break
                self._window -= size
                stream.granted -= size
                self._out.append(data)
                if data[4] & END_STREAM and data[3] == HEADERS:
                    del self._streams[number]
            self._waiting.popleft()
        if self._out:
            self._transport.write(b"".join(self._out))
            self._out.clear()


def frame(kind: int, flags: int, stream: int, payload: bytes) -> bytes:
    return len(payload).to_bytes(3, "big") + struct.pack(">BBI", kind, flags, stream) + payload


def _size(received: bytearray) -> int:
    return int.from_bytes(received[1:5], "big")
