"""Well-formed frames that break the contract: each has one error code, and the connection is as good as before."""

from __future__ import annotations

import asyncio
import json

import pytest
from doubles.hostile_client import BINARY, TEXT, frame, text
from doubles.hostile_setting import AUDIO, START, STOP, hostile_setting

MALFORMED, INVALID = "malformed_message", "invalid_start"


def start(**options):
    return text({**START, **options})


def raw(body):
    """A start with keys in JSON that Python would not write."""
    return frame(TEXT, b'{"type":"start_transcription",' + body + b"}")


STARTS = {
    "rate-0": (start(sample_rate=0), INVALID),
    "rate-negative": (start(sample_rate=-16000), INVALID),
    "rate-22050": (start(sample_rate=22050), INVALID),
    "rate-largest": (start(sample_rate=2**31 - 1), INVALID),
    "rate-huge": (start(sample_rate=2**31), MALFORMED),
    "rate-4300-digits": (raw(b'"sample_rate":' + b"9" * 4301), MALFORMED),
    "rate-float": (start(sample_rate=16000.0), MALFORMED),
    "rate-text": (start(sample_rate="16000"), MALFORMED),
    "rate-true": (start(sample_rate=True), MALFORMED),
    "rate-list": (start(sample_rate=[16000]), MALFORMED),
    "rate-nan": (raw(b'"sample_rate":NaN'), MALFORMED),
    "rate-infinite": (raw(b'"sample_rate":-Infinity'), MALFORMED),
    "rate-1e999": (raw(b'"sample_rate":1e999'), MALFORMED),
    "encoding-unknown": (start(encoding="opus"), INVALID),
    "encoding-in-capitals": (start(encoding="PCM16"), INVALID),
    "encoding-with-null": (start(encoding="pcm16\0"), INVALID),
    "encoding-number": (start(encoding=16), MALFORMED),
    "language-list": (start(language_code=["en-US"]), MALFORMED),
    "partials-text": (start(enable_partials="yes"), MALFORMED),
    "partials-1": (start(enable_partials=1), MALFORMED),
    "offsets-number": (start(word_time_offsets=0), MALFORMED),
    "hotwords-text": (start(hotwords="word"), MALFORMED),
    "hotwords-numbers": (start(hotwords=[1]), MALFORMED),
    "hotwords-nested": (start(hotwords=[["word"]]), MALFORMED),
    "hotwords-null": (start(hotwords=[None]), MALFORMED),
    "hotwords-501": (start(hotwords=["word"] * 501), INVALID),
    "hotwords-1000": (start(hotwords=["word"] * 1000), INVALID),
    "stream-id-object": (start(stream_id={}), MALFORMED),
    "stream-id-too-long": (start(stream_id="x" * 129), INVALID),
    "language-too-long": (start(language_code="x" * 36), INVALID),
    "language-of-half-a-megabyte": (start(language_code="x" * 500_000), INVALID),
    "hotword-too-long": (start(hotwords=["word", "x" * 201]), INVALID),
    "hotword-of-half-a-megabyte": (start(hotwords=["x" * 500_000]), INVALID),
    "stream-id-half-a-character": (raw(rb'"stream_id":"\ud800"'), INVALID),
    "language-half-a-character": (raw(rb'"language_code":"\udfff"'), INVALID),
    "hotword-half-a-character": (raw(rb'"hotwords":["a","\ud83d"]'), INVALID),
    "encoding-half-a-character": (raw(rb'"encoding":"\ud800"'), INVALID),
    "duplicate-key-last-is-wrong": (raw(b'"sample_rate":16000,"sample_rate":1'), INVALID),
}
TEXTS = {
    "empty": (frame(TEXT), MALFORMED),
    "one-brace": (frame(TEXT, b"{"), MALFORMED),
    "list": (frame(TEXT, b"[]"), MALFORMED),
    "number": (frame(TEXT, b"1"), MALFORMED),
    "null": (frame(TEXT, b"null"), MALFORMED),
    "text": (frame(TEXT, b'"ping"'), MALFORMED),
    "nan": (frame(TEXT, b"NaN"), MALFORMED),
    "two-objects": (frame(TEXT, b'{"type":"ping"}{"type":"ping"}'), MALFORMED),
    "byte-order-mark": (frame(TEXT, b'\xef\xbb\xbf{"type":"ping"}'), MALFORMED),
    "null-byte": (frame(TEXT, b'{"type":"ping"}\0'), MALFORMED),
    "null-within-type": (frame(TEXT, rb'{"type":"ping\u0000"}'), "unknown_type"),
    "raw-null-within-text": (frame(TEXT, b'{"type":"ping\0"}'), MALFORMED),
    "no-type": (frame(TEXT, b"{}"), MALFORMED),
    "type-null": (frame(TEXT, b'{"type":null}'), MALFORMED),
    "type-number": (frame(TEXT, b'{"type":1}'), MALFORMED),
    "type-empty": (frame(TEXT, b'{"type":""}'), "unknown_type"),
    "type-unknown": (frame(TEXT, b'{"type":"dance"}'), "unknown_type"),
    "type-in-capitals": (frame(TEXT, b'{"type":"PING"}'), "unknown_type"),
    "type-of-the-server": (frame(TEXT, b'{"type":"session_stopped"}'), "unknown_type"),
    "type-half-a-character": (frame(TEXT, rb'{"type":"\ud800"}'), "unknown_type"),
    "type-very-long": (text({"type": "x" * 100_000}), "unknown_type"),
    "nested-lists": (frame(TEXT, b"[" * 100_000), MALFORMED),
    "nested-objects": (frame(TEXT, b'{"a":' * 100_000), MALFORMED),
    "nested-and-closed": (frame(TEXT, b'{"type":"ping","a":' + b"[" * 50_000 + b"]" * 50_000 + b"}"), MALFORMED),
    "duplicate-type-last-counts": (frame(TEXT, b'{"type":"ping","type":"dance"}'), "unknown_type"),
    "audio-as-text": (frame(TEXT, bytes(640)), MALFORMED),
    "audio-in-base64": (text({"type": "audio", "data": "AAAA"}), "unknown_type"),
    "odd-audio": (frame(BINARY, bytes(639)), "odd_audio"),
    "one-byte": (frame(BINARY, b"\0"), "odd_audio"),
    "empty-audio": (frame(BINARY), "odd_audio"),
    "json-as-audio": (frame(BINARY, b'{"type":"ping"}'), "odd_audio"),
}
WELL = {
    "500-hotwords": start(hotwords=["word"] * 500),
    "nulls-are-left-out-keys": start(sample_rate=None, encoding=None, hotwords=None, language_code=None),
    "unknown-keys": start(channels=7, nested={"a": [1, {"b": None}]}),
    "unknown-language": start(language_code="xx-XX"),
    "null-within-text": start(language_code="en\0US", hotwords=["a\0b"], stream_id="a\0b"),
    "control-characters-in-stream-id": start(stream_id='\r\n\x1b[31m"}{'),
    "characters-beyond-the-basic-plane": start(stream_id="😀" * 128, hotwords=["😀"]),
    "empty-texts": start(language_code="", stream_id="", hotwords=[""]),
    "the-longest-texts": start(hotwords=["x" * 200] * 500, language_code="x" * 35, stream_id="x" * 128),
    "duplicate-key-last-is-right": raw(b'"sample_rate":1,"sample_rate":16000'),
    "white-space": frame(TEXT, b' \n\t{ "type" : "start_transcription" }\r\n '),
}
ORDERS = {  # what is said in order, and the errors it has
    "audio-before-start": ((AUDIO,), ["not_started"]),
    "stop-before-start": ((STOP,), ["not_started"]),
    "stop-twice-before-start": ((STOP, STOP), ["not_started"] * 2),
    "second-start": ((start(), start()), ["already_started"]),
    "second-start-invalid": ((start(), start(sample_rate=1)), ["already_started"]),
    "second-start-malformed": ((start(), start(sample_rate="1")), [MALFORMED]),
    "start-refused-then-audio": ((start(sample_rate=1), AUDIO), [INVALID, "not_started"]),
    "hundred-mistakes": ((frame(TEXT, b"{"),) * 100, [MALFORMED] * 100),
}


