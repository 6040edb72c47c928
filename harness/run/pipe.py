"""Messages between the engine and its parent: a length of four bytes, then that much JSON."""

from __future__ import annotations

import asyncio
import json
import struct
from typing import Any, Final

_LENGTH: Final = struct.Struct("!I")

Message = dict[str, Any]


def pack(message: Message) -> bytes:
    body = json.dumps(message, separators=(",", ":"), allow_nan=False).encode()
    return _LENGTH.pack(len(body)) + body


async def read(reader: asyncio.StreamReader) -> Message | None:
    """The next message; None when the other side is gone, even in the middle of one."""
    try:
        (length,) = _LENGTH.unpack(await reader.readexactly(_LENGTH.size))
        message: Message = json.loads(await reader.readexactly(length))
    except (asyncio.IncompleteReadError, ConnectionError):
        return None
    return message
