"""The gateway end to end: a WebSocket client on one side, a scripted Riva on the other."""

from __future__ import annotations

import asyncio
from datetime import datetime

import grpc
import pytest
from websockets.exceptions import ConnectionClosed

import harness
from harness.gateway.intake import AudioLimits
from harness.wire.conversation import Event
from harness.wire.messages import (
    Error,
    GetMetrics,
    Metrics,
    Partial,
    Ping,
    Pong,
    SessionStopped,
    StartTranscription,
    StopTranscription,
    Transcription,
    Word,
)

AUDIO = bytes(3200)


def texts(messages, kind):
    return [message.text for message in messages if isinstance(message, kind)]


async def test_the_greeting_says_what_this_is(gateway, connect, riva):
    """Before the client has said anything it knows gateway, Riva, model and format."""
    talk = await connect(await gateway({"model": "parakeet"}))
    config = talk.greeting.server_config
    assert config.riva_target == f"127.0.0.1:{riva.port}"
    assert (config.sample_rate_hz, config.channels, config.frame_ms) == (16000, 1, 20)
    assert (config.gateway, config.model) == (f"riva-slo-gateway/{harness.__version__}", "parakeet")
    assert datetime.fromisoformat(talk.greeting.timestamp).tzinfo is not None


async def test_a_session_from_start_to_stop(gateway, connect, riva):
    """Partials while audio goes, the final after stop, then session_stopped; times are seconds of the stream."""
    talk = await connect(await gateway())
    started = await talk.start(stream_id="call-7")
    assert (started.stream_id, started.enable_partials) == ("call-7", True)
    assert started.connection_id == talk.greeting.connection_id
    await talk.socket.send(AUDIO)
    partial = await talk.hear()
    assert (partial.segment_id, partial.text) == (0, "1 pie")
    assert partial.processing_time_ms >= 0
    await talk.say(StopTranscription())
    final, stopped = await talk.hear_until(SessionStopped)
    assert (final.segment_id, final.text, final.confidence, final.audio_end_s) == (0, "1 pieces", 0.5, 1.5)
    assert final.words == (
        Word(word="1", start_s=0.0, end_s=0.1, confidence=0.25),
        Word(word="pieces", start_s=0.15, end_s=1.25, confidence=0.25),
    )
    assert stopped.connection_id == talk.greeting.connection_id


async def test_what_the_client_asks_reaches_riva(gateway, connect, riva):
    """Every option of start_transcription stands in Riva's configuration."""
    talk = await connect(await gateway({"model": "parakeet", "automatic_punctuation": False}))
    await talk.start(
        sample_rate_hz=8000, encoding="pcm16", language_code="de-DE", word_time_offsets=False, hotwords=("a", "b")
    )
    await riva.until(lambda riva: riva.configs)
    config = riva.configs[0].config
    assert (config.sample_rate_hertz, config.language_code, config.model) == (8000, "de-DE", "parakeet")
    assert not config.enable_word_time_offsets
    assert not config.enable_automatic_punctuation
    assert list(config.speech_contexts[0].phrases) == ["a", "b"]
    assert riva.configs[0].interim_results


async def test_audio_arrives_whole_and_in_order(gateway, connect, riva):
    """Not a byte of audio is lost or swapped on the way; small frames are joined."""
    talk = await connect(await gateway())
    await talk.start()
    frames = [bytes([number % 256]) * (2 + 2 * (number % 50)) for number in range(300)]
    for frame in frames:
        await talk.socket.send(frame)
    await talk.say(StopTranscription())
    await talk.hear_until(SessionStopped)
    assert b"".join(riva.audio) == b"".join(frames)
    assert len(riva.audio) < len(frames) / 10


async def test_segments_are_counted_by_finals(gateway, connect, riva, double):
    """A partial belongs to the segment whose final is next, and each final begins a new one."""

    async def talkative(requests, context):
        yield double.interim("a")
        yield double.final("a b")
        yield double.interim("c")
        yield double.final("c d")
        async for _ in requests:
            pass
        yield double.final("")

    riva.script = talkative
    talk = await connect(await gateway())
    await talk.start()
    await talk.say(StopTranscription())
    heard = await talk.hear_until(SessionStopped)
    assert [(type(message), message.segment_id, message.text) for message in heard[:-1]] == [
        (Partial, 0, "a"),
        (Transcription, 0, "a b"),
        (Partial, 1, "c"),
        (Transcription, 1, "c d"),
        (Transcription, 2, ""),
    ]


