"""Frames that break RFC 6455: each has one close code, whether a session is open or not, and leaves nothing behind."""

from __future__ import annotations

import struct

import pytest
from doubles.hostile_client import BINARY, CLOSE, CONTINUATION, PING, TEXT, frame, text
from doubles.hostile_setting import AUDIO, START, hostile_setting

from harness.gateway.closing import MOST_FRAGMENTS

LIMIT = 2000


def closing(code, reason=b""):
    return frame(CLOSE, struct.pack("!H", code) + reason)


VIOLATIONS = {
    "text-not-utf-8": (frame(TEXT, b'{"type":"ping\xff"}'), 1007),
    "text-cut-in-a-character": (frame(TEXT, "é".encode()[:1]), 1007),
    "text-of-a-surrogate": (frame(TEXT, b"\xed\xa0\x80"), 1007),
    "text-not-utf-8-in-fragments": (frame(TEXT, b"\xff", fin=False) + frame(CONTINUATION, b"a"), 1007),
    "unmasked-text": (frame(TEXT, b"{}", masked=False), 1002),
    "unmasked-audio": (frame(BINARY, bytes(640), masked=False), 1002),
    "reserved-bit-1": (frame(BINARY, bytes(640), reserved=4), 1002),
    "reserved-bit-2": (frame(BINARY, bytes(640), reserved=2), 1002),
    "reserved-bit-3": (frame(TEXT, b"{}", reserved=1), 1002),
    "reserved-data-opcode": (frame(0x3, bytes(640)), 1002),
    "reserved-control-opcode": (frame(0xB), 1002),
    "ping-in-fragments": (frame(PING, b"a", fin=False), 1002),
    "close-in-fragments": (frame(CLOSE, b"\x03\xe8", fin=False), 1002),
    "ping-too-long": (frame(PING, bytes(126)), 1002),
    "close-too-long": (closing(1000, bytes(124)), 1002),
    "continuation-of-nothing": (frame(CONTINUATION, bytes(640)), 1002),
    "text-within-a-message": (frame(BINARY, bytes(2), fin=False) + frame(TEXT, b"{}"), 1002),
    "audio-within-a-message": (frame(TEXT, b"{", fin=False) + frame(BINARY, bytes(2)), 1002),
    "too-long": (frame(BINARY, bytes(LIMIT + 2)), 1009),
    "too-long-in-fragments": (frame(BINARY, bytes(LIMIT), fin=False) + frame(CONTINUATION, bytes(2)), 1009),
    "says-4-GB": (frame(BINARY, b"", says=2**32), 1009),
    "says-9-EB": (frame(BINARY, b"", says=2**63 - 1), 1009),
    "says-more-than-there-can-be": (frame(BINARY, b"", says=2**64 - 1), 1009),
    "too-many-fragments": (
        frame(TEXT, b"", fin=False) + (MOST_FRAGMENTS + 1) * frame(CONTINUATION, b"", fin=False),
        1009,
    ),
    "close-reason-not-utf-8": (closing(1000, b"\xff"), 1007),
    "not-frames": (b"GET / HTTP/1.1\r\nHost: gateway\r\n\r\n", 1002),
}
BAD_CLOSES = {
    "one-byte": frame(CLOSE, b"\x03"),
    "code-0": closing(0),
    "code-999": closing(999),
    "code-1004": closing(1004),
    "code-1005": closing(1005),
    "code-1006": closing(1006),
    "code-1015": closing(1015),
    "code-2999": closing(2999),
    "code-5000": closing(5000),
    "code-65535": closing(65535),
}


@pytest.mark.parametrize("started", [False, True], ids=["greeted", "streaming"])
@pytest.mark.parametrize(("frames", "code"), VIOLATIONS.values(), ids=VIOLATIONS)
async def test_a_violation_has_its_close_code(riva, caplog, frames, code, started):
    """It is the last thing that is heard; whoever comes next is served."""
    async with hostile_setting(riva, caplog, max_message_bytes=LIMIT) as here:
        client = await here.client(started=started)
        await client.send(frames)
        assert await client.end() == code
        assert client.codes == []
        await here.good_session()


@pytest.mark.parametrize("started", [False, True], ids=["greeted", "streaming"])
@pytest.mark.parametrize("close", BAD_CLOSES.values(), ids=BAD_CLOSES)
async def test_a_close_frame_that_may_not_be_sent_is_a_protocol_error(riva, caplog, close, started):
    """1002, as RFC 6455 (7.4) wants it, and no exception within the gateway."""
    async with hostile_setting(riva, caplog) as here:
        client = await here.client(started=started)
        await client.send(close)
        assert await client.end() == 1002


@pytest.mark.parametrize("code", [None, 1000, 1001, 1011, 3000, 4999])
async def test_a_close_frame_that_may_be_sent_gets_a_normal_answer(riva, caplog, code):
    """Whatever the client's reason: the last final, session_stopped, and 1000."""
    async with hostile_setting(riva, caplog) as here:
        client = await here.client(started=True)
        await client.send(AUDIO + (frame(CLOSE) if code is None else closing(code)))
        assert await client.end() == 1000
        assert [m["type"] for m in client.heard[-2:]] == ["transcription", "session_stopped"]


async def test_control_frames_between_fragments_are_no_violation(riva, caplog):
    """A start in three fragments with pings between them is a start."""
    async with hostile_setting(riva, caplog) as here:
        client = await here.client()
        whole = text(START)[6:]
        await client.send(frame(TEXT, whole[:5], fin=False) + frame(PING, b"a") + frame(CONTINUATION, b"", fin=False))
        await client.send(frame(PING) + frame(CONTINUATION, whole[5:]))
        assert (await client.hear())["type"] == "session_started"


async def test_frames_after_the_close_frame_are_not_heard(riva, caplog):
    """Neither audio nor a second close frame, nor a stop, changes the end."""
    async with hostile_setting(riva, caplog) as here:
        client = await here.client(started=True)
        await client.send(AUDIO + closing(1000) + 3 * AUDIO + text({"type": "ping"}) + closing(4000))
        assert await client.end() == 1000
        assert [m["text"] for m in client.heard if m["type"] == "transcription"] == ["1 pieces"]
        assert client.codes == []


async def test_an_empty_text_frame_is_no_close_frame(riva, caplog):
    """What stands between the two is audio that counts."""
    async with hostile_setting(riva, caplog) as here:
        client = await here.client(started=True)
        await client.send(frame(TEXT) + AUDIO + closing(1000))
        assert await client.end() == 1000
        assert client.codes == ["malformed_message"]
        assert [m["text"] for m in client.heard if m["type"] == "transcription"] == ["1 pieces"]
