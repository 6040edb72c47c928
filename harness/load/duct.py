"""Whole messages over a socket, as greenlets read and write them."""

from __future__ import annotations

import contextlib
import socket

import gevent
from gevent.queue import Queue

from harness.run.framing import HEADER, frame, length_of


class Duct:
    """One greenlet writes: two in one `sendall` would mix their messages. One greenlet may `hear`."""

    def __init__(self, ours: socket.socket) -> None:
        self._socket = ours
        self._outgoing: Queue[bytes | None] = Queue()
        self._writer = gevent.spawn(self._write)

    def tell(self, body: bytes) -> None:
        """Queue a message; nothing blocks, and nothing is said when the other side is gone: `hear` will."""
        self._outgoing.put(frame(body))

    def hear(self) -> bytes | None:
        """The next message's body; None when the other side is gone, even in the middle of one."""
        header = self._exactly(HEADER)
        return None if header is None else self._exactly(length_of(header))

    def close(self) -> None:
        """Let what was told go out, then close."""
        self._outgoing.put(None)
        self._writer.join(timeout=1)
        self._socket.close()

    def _write(self) -> None:
        with contextlib.suppress(OSError):
            while (packet := self._outgoing.get()) is not None:
                self._socket.sendall(packet)

    def _exactly(self, size: int) -> bytes | None:
        parts: list[bytes] = []
        while size:
            try:
                part = self._socket.recv(min(size, 1 << 20))
            except OSError:
                return None
            if not part:
                return None
            parts.append(part)
            size -= len(part)
        return b"".join(parts)
