"""What a client may cost: time, memory, patience."""

from __future__ import annotations

import asyncio
import contextlib

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.frames import Frame, Opcode
from websockets.protocol import State

from harness.gateway.bounded import WeighingAssembler
from harness.gateway.closing import MOST_FRAGMENTS, HoldingProtocol
from harness.gateway.intake import AudioLimits
from harness.wire.messages import Error, Partial, SessionStopped, StopTranscription, Transcription

AUDIO = bytes(3200)


async def test_the_queue_is_weighed_in_bytes():
    """Reading stops above the bound in bytes and begins again below half of it."""
    calls = []
    queue = WeighingAssembler(
        queue_bytes=100, pause=lambda: calls.append("pause"), resume=lambda: calls.append("resume")
    )
    for _ in range(3):
        queue.put(Frame(Opcode.BINARY, bytes(50)))
    assert (calls, queue.waiting.bytes, len(queue.waiting.since)) == (["pause"], 150, 3)
    assert await queue.get() == bytes(50)
    assert calls == ["pause"]
    await queue.get()
    assert calls == ["pause", "resume"]
    await queue.get()
    assert (queue.waiting.bytes, len(queue.waiting.since)) == (0, 0)


async def test_a_read_that_is_given_up_loses_no_weight():
    """Fragments that were taken and put back are weighed again."""
    queue = WeighingAssembler(queue_bytes=100, pause=lambda: None, resume=lambda: None)
    queue.put(Frame(Opcode.BINARY, bytes(10), fin=False))
    reading = asyncio.create_task(queue.get())
    await asyncio.sleep(0)
    reading.cancel()
    await asyncio.gather(reading, return_exceptions=True)
    assert (queue.waiting.bytes, len(queue.waiting.since)) == (10, 1)


def test_a_message_in_endless_fragments_ends_the_connection():
    """However small they are, and whatever control frames stand between them."""
    protocol = HoldingProtocol(state=State.OPEN)
    protocol.recv_frame(Frame(Opcode.BINARY, b"a", fin=False))
    for _ in range(MOST_FRAGMENTS):
        protocol.recv_frame(Frame(Opcode.PING, b""))
        protocol.recv_frame(Frame(Opcode.CONT, b"", fin=False))
    assert protocol.state is State.OPEN
    protocol.recv_frame(Frame(Opcode.CONT, b"", fin=False))
    assert (protocol.state, protocol.close_sent.code) == (State.CLOSING, 1009)


async def test_too_fast_is_slowed_first_and_then_told(gateway, connect):
    """Audio ten times as fast as real time: the gateway reads no faster than it should, then says why it closes."""
    here = await gateway(audio=AudioLimits(ahead_ms=300, slowed_ms=200))
    talk = await connect(here)
    await talk.start(enable_partials=False)
    with contextlib.suppress(ConnectionClosed):
        while True:
            await talk.socket.send(AUDIO)
    heard = await talk.hear_until(SessionStopped)
    assert [type(message) for message in heard] == [Error, Transcription, SessionStopped]
    assert (heard[0].code, heard[0].retryable, await talk.closed()) == ("too_fast", False, 1008)
    assert int(heard[1].text.split()[0]) < 10


async def test_a_session_has_a_longest_duration(gateway, connect):
    """At its end the client is told, still gets its last final, and is closed."""
    talk = await connect(await gateway(session_s=0.1))
    await talk.start(enable_partials=False)
    await talk.socket.send(AUDIO)
    heard = await talk.hear_until(SessionStopped)
    assert [type(message) for message in heard] == [Error, Transcription, SessionStopped]
    assert (heard[0].code, heard[0].retryable, await talk.closed()) == ("session_too_long", True, 1008)


async def test_held_audio_goes_on_when_no_more_comes(gateway, connect, riva):
    """One frame of 20 ms reaches Riva after the hold, without a second one."""
    talk = await connect(await gateway())
    await talk.start()
    await talk.socket.send(bytes(640))
    assert isinstance(await talk.hear(), Partial)
    assert riva.audio == [bytes(640)]


async def test_pings_without_end_from_who_does_not_read_end_the_connection(gateway, connect):
    """Pongs pile up where nobody reads; above a bound the connection is cut."""
    here = await gateway()
    talk = await connect(here)
    talk.socket.transport.pause_reading()
    pings = Frame(Opcode.PING, bytes(125)).serialize(mask=True) * 500
    async with asyncio.timeout(20):
        while here.admission.connections:
            if talk.socket.transport.get_write_buffer_size() < 2**20:
                talk.socket.transport.write(pings)
            await asyncio.sleep(0)


async def test_a_dead_peer_is_found_by_ping(gateway, connect):
    """A client that answers no ping and says nothing is closed; one whose pongs come is not."""
    here = await gateway(ping_interval_s=0.1)
    dead, alive = await connect(here), await connect(here)
    dead.socket.transport.pause_reading()
    async with asyncio.timeout(10):
        while here.admission.connections > 1:  # noqa: ASYNC110  a counter tells nobody
            await asyncio.sleep(0.02)
    await alive.start()
    dead.socket.transport.abort()


async def test_who_reads_too_late_finds_the_reason(gateway, connect, riva, double):
    """Error and close frame stand behind what was not read, and the process counts it."""

    async def endless(requests, context):
        while True:
            yield double.interim("word " * 20_000)

    riva.script = endless
    here = await gateway(send_s=1)
    talk = await connect(here)
    await talk.start()
    talk.socket.transport.pause_reading()
    (client,) = here._open.values()
    async with asyncio.timeout(10):
        while not client.too_slow:  # noqa: ASYNC110  it tells nobody
            await asyncio.sleep(0.01)
    talk.socket.transport.resume_reading()
    error = (await talk.hear_until(Error))[-1]
    assert (error.code, error.retryable, await talk.closed()) == ("too_slow", True, 1008)
    await riva.until(lambda riva: riva.open_streams == 0)
    assert here.counters.errors_total["too_slow"] == 1


async def test_text_that_is_no_utf_8_ends_the_connection(gateway, connect):
    """As the WebSocket standard has it."""
    talk = await connect(await gateway())
    talk.socket.transport.write(Frame(Opcode.TEXT, b"\xff").serialize(mask=True))
    assert await talk.closed() == 1007


@pytest.mark.parametrize("rate_hz", [44_100, 48_000])
async def test_other_rates_reach_riva_at_16_khz(gateway, connect, riva, rate_hz):
    """A second of audio is a second of audio."""
    talk = await connect(await gateway())
    await talk.start(sample_rate_hz=rate_hz, enable_partials=False)
    for _ in range(10):
        await talk.socket.send(bytes(rate_hz // 5))
    await talk.say(StopTranscription())
    await talk.hear_until(SessionStopped)
    assert riva.configs[0].config.sample_rate_hertz == 16_000
    assert len(b"".join(riva.audio)) == 32_000


async def test_mulaw_takes_odd_byte_counts(gateway, connect, riva):
    """A byte is a sample: three bytes are three samples, and only an empty frame is odd."""
    talk = await connect(await gateway())
    await talk.start(sample_rate_hz=8_000, encoding="mulaw", enable_partials=False)
    await talk.socket.send(b"\xff\x80\x00")
    await talk.socket.send(b"")
    assert (await talk.hear()).code == "odd_audio"
    await talk.say(StopTranscription())
    await talk.hear_until(SessionStopped)
    assert b"".join(riva.audio) == b"\x00\x00\x7c\x7d\x84\x82"
