"""The JSON contract: what goes out comes in again, and what is no message is refused."""

from __future__ import annotations

import json

import pytest

from harness.wire.codec import MALFORMED, UNKNOWN_TYPE, WireError, decode_client, decode_server, encode
from harness.wire.messages import (
    Connection,
    Error,
    GetMetrics,
    Metrics,
    Partial,
    Ping,
    Pong,
    ServerConfig,
    SessionStarted,
    SessionStopped,
    StartTranscription,
    StopTranscription,
    Transcription,
    Word,
)

CLIENT = [
    StartTranscription(),
    StartTranscription(
        enable_partials=False,
        hotwords=("Parakeet", "Röntgen"),
        sample_rate_hz=8000,
        encoding="pcm16",
        language_code="en-US",
        word_time_offsets=True,
        stream_id="call-7",
    ),
    StopTranscription(),
    Ping(),
    GetMetrics(),
]
SERVER = [
    Connection(connection_id="c1"),
    Connection(
        connection_id="c1",
        server_config=ServerConfig(
            sample_rate_hz=16000, channels=1, frame_ms=20, riva_target="riva:50051", gateway="g/1", model="parakeet"
        ),
        timestamp="2026-01-02T03:04:05.678+00:00",
    ),
    SessionStarted(connection_id="c1", enable_partials=False, stream_id="s", timestamp="t"),
    Partial(segment_id=0, text="", processing_time_ms=1.5),
    Transcription(
        segment_id=3,
        text="hello wörld",
        words=(Word(word="hello", start_s=0.25, end_s=0.5, confidence=0.75), Word(word="wörld", start_s=0.5, end_s=1)),
        confidence=0.5,
        audio_end_s=1.25,
        timestamp="t",
        processing_time_ms=20.0,
    ),
    Transcription(segment_id=0, text="no more than this"),
    SessionStopped(connection_id="c1", timestamp="t"),
    Pong(timestamp="t"),
    Metrics(values={"active_sessions": 2.0}, timestamp="t"),
    Error(error="at its limit", code="resource_exhausted", retryable=True, retry_after_ms=1000, stream_id="s"),
    Error(error="free text only"),
]


@pytest.mark.parametrize("message", CLIENT, ids=lambda message: type(message).__name__)
def test_what_a_client_says_survives_the_wire(message):
    """Each client message decodes to itself."""
    assert decode_client(encode(message)) == message


@pytest.mark.parametrize("message", SERVER, ids=lambda message: type(message).__name__)
def test_what_a_server_says_survives_the_wire(message):
    """Each server message decodes to itself."""
    assert decode_server(encode(message)) == message


def test_the_bytes_are_those_of_the_contract():
    """Names and shapes on the wire are the contract's, with what is None left out."""
    assert json.loads(encode(StartTranscription(hotwords=("a",), sample_rate_hz=8000))) == {
        "type": "start_transcription",
        "enable_partials": True,
        "hotwords": ["a"],
        "sample_rate": 8000,
    }
    assert json.loads(encode(SERVER[3])) == {
        "type": "partial",
        "segment_id": 0,
        "text": "",
        "is_final": False,
        "processing_time_ms": 1.5,
    }
    assert json.loads(encode(SERVER[4])) == {
        "type": "transcription",
        "segment_id": 3,
        "text": "hello wörld",
        "is_final": True,
        "words": [
            {"word": "hello", "start": 0.25, "end": 0.5, "confidence": 0.75},
            {"word": "wörld", "start": 0.5, "end": 1},
        ],
        "confidence": 0.5,
        "audio_end": 1.25,
        "timestamp": "t",
        "processing_time_ms": 20.0,
    }
    assert json.loads(encode(SERVER[1]))["server_config"]["sample_rate"] == 16000


def test_messages_of_field_gateways_are_understood():
    """Unknown keys, nulls and missing optional keys are no fault of a server's."""
    partial = '{"type":"partial","segment_id":1,"text":"a","is_final":false,"engine":"x","processing_time_ms":null}'
    assert decode_server(partial) == Partial(segment_id=1, text="a")
    assert decode_server('{"type":"error","error":"boom","message":"x"}') == Error(error="boom")
    assert decode_server('{"type":"session_started"}') == SessionStarted()
    metrics = '{"type":"metrics","cpu":0.5,"n":3,"up":true,"by":{"a":1},"timestamp":5}'
    assert decode_server(metrics) == Metrics(values={"cpu": 0.5, "n": 3.0, "timestamp": 5.0})


@pytest.mark.parametrize(
    "text",
    [
        "",
        "nonsense",
        "[]",
        "5",
        "null",
        "{}",
        '{"type":5}',
        '{"type":null}',
        '{"type":"start_transcription","enable_partials":"yes"}',
        '{"type":"start_transcription","enable_partials":1}',
        '{"type":"start_transcription","hotwords":"a"}',
        '{"type":"start_transcription","hotwords":["a",1]}',
        '{"type":"start_transcription","sample_rate":"8000"}',
        '{"type":"start_transcription","sample_rate":8000.0}',
        '{"type":"start_transcription","sample_rate":true}',
        '{"type":"start_transcription","sample_rate":NaN}',
        '{"type":"start_transcription","stream_id":7}',
        "[" * 100_000,
    ],
)
def test_a_client_is_told_what_is_no_message(text):
    """Whatever is no JSON object of a known shape is malformed, never an exception of another kind."""
    with pytest.raises(WireError) as caught:
        decode_client(text)
    assert caught.value.code == MALFORMED


@pytest.mark.parametrize(
    "text",
    [
        '{"type":"connection"}',
        '{"type":"connection","connection_id":"c","server_config":[]}',
        '{"type":"connection","connection_id":"c","server_config":{"sample_rate":"16k"}}',
        '{"type":"partial","segment_id":0}',
        '{"type":"partial","text":"a"}',
        '{"type":"partial","segment_id":"0","text":"a"}',
        '{"type":"transcription","segment_id":0,"text":"a","words":{}}',
        '{"type":"transcription","segment_id":0,"text":"a","words":["a"]}',
        '{"type":"transcription","segment_id":0,"text":"a","words":[{"word":"a","start":0}]}',
        '{"type":"transcription","segment_id":0,"text":"a","words":[{"word":"a","start":0,"end":"1"}]}',
        '{"type":"transcription","segment_id":0,"text":"a","confidence":1e999}',
        '{"type":"transcription","segment_id":0,"text":"a","confidence":1' + "0" * 400 + "}",
        '{"type":"transcription","segment_id":0,"text":"a","confidence":true}',
        '{"type":"error"}',
        '{"type":"error","error":{"no":"text"}}',
        '{"type":"error","error":"x","retryable":"maybe"}',
    ],
)
def test_a_server_that_breaks_the_contract_is_noticed(text):
    """A known key of the wrong type, or a required one that is missing, is malformed."""
    with pytest.raises(WireError) as caught:
        decode_server(text)
    assert caught.value.code == MALFORMED


def test_an_unknown_type_is_told_apart():
    """A type the contract does not have is reported as such, in each direction for itself."""
    for decode, kind in ((decode_client, "dance"), (decode_server, "dance"), (decode_client, "partial")):
        with pytest.raises(WireError, match=kind) as caught:
            decode(json.dumps({"type": kind}))
        assert caught.value.code == UNKNOWN_TYPE


def test_nan_never_goes_out():
    """A number that is not JSON is refused where it would be sent."""
    with pytest.raises(ValueError, match="JSON compliant"):
        encode(Partial(segment_id=0, text="a", processing_time_ms=float("nan")))
