"""Whether a client is still there while nothing is read from it, and so its end is not heard."""

from __future__ import annotations

import select
from typing import Final

from websockets.asyncio.server import ServerConnection
from websockets.protocol import State

_ENDED: Final = select.POLLRDHUP | select.POLLHUP | select.POLLERR


def vanished(connection: ServerConnection) -> bool:
    """Look at its socket, behind whatever waits there to be read. Ask at least twice, a moment apart.

    An end may stand where no look finds it: behind audio that this side has no room for. So a pong goes out as well,
    which no client has to answer (RFC 6455, 5.5.3); a system whose program is gone answers it with a reset.
    """
    transport = connection.transport
    if transport.is_closing():
        return True
    look = select.poll()
    look.register(transport.get_extra_info("socket").fileno(), _ENDED)
    if look.poll(0):
        return True
    if connection.protocol.state is State.OPEN and not transport.get_write_buffer_size():
        connection.protocol.send_pong(b"")
        connection.send_data()
    return False
