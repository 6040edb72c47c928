"""The short way of whole audio messages, against the library's own parser."""

from __future__ import annotations

import pytest
from websockets.frames import Frame, Opcode
from websockets.protocol import Side
from websockets.server import ServerProtocol

from harness.gateway import shortcut
from harness.wire import conversation
from harness.wire.conversation import Do, Event, State

LENGTHS = (1, 125, 126, 640, 3200, 65_535, 65_536)


def sent(opcode, data, *, fin=True):
    """As a client sends it: masked."""
    return Frame(opcode, data, fin).serialize(mask=True)


def opened():
    """A server's protocol behind its handshake."""
    protocol = ServerProtocol()
    request = b"GET / HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    protocol.receive_data(request + b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n")
    (asked,) = protocol.events_received()
    protocol.send_response(protocol.accept(asked))
    assert protocol.side is Side.SERVER
    return protocol


@pytest.mark.parametrize("length", LENGTHS)
def test_a_whole_message_is_tasted_as_it_was_sent(length):
    """Every length whose header has at most two bytes of it; longer ones are the library's."""
    data, tasted = bytes(n * n % 251 for n in range(length)), []
    rest = shortcut.audio_first(sent(Opcode.BINARY, data), lambda audio: bool(tasted.append(audio) or True), None)
    assert (tasted, rest) == (([data], b"") if length < 2**16 else ([], sent_again(rest, data)))


def sent_again(rest, data):
    """The frame itself: its mask is drawn anew each time, so it is compared by its length."""
    assert len(rest) == len(sent(Opcode.BINARY, data))
    return rest


def test_several_messages_in_one_reading_are_tasted_in_order_up_to_what_is_declined():
    """What was declined, and all behind it, goes the long way."""
    data = b"".join(sent(Opcode.BINARY, bytes([n]) * 640) for n in range(4))
    tasted = []

    def two(audio):
        tasted.append(audio[0])
        return len(tasted) < 3

    rest = shortcut.audio_first(data, two, None)
    assert (tasted, len(rest)) == ([0, 1, 2], 2 * len(sent(Opcode.BINARY, bytes(640))))


@pytest.mark.parametrize(
    "data",
    [
        sent(Opcode.TEXT, b"{}"),
        sent(Opcode.BINARY, b"ab", fin=False),
        sent(Opcode.CONT, b"ab"),
        sent(Opcode.PING, b"ab"),
        sent(Opcode.CLOSE, b""),
        sent(Opcode.BINARY, bytes(640))[:-1],
        sent(Opcode.BINARY, bytes(640))[:5],
        Frame(Opcode.BINARY, bytes(640)).serialize(mask=False),
        bytes((0x82, 0xFE, 0, 10)) + bytes(14),
        bytes((0xC2, 0x82)) + bytes(6),
        sent(Opcode.BINARY, bytes(642)),
    ],
    ids=["text", "begin", "cont", "ping", "close", "short", "head", "bare", "padded", "reserved", "big"],
)
def test_what_is_no_whole_audio_message_is_left_to_the_library(data):
    """Byte for byte."""
    assert shortcut.audio_first(data, lambda _: pytest.fail("tasted"), 641) == data


def test_the_parser_is_between_messages_only_where_the_next_byte_begins_one():
    """However a frame is cut, and within a fragmented message; an ended connection has no next message."""
    protocol = opened()
    assert shortcut.is_between_messages(protocol)
    data = sent(Opcode.BINARY, bytes(640))
    for at in range(len(data) - 1):
        protocol.receive_data(data[at : at + 1])
        assert not shortcut.is_between_messages(protocol), at
    protocol.receive_data(data[-1:])
    assert shortcut.is_between_messages(protocol)
    protocol.receive_data(sent(Opcode.BINARY, b"ab", fin=False))
    assert not shortcut.is_between_messages(protocol)
    protocol.receive_data(sent(Opcode.CONT, b"cd"))
    assert shortcut.is_between_messages(protocol)
    protocol.receive_data(sent(Opcode.CLOSE, b""))
    assert not shortcut.is_between_messages(protocol)


def test_a_handshake_is_no_place_for_it():
    """Before the upgrade nothing is a message."""
    assert not shortcut.is_between_messages(ServerProtocol())


def test_the_short_way_does_what_the_table_says():
    """Audio in a stream is forwarded and changes nothing; in no other state is that so."""
    step = conversation.step(State.STREAMING, Event.AUDIO)
    assert (step.state, step.do, step.code) == (State.STREAMING, Do.FORWARD, None)
    assert [state for state in State if conversation.step(state, Event.AUDIO).do is Do.FORWARD] == [State.STREAMING]
