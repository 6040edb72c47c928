from __future__ import annotations

import asyncio

from harness.run import pipe


def fed(data: bytes) -> asyncio.StreamReader:
    reader = asyncio.StreamReader()
    reader.feed_data(data)
    reader.feed_eof()
    return reader


async def test_messages_come_out_as_they_went_in() -> None:
    """One after the other, whatever bytes their text has."""
    messages = [{"type": "go", "epoch_ns": 2**62}, {"type": "batch", "text": "né\n\x00{"}]
    reader = fed(b"".join(map(pipe.pack, messages)))
    assert [await pipe.read(reader), await pipe.read(reader)] == messages
    assert await pipe.read(reader) is None


async def test_half_a_message_is_the_end() -> None:
    """A process killed while writing has said nothing more."""
    whole = pipe.pack({"type": "done"})
    for length in (0, 3, 4, len(whole) - 1):
        assert await pipe.read(fed(whole[:length])) is None