async def test_one_connection_holds_session_after_session(gateway, connect, riva, double):
    """After session_stopped the next start begins at segment 0 again."""
    riva.script = double.weighing
    talk = await connect(await gateway())
    for pieces in (1, 2):
        await talk.start()
        for _ in range(pieces):
            await talk.socket.send(AUDIO)
        await talk.say(StopTranscription())
        heard = await talk.hear_until(SessionStopped)
        assert [(m.segment_id, m.text) for m in heard if isinstance(m, Transcription)] == [
            (0, f"{pieces * len(AUDIO)} bytes")
        ]


async def test_without_partials_only_finals_come(gateway, connect, riva):
    """enable_partials false is asked of Riva, and holds even if Riva sends some."""
    talk = await connect(await gateway())
    assert not (await talk.start(enable_partials=False)).enable_partials
    await talk.socket.send(AUDIO)
    await talk.say(StopTranscription())
    heard = await talk.hear_until(SessionStopped)
    assert [type(message) for message in heard] == [Transcription, SessionStopped]
    assert not riva.configs[0].interim_results


async def test_a_client_that_just_closes_still_hears_its_last_final(gateway, connect):
    """The close frame ends the audio; final and session_stopped come before the gateway's own close frame."""
    talk = await connect(await gateway())
    await talk.start()
    await talk.socket.send(AUDIO)
    closing = asyncio.create_task(talk.socket.close(1000))
    heard = await talk.hear_until(SessionStopped)
    assert texts(heard, Transcription) == ["1 pieces"]
    await closing
    assert await talk.closed() == 1000


async def test_stop_and_close_at_once_flush_too(gateway, connect):
    """A close frame right behind stop_transcription takes nothing away."""
    talk = await connect(await gateway())
    await talk.start()
    await talk.socket.send(AUDIO)
    await talk.say(StopTranscription())
    closing = asyncio.create_task(talk.socket.close())
    assert texts(await talk.hear_until(SessionStopped), Transcription) == ["1 pieces"]
    await closing


async def test_closing_without_a_session_is_answered_at_once(gateway, connect):
    """With nothing to flush, the close frame has its answer."""
    talk = await connect(await gateway())
    async with asyncio.timeout(5):
        await talk.socket.close(1000)
    assert await talk.closed() == 1000


async def test_a_broken_connection_frees_riva(gateway, connect, riva):
    """When nobody listens any more, the stream on Riva's side ends too."""
    talk = await connect(await gateway())
    await talk.start()
    await riva.until(lambda riva: riva.open_streams == 1)
    talk.socket.transport.abort()
    await riva.until(lambda riva: riva.open_streams == 0)


@pytest.mark.parametrize(
    ("status", "told"),
    [
        ("RESOURCE_EXHAUSTED", ("resource_exhausted", True, 1000, 1013)),
        ("UNAVAILABLE", ("unavailable", True, 1000, 1014)),
        ("INVALID_ARGUMENT", ("invalid_argument", False, None, 1011)),
        ("UNAUTHENTICATED", ("unauthorized", False, None, 1011)),
        ("INTERNAL", ("internal", True, 1000, 1011)),
    ],
)
async def test_a_failure_of_riva_is_an_error_before_the_close(gateway, connect, riva, status, told):
    """Each failure is told as a structured error, and then, and only then, the connection closes."""

    async def refuse(requests, context):
        await context.abort(grpc.StatusCode[status], "as the test asked")
        yield

    riva.script = refuse
    talk = await connect(await gateway())
    await talk.say(StartTranscription(stream_id="call-7"))
    error = (await talk.hear_until(Error))[-1]
    assert error.stream_id == "call-7"
    assert (error.code, error.retryable, error.retry_after_ms, await talk.closed()) == told


async def test_refused_while_audio_pours_in_is_still_refused(gateway, connect, riva):
    """Audio on its way does not turn a refusal into an internal error."""

    async def refuse(requests, context):
        async for request in requests:
            if request.audio_content:
                await context.abort(grpc.StatusCode.RESOURCE_EXHAUSTED, "at the limit")
        yield

    riva.script = refuse
    talk = await connect(await gateway())
    await talk.start()
    with pytest.raises(ConnectionClosed):
        await pour(talk)
    assert (await talk.hear()).code == "resource_exhausted"
    assert await talk.closed() == 1013


async def pour(talk):
    while True:
        await talk.socket.send(AUDIO)


