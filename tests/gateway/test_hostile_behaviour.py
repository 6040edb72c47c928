"""Clients that keep to the letter of the protocol and mean no good: slow, fast, silent, gone, and many at once."""

from __future__ import annotations

import asyncio
import os

import pytest
from doubles.hostile_client import BINARY, CLOSE, PING, PONG, TEXT, eventually, frame, request, text
from doubles.hostile_setting import AUDIO, START, STOP, hostile_setting

from harness.gateway.admission import AdmissionLimits
from harness.gateway.intake import AudioLimits

ASK = text({"type": "get_metrics"})


async def until_nobody_is_left(here):
    """The gateway has let everybody go, though no client has left."""
    await eventually(lambda: not here.gateway._open)
    await here.riva.until(lambda riva: riva.open_streams == 0)


async def pour(client, data, *, times=100_000):
    """Send until the gateway has had enough."""
    for _ in range(times):
        if client.writer.transport.is_closing():
            return
        await client.send(data)


async def test_a_session_in_frames_of_one_sample(riva, caplog):
    """Nothing is lost and nothing is swapped."""
    async with hostile_setting(riva, caplog) as here:
        client = await here.client(started=True)
        audio = os.urandom(4000)
        riva.audio.clear()
        await client.send(b"".join(frame(BINARY, audio[at : at + 2]) for at in range(0, 4000, 2)) + STOP)
        await client.hear_until("session_stopped")
        assert b"".join(riva.audio) == audio


async def test_frames_that_come_byte_by_byte(riva, caplog):
    """Where TCP cuts is nobody's business."""
    async with hostile_setting(riva, caplog) as here:
        client = await here.client()
        for byte in text(START) + AUDIO + STOP:
            await client.send(bytes([byte]))
        await client.hear_until("session_stopped")


@pytest.mark.parametrize("started", [False, True], ids=["greeted", "streaming"])
@pytest.mark.parametrize("noise", [b"", frame(PING, b"a"), frame(PONG, b"a")], ids=["silent", "pings", "pongs"])
async def test_who_says_nothing_has_to_leave(riva, caplog, started, noise):
    """Pings are no messages: idle_timeout, 1008, and in a session its last final before that."""
    async with hostile_setting(riva, caplog, idle_s=0.3) as here:
        client = await here.client(started=started)
        answer = asyncio.create_task(client.end())
        while not (await asyncio.wait([answer], timeout=0.05))[0]:
            await client.send(noise)
        assert (await answer, client.codes) == (1008, ["idle_timeout"])
        assert ("session_stopped" in [m["type"] for m in client.heard]) == started


async def test_who_is_silent_and_does_not_answer_the_close_is_cut(riva, caplog):
    """Half open: the peer is gone, and no packet says so."""
    async with hostile_setting(riva, caplog, idle_s=0.1, send_s=0.2) as here:
        await here.client(started=True)
        await until_nobody_is_left(here)


async def test_who_does_not_answer_pings_is_cut(riva, caplog, monkeypatch):
    """The keepalive finds out before the idle time is over."""
    monkeypatch.setattr("harness.gateway.gateway._CLOSE_S", 0.3)
    async with hostile_setting(riva, caplog, ping_interval_s=0.1, send_s=0.2) as here:
        await here.client(started=True)
        await until_nobody_is_left(here)


async def test_a_slow_reader_still_gets_everything(riva, double, caplog):
    """A receive buffer of some KiB, read in small pieces: slowed, not dropped."""

    async def talkative(requests, context):
        for number in range(200):
            yield double.final(f"{number} " + "word " * 400)
        async for _ in requests:
            pass

    async with hostile_setting(riva, caplog) as here:
        riva.script = talkative
        client = await here.client(started=True, buffer_bytes=4096)
        await client.send(STOP)
        await client.hear_until("session_stopped")
        numbers = [int(m["text"].split()[0]) for m in client.heard if m["type"] == "transcription"]
        assert numbers == list(range(200))


