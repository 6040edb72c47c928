"""Virtual time."""

from __future__ import annotations

import asyncio

from harness.clock import ManualClock


async def test_sleepers_wake_in_order_at_their_own_moment() -> None:
    """Advancing far wakes each sleeper at its due time, not at the end, whatever the order of asking."""
    clock = ManualClock()
    woken: list[tuple[str, int]] = []

    async def sleeper(name: str, at_ns: int) -> None:
        await clock.sleep_until(at_ns)
        woken.append((name, clock.now_ns()))

    tasks = [asyncio.create_task(sleeper(name, at_ns)) for name, at_ns in (("late", 30), ("early", 10), ("mid", 20))]
    await clock.advance_to(100)
    await asyncio.gather(*tasks)
    assert woken == [("early", 10), ("mid", 20), ("late", 30)]
    assert clock.now_ns() == 100


async def test_time_stands_still_until_it_is_moved() -> None:
    """A sleeper whose moment has not come sleeps on."""
    clock = ManualClock()
    task = asyncio.create_task(clock.sleep_until(50))
    await clock.advance_to(49)
    assert not task.done()
    await clock.advance_to(50)
    await task