async def test_riva_dying_mid_stream_is_told(gateway, connect, riva):
    """The client of a killed Riva hears `unavailable`, retryable, and when to come again."""
    talk = await connect(await gateway())
    await talk.start()
    await talk.socket.send(AUDIO)
    assert isinstance(await talk.hear(), Partial)
    await riva.stop()
    error = (await talk.hear_until(Error))[-1]
    assert (error.code, error.retryable, error.retry_after_ms) == ("unavailable", True, 1000)
    assert await talk.closed() == 1014


async def test_riva_not_there_is_told(gateway, connect, riva):
    """A start while Riva is down is answered at once, without session_started."""
    await riva.stop()
    talk = await connect(await gateway())
    await talk.say(StartTranscription())
    assert (await talk.hear()).code == "unavailable"
    assert await talk.closed() == 1014


async def test_riva_hanging_after_stop_is_a_timeout(gateway, connect, riva):
    """A final that does not come is a structured error at the deadline, not a client that waits for ever."""

    async def hang(requests, context):
        async for _ in requests:
            pass
        await asyncio.Event().wait()
        yield

    riva.script = hang
    talk = await connect(await gateway({"timeout_ms": 50}))
    await talk.start()
    await talk.say(StopTranscription())
    error = await talk.hear()
    assert (error.code, error.retryable) == ("timeout", True)
    assert await talk.closed() == 1014
    await riva.until(lambda riva: riva.open_streams == 0)


async def test_riva_taking_no_audio_slows_the_client_and_is_a_timeout(gateway, connect, riva):
    """Audio that Riva does not take stops the client by TCP, and the deadline ends the session."""

    async def deaf(requests, context):
        await asyncio.Event().wait()
        yield

    riva.script = deaf
    talk = await connect(await gateway({"timeout_ms": 300}, audio=AudioLimits(ahead_ms=3_600_000)))
    await talk.start()
    with pytest.raises(ConnectionClosed):
        await pour(talk)
    assert (await talk.hear_until(Error))[-1].code == "timeout"
    assert await talk.closed() == 1014


async def test_riva_ending_early_is_told(gateway, connect, riva, double):
    """A stream that Riva ends well before the audio does is an error: what is still to be said would be lost."""

    async def brief(requests, context):
        yield double.final("enough")

    riva.script = brief
    talk = await connect(await gateway())
    await talk.start()
    final, error = await talk.hear_until(Error)
    assert (final.text, error.code, error.retryable) == ("enough", "ended_early", True)
    assert await talk.closed() == 1014


@pytest.mark.parametrize(
    ("frame", "code"),
    [
        (AUDIO, "not_started"),
        (b"\0\0\0", "odd_audio"),
        (b"", "odd_audio"),
        ('{"type":"stop_transcription"}', "not_started"),
        ('{"type":"dance"}', "unknown_type"),
        ('{"type":"partial","segment_id":0,"text":"a"}', "unknown_type"),
        ("{", "malformed_message"),
        ("", "malformed_message"),
        ('{"type":"start_transcription","sample_rate":"8k"}', "malformed_message"),
        ('{"type":"start_transcription","sample_rate":22050}', "invalid_start"),
        ('{"type":"start_transcription","encoding":"opus"}', "invalid_start"),
    ],
)
async def test_what_cannot_be_accepted_is_answered_and_changes_nothing(gateway, connect, frame, code):
    """Each mistake has its own code, and the connection is as good as before."""
    talk = await connect(await gateway())
    await talk.socket.send(frame)
    error = await talk.hear()
    assert (error.code, error.retryable, error.stream_id) == (code, False, None)
    await talk.start()
    await talk.socket.send(AUDIO)
    await talk.say(StopTranscription())
    assert texts(await talk.hear_until(SessionStopped), Transcription) == ["1 pieces"]


@pytest.mark.parametrize(
    ("frame", "code"),
    [
        (b"\0\0\0", "odd_audio"),
        ('{"type":"start_transcription"}', "already_started"),
        ('{"type":"start_transcription","sample_rate":22050}', "already_started"),
        ('{"type":"dance"}', "unknown_type"),
        ("[]", "malformed_message"),
    ],
)
async def test_a_mistake_within_a_session_does_not_end_it(gateway, connect, frame, code):
    """The error carries the stream's id; audio before and after the mistake is recognised."""
    talk = await connect(await gateway())
    await talk.start(enable_partials=False, stream_id="call-7")
    await talk.socket.send(AUDIO)
    await talk.socket.send(frame)
    await talk.socket.send(AUDIO)
    error = await talk.hear()
    assert (error.code, error.stream_id) == (code, "call-7")
    await talk.say(StopTranscription())
    assert texts(await talk.hear_until(SessionStopped), Transcription) == ["2 pieces"]