@pytest.mark.parametrize("started", [False, True], ids=["greeted", "streaming"])
async def test_who_asks_and_never_reads_is_cut(riva, caplog, started):
    """Answers pile up in bounded memory until the time to read them is over."""
    async with hostile_setting(riva, caplog, send_s=0.3) as here:
        client = await here.client(started=started, buffer_bytes=4096)
        client.writer.transport.pause_reading()
        asking = asyncio.create_task(pour(client, ASK * 1000))
        await until_nobody_is_left(here)
        client.leave()
        await asking


async def test_a_flood_of_pings_that_nobody_reads_the_pongs_of_is_cut(riva, caplog):
    """Pongs wait in bounded memory."""
    async with hostile_setting(riva, caplog) as here:
        client = await here.client(started=True, buffer_bytes=4096)
        client.writer.transport.pause_reading()
        asking = asyncio.create_task(pour(client, frame(PING, bytes(125)) * 1000))
        await until_nobody_is_left(here)
        client.leave()
        await asking


async def test_a_flood_of_pings_whose_pongs_are_read_is_answered(riva, caplog):
    """Ten thousand of them take nothing from a session."""
    async with hostile_setting(riva, caplog) as here:
        client = await here.client(started=True)
        sending = asyncio.create_task(client.send(frame(PING, b"a") * 10_000 + AUDIO + STOP))
        await client.hear_until("session_stopped")
        await sending


@pytest.mark.parametrize("opcode", [PONG, TEXT, BINARY], ids=["pongs", "no-messages", "empty-audio"])
async def test_a_flood_of_nothing_is_worked_off(riva, caplog, opcode):
    """Each has its answer or none, and then a session goes well."""
    async with hostile_setting(riva, caplog) as here:
        client = await here.client()
        sending = asyncio.create_task(client.send(frame(opcode) * 3000 + text(START) + AUDIO + STOP))
        await client.hear_until("session_stopped")
        assert len(client.codes) == (0 if opcode == PONG else 3000)
        await sending


async def test_audio_faster_than_real_time_is_slowed_and_then_told(riva, caplog):
    """too_fast and 1008, with the final of what was taken before that."""
    limits = AudioLimits(ahead_ms=100, slowed_ms=100)
    async with hostile_setting(riva, caplog, audio=limits) as here:
        client = await here.client(started=True)
        pouring = asyncio.create_task(pour(client, AUDIO * 10))
        assert await client.end() == 1008
        client.leave()
        await pouring
        assert client.codes == ["too_fast"]
        assert [m["type"] for m in client.heard[-2:]] == ["transcription", "session_stopped"]


@pytest.mark.parametrize("how", ["reset", "leave"])
async def test_who_floods_and_vanishes_leaves_riva_soon(riva, caplog, how):
    """Being slowed does not outlive the client by more than the patience with it."""
    async with hostile_setting(riva, caplog, audio=AudioLimits(ahead_ms=100, slowed_ms=1000)) as here:
        client = await here.client(started=True)
        await client.send(AUDIO * 50)
        getattr(client, how)()
        await until_nobody_is_left(here)


HELD = frame(BINARY, bytes(640_000))  # 20 s of audio: nothing more is read for almost as long


@pytest.mark.parametrize("how", ["reset", "leave"])
@pytest.mark.parametrize("flood", [b"", HELD * 40], ids=["one-frame", "more-than-tcp-holds"])
async def test_who_vanishes_while_nothing_is_read_is_missed(riva, caplog, flood, how):
    """Riva's stream ends within 3 s, though patience would last a minute, even where no FIN can come through."""
    async with hostile_setting(riva, caplog, audio=AudioLimits(ahead_ms=100)) as here:
        client = await here.client(started=True)
        await client.send(HELD)
        await riva.until(lambda riva: riva.audio)
        pouring = asyncio.create_task(client.send(flood))
        await asyncio.wait([pouring], timeout=0.3)
        getattr(client, how)()
        async with asyncio.timeout(3):
            await riva.until(lambda riva: riva.open_streams == 0)
        await until_nobody_is_left(here)
        await pouring


