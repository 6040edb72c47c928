"""The short way for what nearly every frame is: a whole binary message in, a whole text message out, nothing waiting.

The library reads each frame through four generators, a queue and a task that wakes, which is most of what a 20 ms frame
costs a gateway. What is not exactly such a frame, or comes when something else is under way, is left to the library.
"""

from __future__ import annotations

from collections.abc import Callable
from types import GeneratorType
from typing import Any, Final, cast

from websockets import frames
from websockets.asyncio.connection import Connection
from websockets.protocol import Protocol, State
from websockets.streams import StreamReader

Taste = Callable[[bytes], bool]
"""Takes a binary message at once, or says that it has not."""

_BINARY: Final = 0x82  # a whole message: FIN, opcode 2, no extension
_TEXT: Final = 0x81
_MASKED: Final = 0x80
_TWO_BYTES: Final = 126  # the length stands in the next two bytes; longer ones are not for us
_BETWEEN: Final = StreamReader.at_eof.__code__
_unmasked: Final[Callable[[bytes, bytes], bytes]] = vars(frames)["apply_mask"]  # in C where it could be built


def is_between_messages(protocol: Protocol) -> bool:
    """Whether the open connection's next byte begins a message; its parser alone knows, by where it waits."""
    if protocol.state is not State.OPEN or protocol.cur_size is not None or protocol.reader.buffer:
        return False
    waits = cast("GeneratorType[Any, Any, Any]", protocol.parser)
    while isinstance(inner := waits.gi_yieldfrom, GeneratorType):
        waits = inner
    return waits.gi_code is _BETWEEN


def audio_first(data: bytes, taste: Taste, max_size: int | None) -> bytes:
    """Give whole binary messages to `taste` until it declines one or something else comes; returns the rest."""
    at, size = 0, len(data)
    while size - at >= 6 and data[at] == _BINARY:
        length, head = data[at + 1] - _MASKED, at + 2
        if length == _TWO_BYTES:
            length, head = int.from_bytes(data[head : head + 2], "big"), head + 2
            if length < _TWO_BYTES:  # longer than it need be: for the library to judge
                break
        elif not 0 <= length < _TWO_BYTES:
            break
        end = head + 4 + length
        if end > size or (max_size is not None and length > max_size):
            break
        if not taste(_unmasked(data[head + 4 : end], data[head : head + 4])):
            break
        at = end
    return data[at:] if at else data


def say_at_once(connection: Connection, text: bytes) -> bool:
    """Write a text message without waiting; False where the peer does not read, or the connection is ending."""
    protocol = connection.protocol
    if protocol.state is not State.OPEN or connection.paused or protocol.writes or connection.transport.is_closing():
        return False
    size = len(text)
    if size >= 2**16:
        return False
    head = bytes((_TEXT, size)) if size < _TWO_BYTES else bytes((_TEXT, _TWO_BYTES)) + size.to_bytes(2, "big")
    connection.transport.write(head + text)
    return True
