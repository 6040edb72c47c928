"""The protocol that holds a close frame, without a socket."""

from __future__ import annotations

from websockets.client import ClientProtocol
from websockets.frames import Frame, Opcode
from websockets.protocol import OPEN, State
from websockets.uri import parse_uri

from harness.gateway.closing import CLIENT_CLOSED, HoldingProtocol


def pair():
    """A client and a HoldingProtocol with an open connection between them."""
    client = ClientProtocol(parse_uri("ws://h/"), state=OPEN)
    return client, HoldingProtocol(state=OPEN)


def deliver(sender, receiver):
    for data in sender.data_to_send():
        if data:
            receiver.receive_data(data)
        else:
            receiver.receive_eof()
    return receiver.events_received()


def test_a_close_frame_is_not_answered_but_announced():
    """The server can still send; the application sees an empty text frame."""
    client, server = pair()
    client.send_close(1000, "bye")
    events = deliver(client, server)
    assert [(frame.opcode, frame.data) for frame in events] == [(Opcode.TEXT, CLIENT_CLOSED.encode())]
    assert server.state is State.OPEN
    assert server.data_to_send() == []
    server.send_text(b"the last final")
    assert [frame.data for frame in deliver(server, client)] == [b"the last final"]


def test_closing_completes_the_handshake():
    """Our close frame and the end of the stream follow in one go, and both sides know both codes."""
    client, server = pair()
    client.send_close(1000)
    deliver(client, server)
    server.send_close(1001)
    deliver(server, client)
    assert (client.close_rcvd.code, server.close_rcvd.code, server.close_sent.code) == (1001, 1000, 1001)
    assert server.close_expected()
    assert server.eof_sent


def test_a_close_frame_that_answers_ours_is_not_held():
    """When this side closes first, the library's handshake runs as ever."""
    client, server = pair()
    server.send_close(1000)
    deliver(server, client)
    deliver(client, server)
    assert server.held is None
    assert server.close_rcvd.code == 1000


def test_a_second_close_frame_changes_nothing():
    """A client that repeats itself is announced once."""
    _, server = pair()
    for _ in range(2):
        server.recv_frame(Frame(Opcode.CLOSE, b"\x03\xe8"))
    assert len(server.events_received()) == 1