async def test_who_is_held_and_still_there_is_not_missed(riva, caplog):
    """A client that waits out its hold gets its final, and is told nothing of the looks that were taken."""
    async with hostile_setting(riva, caplog, audio=AudioLimits(ahead_ms=17_500)) as here:
        client = await here.client(started=True)
        await client.send(HELD + STOP)
        await client.hear_until("session_stopped")
        assert (client.codes, [m["type"] for m in client.heard[-2:]]) == ([], ["transcription", "session_stopped"])


STATES = {
    "connected": b"",
    "asking": request()[:50],
    "upgrading": request(),
    "starting": request() + text(START),
    "in-a-frame": request() + text(START) + AUDIO[:100],
    "in-a-message": request() + text(START) + frame(BINARY, bytes(640), fin=False),
    "streaming": request() + text(START) + AUDIO,
    "stopping": request() + text(START) + AUDIO + STOP,
    "closing": request() + text(START) + AUDIO + frame(CLOSE, b"\x03\xe8"),
    "starting-again": request() + (text(START) + AUDIO + STOP) * 3,
}


@pytest.mark.parametrize("how", ["reset", "leave", "eof"])
@pytest.mark.parametrize("said", STATES.values(), ids=STATES)
async def test_who_disconnects_in_any_state_leaves_nothing(riva, caplog, said, how):
    """RST, or FIN, or half of one, right behind what was said."""
    async with hostile_setting(riva, caplog) as here:
        client = await here.dial()
        await client.send(said)
        if how == "eof":
            client.writer.write_eof()
        else:
            getattr(client, how)()
        await until_nobody_is_left(here)
        await here.good_session()


@pytest.mark.parametrize("how", ["reset", "leave"])
async def test_who_disconnects_while_the_final_is_due_leaves_nothing(riva, caplog, how):
    """Riva is told, however long it would have thought."""

    async def think(requests, context):
        async for _ in requests:
            pass
        await asyncio.Event().wait()
        yield

    async with hostile_setting(riva, caplog) as here:
        riva.script = think
        client = await here.client(started=True)
        await client.send(AUDIO + STOP)
        await riva.until(lambda riva: riva.audio)
        getattr(client, how)()
        await until_nobody_is_left(here)


async def test_a_storm_of_a_hundred_is_weathered(riva, caplog):
    """A hundred at once start, speak and vanish without a word; the next one is served."""
    async with hostile_setting(riva, caplog) as here:

        async def come_and_go():
            client = await here.dial()
            await client.send(request() + text(START) + AUDIO)
            await client.response(body=False)
            client.reset()

        await asyncio.gather(*(come_and_go() for _ in range(100)))
        await until_nobody_is_left(here)
        await here.good_session()


async def test_a_storm_beyond_the_limit_is_refused_in_part(riva, caplog):
    """Each of a hundred has 101 or 503, or comes in and is told `overloaded`; no place is lost."""
    async with hostile_setting(riva, caplog, admission=AdmissionLimits(connections=10)) as here:

        async def knock():
            client = await here.dial()
            await client.send(request())
            status, headers, _ = await client.response(body=False)
            assert status == 101 or (status == 503 and headers["retry-after"] == "1")
            message = await client.hear() if status == 101 else {"type": "refused"}
            return message.get("code", message["type"])

        answers = await asyncio.gather(*(knock() for _ in range(100)))
        assert set(answers) <= {"connection", "refused", "overloaded"}
        assert answers.count("connection") == 10
        for client in here.clients:
            client.leave()
        await until_nobody_is_left(here)
        await here.good_session()


async def test_sessions_one_behind_the_other_without_waiting(riva, caplog):
    """Thirty starts, each behind a stop, all in one write: each is served, or told that it came too early."""
    async with hostile_setting(riva, caplog) as here:
        client = await here.client()
        await client.send((text(START) + AUDIO + STOP) * 30 + ASK)
        await client.hear_until("metrics")
        started = [m["type"] for m in client.heard].count("session_started")
        assert started + client.codes.count("already_started") == 30
        assert set(client.codes) <= {"already_started", "audio_after_stop"}
