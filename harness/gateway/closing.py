"""A WebSocket server connection that can still speak after the client's close frame.

RFC 6455 lets a server answer a close frame when it has sent what it was sending (5.5.1); the library answers at once,
and the last final of a client that simply closes would be lost. Here the close frame is held until this side closes.
A message in endless fragments ends the connection.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from typing import Final

from websockets.asyncio.server import ServerConnection
from websockets.frames import Close, CloseCode, Frame, Opcode
from websockets.protocol import State
from websockets.typing import Subprotocol

from harness.gateway.front import FrontConnection, FrontProtocol

# what `recv()` gives when the client's close frame came: a text that no client can know, and so none can send
CLIENT_CLOSED: Final = secrets.token_urlsafe()
MOST_FRAGMENTS: Final = 1000
SUBPROTOCOL: Final = "riva-gateway"


class HoldingProtocol(FrontProtocol):
    """The library's protocol, except that it answers a close frame only when it is asked to close."""

    held: Frame | None = None
    fragments: int = 0

    def recv_frame(self, frame: Frame) -> None:
        if frame.opcode in (Opcode.TEXT, Opcode.BINARY):
            self.fragments = 0
        self.fragments += frame.opcode is Opcode.CONT
        if self.fragments > MOST_FRAGMENTS:  # each costs memory, however small it is
            self.fail(CloseCode.MESSAGE_TOO_BIG, "too many fragments")
        elif frame.opcode is not Opcode.CLOSE or self.state is not State.OPEN or self.cur_size is not None:
            super().recv_frame(frame)
        elif self.held is None:
            Close.parse(bytes(frame.data))  # an error here is answered by the library; once ours is out it is raised
            self.held = frame
            self.events.append(Frame(Opcode.TEXT, CLIENT_CLOSED.encode()))

    def select_subprotocol(self, subprotocols: Sequence[Subprotocol]) -> Subprotocol | None:
        """Ours where it is offered: a browser that brings its token as another one wants one of them chosen."""
        return Subprotocol(SUBPROTOCOL) if SUBPROTOCOL in subprotocols else None

    def send_close(self, code: int | None = None, reason: str = "") -> None:
        super().send_close(code, reason)
        if self.held is not None:
            super().recv_frame(self.held)  # both close frames are out: the library ends the connection


class HoldingConnection(FrontConnection):
    """For `serve(create_connection=...)`: the library's connection on a HoldingProtocol."""

    made_of = HoldingProtocol


def has_closed(connection: ServerConnection) -> bool:
    """Whether the client's close frame is here, and waits for ours."""
    return isinstance(connection.protocol, HoldingProtocol) and connection.protocol.held is not None