async def test_audio_after_stop_is_answered(gateway, connect, riva):
    """Audio that comes too late is said to be lost; the session still ends well, once."""
    go = asyncio.Event()

    async def patient(requests, context):
        async for _ in requests:
            pass
        await go.wait()
        return
        yield

    riva.script = patient
    talk = await connect(await gateway())
    await talk.start()
    await talk.say(StopTranscription())
    await talk.say(StopTranscription())
    await talk.socket.send(AUDIO)
    assert (await talk.hear()).code == "audio_after_stop"
    go.set()
    assert isinstance(await talk.hear(), SessionStopped)
    await talk.say(Ping())
    assert isinstance(await talk.hear(), Pong)


async def test_ping_and_metrics_are_answered_in_any_state(gateway, connect):
    """Both work before and within a session, and the figures are this gateway's own."""
    open_gateway = await gateway()
    talk = await connect(open_gateway)
    await talk.say(Ping())
    assert isinstance(await talk.hear(), Pong)
    await talk.start(enable_partials=False)
    await talk.socket.send(AUDIO)
    await talk.say(Ping())
    assert isinstance(await talk.hear(), Pong)
    await talk.say(StopTranscription())
    await talk.hear_until(SessionStopped)
    await talk.socket.send(b"\0")
    await talk.hear()
    await talk.say(GetMetrics())
    metrics = await talk.hear()
    assert isinstance(metrics, Metrics)
    assert metrics.values.pop("uptime_seconds") > 0
    assert metrics.values == {
        "active_sessions": 0,
        "sessions_total": 1,
        "partials_total": 0,
        "finals_total": 1,
        "audio_seconds_total": 0.1,
        "errors_total.odd_audio": 1,
    }


async def test_silence_on_the_line_ends_a_session_with_its_last_final(gateway, connect):
    """An idle client is told, still gets what was recognised, and then the connection closes."""
    talk = await connect(await gateway(idle_s=0.05))
    await talk.start()
    await talk.socket.send(AUDIO)
    heard = await talk.hear_until(SessionStopped)
    assert [message.code for message in heard if isinstance(message, Error)] == ["idle_timeout"]
    assert texts(heard, Transcription) == ["1 pieces"]
    assert await talk.closed() == 1008


async def test_who_sends_audio_and_nothing_else_is_not_idle(gateway, connect, riva):
    """Audio that takes the short way past the reading task is a sign of life: it lasts three times the idle time."""
    talk = await connect(await gateway(idle_s=0.2))
    await talk.start(enable_partials=False)
    until_s = asyncio.get_running_loop().time() + 0.6
    while asyncio.get_running_loop().time() < until_s:
        await talk.socket.send(bytes(640))
        await asyncio.sleep(0.01)
    await talk.say(StopTranscription())
    heard = await talk.hear_until(SessionStopped)
    assert not [message for message in heard if isinstance(message, Error)]


async def test_a_held_frame_goes_on_although_no_other_comes(gateway, connect, riva):
    """The client pauses in the middle of what would have been joined: its audio reaches Riva without a stop."""
    talk = await connect(await gateway())
    await talk.start()
    await talk.socket.send(bytes(640))
    await riva.until(lambda there: b"".join(there.audio) == bytes(640))


async def test_a_client_that_does_not_read_is_dropped(gateway, connect, riva, double):
    """Text that nobody reads fills the buffers, stops Riva by flow control, and ends the connection at the deadline."""

    async def endless(requests, context):
        while True:
            yield double.interim("word " * 20_000)

    riva.script = endless
    talk = await connect(await gateway(send_s=0.2))
    await talk.say(StartTranscription())
    await riva.until(lambda riva: riva.open_streams == 1)
    await riva.until(lambda riva: riva.open_streams == 0)
    talk.socket.transport.abort()


async def test_a_shutdown_flushes_and_tells(gateway, connect):
    """Open sessions hear going_away, their last final, session_stopped, and a close with 1012."""
    open_gateway = await gateway()
    talk = await connect(open_gateway)
    idle = await connect(open_gateway)
    await talk.start()
    await talk.socket.send(AUDIO)
    await talk.hear()
    for conversation in list(open_gateway._open):
        await conversation.take(Event.SHUTDOWN)
    heard = await talk.hear_until(SessionStopped)
    assert [type(message) for message in heard] == [Error, Transcription, SessionStopped]
    assert (heard[0].code, heard[0].retryable) == ("going_away", True)
    assert await talk.closed() == 1012
    assert (await idle.hear()).code == "going_away"
    assert await idle.closed() == 1012
