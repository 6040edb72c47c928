"""Audio on its short way, without sockets."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace

from harness.clock import ManualClock
from harness.gateway.intake import AudioLimits, Intake, Pace
from harness.gateway.passage import Holds, Passage
from harness.gateway.record import Session
from harness.riva.convert import Recognition

MS = 1_000_000
FRAME = bytes(640)  # 20 ms
LIMITS = AudioLimits()


class Stream:
    """Takes what it is offered."""

    def __init__(self):
        self.room = True
        self.offered = []

    def offer(self, pcm):
        self.offered.append(len(pcm))


def passage(limits=LIMITS):
    """One, with what it stands between."""
    clock, stream, open_ = ManualClock(), Stream(), SimpleNamespace(yes=True)
    session = Session(
        stream_id="s",
        ask=Recognition(sample_rate_hz=16_000),
        intake=Intake(limits, rate_hz=16_000),
        pace=Pace(limits, 0),
        log=None,
        started_ns=0,
        until_ns=10**12,
        audio_at_ns=0,
    )
    made = Passage(session, stream, clock, Holds(), lambda: open_.yes)
    return SimpleNamespace(
        take=made.take, clock=clock, stream=stream, open=open_, session=session, release=made.release
    )


async def test_three_frames_of_20_ms_go_together_and_one_of_100_ms_alone():
    """What is joined waits for the next frame, and for no timer."""
    there = passage()
    for number in range(6):
        await there.clock.advance_to(number * 20 * MS)
        assert there.take(FRAME)
    assert there.stream.offered == [1920, 1920]
    assert there.take(bytes(3200))
    assert there.stream.offered == [1920, 1920, 3200]


async def test_what_would_have_to_wait_is_declined_and_leaves_no_trace():
    """Riva takes no more, the session is ending, or the client is too fast: the reading task decides."""
    there = passage(AudioLimits(ahead_ms=1000))
    there.stream.room = False
    assert not there.take(FRAME)
    there.stream.room, there.open.yes = True, False
    assert not there.take(FRAME)
    there.open.yes = True
    assert [there.take(bytes(32_000)), there.take(FRAME)] == [True, False]
    assert (there.stream.offered, there.session.intake.bytes_in) == ([32_000], 32_000)


async def test_a_client_that_pauses_has_its_frame_sent_on():
    """A frame's time after it was due, not before; only once, and not into a session that is ending."""
    there = passage()
    assert there.take(FRAME)
    assert not there.release(65 * MS)
    await there.clock.advance_to(65 * MS)
    assert there.release(65 * MS)
    assert there.release(65 * MS)
    assert there.stream.offered == [640]
    assert there.take(FRAME)
    there.open.yes = False
    assert there.release(65 * MS)
    assert there.stream.offered == [640]


async def test_the_look_at_what_is_held_ends_when_nothing_is():
    """One timer for all; none while nobody is held."""
    asked, over = [], asyncio.Event()

    class Held:
        def __init__(self, name):
            self.name = name

        def release(self, due_ns):
            asked.append((self.name, due_ns))
            if asked.count(("c", 3)) == 2:
                over.set()
            return asked.count((self.name, due_ns)) == 2

    holds = Holds()
    first, gone, second = Held("a"), Held("b"), Held("c")
    for held, due_ns in ((first, 1), (gone, 2), (second, 3)):
        holds.add(held, due_ns)
    holds.discard(gone)
    async with asyncio.timeout(5):
        await over.wait()
    assert asked == [("a", 1), ("a", 1), ("c", 3), ("c", 3)]
