"""Messages between greenlets and another process."""

from __future__ import annotations

import gevent
from gevent import socket

from harness.load.duct import Duct
from harness.run.framing import frame


def test_messages_arrive_whole_whoever_tells_them() -> None:
    """Two greenlets tell at once, with messages larger than a socket's buffer, and none is mixed with another."""
    ours, theirs = socket.socketpair()
    left, right = Duct(ours), Duct(theirs)
    bodies = {bytes([letter]) * 500_000 for letter in b"abcdef"}
    gevent.joinall([gevent.spawn(left.tell, body) for body in bodies])
    heard = gevent.spawn(lambda: {right.hear() for _ in bodies})
    assert heard.get(timeout=10) == bodies
    left.close()
    assert right.hear() is None
    right.close()


def test_half_a_message_is_the_end() -> None:
    """A process killed while writing has said nothing more."""
    ours, theirs = socket.socketpair()
    duct = Duct(ours)
    theirs.sendall(frame(b"{}") + frame(b"whole")[:-1])
    theirs.close()
    assert [duct.hear(), duct.hear()] == [b"{}", None]
    duct.close()