async def serves(client):
    """Whether a session from start to stop goes well on this connection."""
    if not any(message["type"] == "session_started" for message in client.heard):
        await client.started()
    await client.send(AUDIO + STOP)
    await client.hear_until("session_stopped")
    return [m["text"] for m in client.heard if m["type"] == "transcription"] == ["1 pieces"]


@pytest.mark.parametrize(("said", "code"), (STARTS | TEXTS).values(), ids=STARTS | TEXTS)
async def test_a_mistake_is_answered_and_changes_nothing(riva, caplog, said, code):
    """The error has the code, is short and says nothing of our insides; the same connection is served."""
    async with hostile_setting(riva, caplog) as here:
        client = await here.client()
        await client.send(said)
        error = await client.hear()
        assert (error["type"], error["code"], error["retryable"]) == ("error", code, False)
        assert len(json.dumps(error)) < 400
        assert await serves(client)


@pytest.mark.parametrize(("said", "code"), TEXTS.values(), ids=TEXTS)
async def test_a_mistake_within_a_session_is_answered_too(riva, caplog, said, code):
    """The session goes on, and the error carries its id."""
    async with hostile_setting(riva, caplog) as here:
        client = await here.client()
        await client.started(stream_id="call-7")
        await client.send(said)
        error = await client.hear()
        assert (error["code"], error["stream_id"]) == (code, "call-7")
        assert await serves(client)


