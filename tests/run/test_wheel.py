from __future__ import annotations

import asyncio

import pytest

from harness.clock import ManualClock
from harness.run.lateness import Lateness
from harness.run.wheel import IDLE_NS, Wheel

MS = 1_000_000


class Rider:
    """Notes when it is stepped, until its deadlines are used up."""

    def __init__(self, wheel: Wheel, clock: ManualClock, *due_ns: int) -> None:
        self.wheel, self.clock, self.due_ns = wheel, clock, list(due_ns)
        self.stepped: list[int] = []
        wheel.add(self, due_ns[0])

    def step(self) -> int | None:
        self.due_ns.pop(0)
        self.stepped.append(self.clock.now_ns())
        if not self.due_ns:
            self.wheel.retire()
            return None
        return self.due_ns[0]


def wheel() -> tuple[Wheel, ManualClock]:
    clock = ManualClock()
    return Wheel(clock, Lateness()), clock


async def test_each_deadline_is_met_on_the_grid_of_one_millisecond() -> None:
    """Never early, never more than one tick late, and no drift from one to the next."""
    turning, clock = wheel()
    rider = Rider(turning, clock, 1, 20 * MS, 40 * MS + 1, 999 * MS + 500_000)
    done = asyncio.ensure_future(turning.turn())
    await clock.run_to_end(2_000 * MS)
    assert done.done()
    assert rider.stepped == [MS, 20 * MS, 41 * MS, 1_000 * MS]


async def test_riders_share_one_timer_and_go_longest_due_first() -> None:
    """Two riders, one tick."""
    turning, clock = wheel()
    late, soon = Rider(turning, clock, 5 * MS - 1), Rider(turning, clock, 4 * MS + 1)
    order: list[Rider] = []
    for rider in (late, soon):
        step = rider.step
        rider.step = lambda rider=rider, step=step: (order.append(rider), step())[1]  # type: ignore[method-assign]
    done = asyncio.ensure_future(turning.turn())
    await clock.run_to_end(100 * MS)
    assert done.done()
    assert (late.stepped, soon.stepped) == ([5 * MS], [5 * MS])
    assert order == [soon, late]


async def test_after_a_stall_everything_missed_is_made_up_in_one_tick() -> None:
    """Deadlines are absolute: nothing is skipped, nothing is moved."""
    turning, clock = wheel()
    rider = Rider(turning, clock, *(n * 100 * MS for n in range(1, 6)))
    await clock.advance_to(350 * MS)
    turning.tick()
    assert rider.stepped == [350 * MS] * 3
    assert rider.due_ns[0] == 400 * MS


async def test_it_ticks_while_nothing_is_due_so_that_a_stall_is_seen() -> None:
    """The next deadline is an hour away; the wheel still wakes every 10 ms."""
    turning, clock = wheel()
    lateness = turning._lateness
    Rider(turning, clock, 3_600_000 * MS)
    done = asyncio.ensure_future(turning.turn())
    await clock.advance_to(95 * MS)
    assert lateness.worst_us(0, 95 * MS + IDLE_NS + 7 * MS) >= 7_000
    done.cancel()


async def test_a_wheel_without_riders_stops_at_once() -> None:
    """A run in which no clip can be trusted has nothing to play."""
    turning, _ = wheel()
    await turning.turn()


async def test_a_stall_in_the_middle_of_a_tick_is_seen() -> None:
    """An engine that is stopped while it steps makes no later tick late, yet everybody then open waited for it."""
    clock, lateness = ManualClock(), Lateness()
    turning = Wheel(clock, lateness)
    rider = Rider(turning, clock, 5 * MS)
    step = rider.step

    def stalled() -> int | None:
        clock._now_ns += 300 * MS
        return step()

    rider.step = stalled  # type: ignore[method-assign]
    done = asyncio.ensure_future(turning.turn())
    await clock.run_to_end(400 * MS)
    assert done.done()
    assert lateness.worst_us(0, clock.now_ns()) == (300 * MS - IDLE_NS) // 1000


async def test_a_rider_that_fails_fails_the_run() -> None:
    """Whoever turns the wheel gets the error: in the loop's log it would leave a run that waits for ever."""
    turning, clock = wheel()
    rider = Rider(turning, clock, 5 * MS)
    rider.due_ns.clear()  # its step has nothing to take
    done = asyncio.ensure_future(turning.turn())
    await clock.run_to_end(20 * MS)
    with pytest.raises(IndexError):
        await done


async def test_a_wheel_that_is_no_longer_turned_stands_still() -> None:
    """A cancelled run sends nothing more."""
    turning, clock = wheel()
    rider = Rider(turning, clock, 5 * MS, 10 * MS)
    done = asyncio.ensure_future(turning.turn())
    await clock.advance_to(6 * MS)
    done.cancel()
    await clock.run_to_end(50 * MS)
    assert rider.stepped == [5 * MS]
