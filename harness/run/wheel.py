"""One timer for all sessions: it sleeps until something is due, never "a frame" after the last send."""

from __future__ import annotations

import asyncio
import heapq
import math
from bisect import bisect_right
from collections.abc import Iterator
from typing import Final, Protocol

from harness.clock import Clock
from harness.run.lateness import Lateness

TICK_NS: Final = 1_000_000
IDLE_NS: Final = 10_000_000  # ticks go on when nothing is due, so that a stall is seen whenever it comes
LEAST_NS: Final = 600_000  # uvloop's timers count whole ms and spin below half of one; this rounds to one


class Rider(Protocol):
    """Something with absolute deadlines that it computes from its plan."""

    def step(self) -> int | None:
        """Do the one thing that is due. When to step it again; None: never."""
        ...


Entry = tuple[int, int, Rider]  # due_ns, a number of its own to break ties


class Wheel:
    """Steps every rider at its deadlines until all are retired.

    What is due in the same millisecond lies in one slot: with thousands of riders a heap of them all costs more than
    stepping them.
    """

    def __init__(self, clock: Clock, lateness: Lateness) -> None:
        self._clock = clock
        self._lateness = lateness
        self._slots: dict[int, list[Entry]] = {}
        self._order: list[int] = []  # a heap of the slots' numbers
        self._alive = 0

    def add(self, rider: Rider, due_ns: int) -> None:
        """`due_ns`: when to step it first."""
        self._alive += 1
        self._put((due_ns, self._alive, rider))

    def retire(self) -> None:
        """A rider is over; where it still stands in a slot it is stepped once more, and does nothing."""
        self._alive -= 1

    async def turn(self) -> None:
        over: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._wait(over)
        await over

    def tick(self) -> None:
        """Step all that is due by now, the longest due first."""
        now_ns = self._clock.now_ns()
        self._lateness.note(now_ns)
        for _, number, rider in self._due_by(now_ns):
            if (due_ns := rider.step()) is not None:
                self._put((due_ns, number, rider))
        # A stall in the middle of a tick makes no tick late: the next one is only planned after it.
        self._lateness.expect(now_ns + IDLE_NS)
        self._lateness.note(self._clock.now_ns())

    def _wait(self, over: asyncio.Future[None]) -> None:
        if self._alive <= 0:
            over.set_result(None)
            return
        tick_ns = self._next_tick_ns()
        self._lateness.expect(tick_ns)
        self._clock.call_at(tick_ns, lambda: self._awake(over))

    def _awake(self, over: asyncio.Future[None]) -> None:
        if over.done():  # whoever turned the wheel was cancelled
            return
        try:
            self.tick()
            self._wait(over)
        except Exception as error:  # noqa: BLE001  it is for whoever turned the wheel, not for the loop's log
            over.set_exception(error)

    def _due_by(self, now_ns: int) -> Iterator[Entry]:
        """Take out what is due by then; what is put back meanwhile, and due as well, comes in its turn."""
        while self._order and (self._order[0] - 1) * TICK_NS < now_ns:
            entries = sorted(self._slots.pop(heapq.heappop(self._order)))
            due = bisect_right(entries, (now_ns, math.inf))
            yield from entries[:due]
            if later := entries[due:]:  # of this very millisecond
                for entry in later:
                    self._put(entry)
                return

    def _put(self, entry: Entry) -> None:
        number = -(-entry[0] // TICK_NS)  # of the tick that ends its millisecond
        if (slot := self._slots.get(number)) is None:
            self._slots[number] = [entry]
            heapq.heappush(self._order, number)
        else:
            slot.append(entry)

    def _next_tick_ns(self) -> int:
        """On the grid of 1 ms, so that what is due within one goes out together."""
        now_ns = self._clock.now_ns()
        idle_ns = now_ns + IDLE_NS
        due_ns = self._order[0] * TICK_NS if self._order else idle_ns
        return max(min(due_ns, idle_ns), now_ns + LEAST_NS)