@pytest.mark.parametrize("said", WELL.values(), ids=WELL)
async def test_a_start_that_is_odd_but_allowed_is_served(riva, caplog, said):
    """Session, final and end as for everybody."""
    async with hostile_setting(riva, caplog) as here:
        client = await here.client()
        await client.send(said)
        assert (await client.hear())["type"] == "session_started"
        assert await serves(client)


@pytest.mark.parametrize(("said", "codes"), ORDERS.values(), ids=ORDERS)
async def test_messages_in_the_wrong_order_have_their_errors(riva, caplog, said, codes):
    """One error for each, in their order, none of them long; then a session goes well."""
    async with hostile_setting(riva, caplog) as here:
        client = await here.client()
        await client.send(b"".join(said))
        while len(client.codes) < len(codes):
            await client.hear()
        assert client.codes == codes
        assert all(len(json.dumps(m)) < 400 for m in client.heard)
        assert await serves(client)


@pytest.mark.parametrize("audio", [bytes(640), b"\xff" * 200_000], ids=["short", "long"])
async def test_no_error_holds_what_the_client_said(riva, caplog, audio):
    """Neither audio nor a start comes back: an error is no amplifier."""
    async with hostile_setting(riva, caplog) as here:
        client = await here.client()
        await client.send(frame(BINARY, audio))
        before = await client.hear()
        await client.started()
        await client.send(start(hotwords=["secret"] * 400))
        again = await client.hear()
        assert (before["code"], again["code"]) == ("not_started", "already_started")
        assert "\\x" not in before["error"]
        assert "secret" not in again["error"]
        assert max(len(before["error"]), len(again["error"])) < 200


async def test_audio_after_stop_is_answered_while_the_final_is_due(riva, caplog):
    """A second stop is not, and a start must wait; there is one session_stopped."""

    go = asyncio.Event()

    async def patient(requests, context):
        async for _ in requests:
            pass
        await go.wait()
        return
        yield

    async with hostile_setting(riva, caplog) as here:
        riva.script = patient
        client = await here.client(started=True)
        await client.send(AUDIO + STOP + STOP + AUDIO + frame(BINARY, b"\0") + start())
        while len(client.codes) < 3:
            await client.hear()
        assert client.codes == ["audio_after_stop", "odd_audio", "already_started"]
        go.set()
        await client.hear_until("session_stopped")
        await client.send(text({"type": "ping"}))
        assert (await client.hear())["type"] == "pong"


async def test_ten_megabytes_of_json_are_not_read(riva, caplog):
    """They are over the limit of a message: 1009, and nothing was parsed."""
    async with hostile_setting(riva, caplog) as here:
        client = await here.client(started=True)
        await client.send(start(hotwords=["x" * 10_000_000]))
        assert await client.end() == 1009
        assert client.codes == []
