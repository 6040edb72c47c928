"""Frames to events, starts to requests."""

from __future__ import annotations

import pytest

from harness.gateway.translate import event_of, recognition
from harness.riva.config import RivaConfig
from harness.riva.convert import Recognition
from harness.wire.codec import encode
from harness.wire.conversation import Event
from harness.wire.messages import GetMetrics, Ping, StartTranscription, StopTranscription


@pytest.mark.parametrize(
    ("frame", "event"),
    [
        (b"\0\0", Event.AUDIO),
        (b"", Event.AUDIO_ODD),
        (b"\0\0\0", Event.AUDIO_ODD),
        (encode(StartTranscription()), Event.START),
        (encode(StartTranscription(sample_rate_hz=8000, encoding="pcm16", stream_id="x" * 128)), Event.START),
        (encode(StartTranscription(sample_rate_hz=22050)), Event.START_INVALID),
        (encode(StartTranscription(encoding="opus")), Event.START_INVALID),
        (encode(StartTranscription(hotwords=("a",) * 501)), Event.START_INVALID),
        (encode(StartTranscription(stream_id="x" * 129)), Event.START_INVALID),
        (encode(StartTranscription(language_code="x" * 35, hotwords=("x" * 200,) * 500)), Event.START),
        (encode(StartTranscription(language_code="x" * 36)), Event.START_INVALID),
        (encode(StartTranscription(hotwords=("a", "x" * 201))), Event.START_INVALID),
        (encode(StopTranscription()), Event.STOP),
        (encode(Ping()), Event.PING),
        (encode(GetMetrics()), Event.GET_METRICS),
        ("{}", Event.MALFORMED),
        ('{"type":"dance"}', Event.UNKNOWN_TYPE),
    ],
)
def test_a_frame_is_one_event(frame, event):
    """Each frame a client may send is exactly one event of the conversation."""
    assert event_of(frame)[0] is event


def test_the_payload_goes_along():
    """Audio and start travel with their event, a mistake with its reason."""
    start = StartTranscription(stream_id="s")
    assert event_of(b"ab")[1] == b"ab"
    assert event_of(encode(start))[1] == start
    assert (
        event_of(encode(StartTranscription(sample_rate_hz=1)))[1]
        == "sample_rate must be one of 8000, 16000, 44100, 48000"
    )
    assert event_of(b"abc")[1] == "3 bytes"


def test_the_deployment_fills_what_the_client_leaves_open():
    """Language, model, punctuation, word times and rate come from the configuration."""
    config = RivaConfig(model="m", language_code="de-DE", word_time_offsets=False, automatic_punctuation=False)
    assert recognition(StartTranscription(), config, 16000) == Recognition(
        sample_rate_hz=16000,
        language_code="de-DE",
        model="m",
        word_time_offsets=False,
        automatic_punctuation=False,
    )


def test_the_client_may_choose():
    """What the client says wins, except that partials the deployment switched off stay off."""
    start = StartTranscription(
        enable_partials=True, hotwords=("a",), sample_rate_hz=8000, language_code="fr-FR", word_time_offsets=True
    )
    config = RivaConfig(word_time_offsets=False, partial_results=False)
    assert recognition(start, config, 8000) == Recognition(
        sample_rate_hz=8000, language_code="fr-FR", interim_results=False, word_time_offsets=True, hotwords=("a",)
    )
