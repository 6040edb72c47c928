"""Messages between the engine and its parent, as asyncio reads them."""

from __future__ import annotations

import asyncio

from harness.run.framing import HEADER, Message, length_of, message_of, pack

__all__ = ["Message", "pack", "read"]


async def read(reader: asyncio.StreamReader) -> Message | None:
    """The next message; None when the other side is gone, even in the middle of one."""
    try:
        header = await reader.readexactly(HEADER)
        return message_of(await reader.readexactly(length_of(header)))
    except (asyncio.IncompleteReadError, ConnectionError):
        return None
