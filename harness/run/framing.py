"""How messages lie on a pipe: a length of four bytes, then that much JSON. For asyncio and gevent alike."""

from __future__ import annotations

import json
import struct
from typing import Any, Final

_LENGTH: Final = struct.Struct("!I")
HEADER: Final = _LENGTH.size  # bytes

Message = dict[str, Any]


def body_of(message: Message) -> bytes:
    return json.dumps(message, separators=(",", ":"), allow_nan=False).encode()


def frame(body: bytes) -> bytes:
    return _LENGTH.pack(len(body)) + body


def pack(message: Message) -> bytes:
    return frame(body_of(message))


def length_of(header: bytes) -> int:
    """How many bytes of body follow these `HEADER` bytes."""
    length: int = _LENGTH.unpack(header)[0]
    return length
