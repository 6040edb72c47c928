"""One timer for all sessions: it sleeps until something is due, never "a frame" after the last send."""

from __future__ import annotations

import heapq
from typing import Final, Protocol

from harness.clock import Clock
from harness.run.lateness import Lateness

TICK_NS: Final = 1_000_000
IDLE_NS: Final = 10_000_000  # ticks go on when nothing is due, so that a stall is seen whenever it comes
LEAST_NS: Final = 600_000  # uvloop's timers count whole ms and spin below half of one; this rounds to one


class Rider(Protocol):
    """Something with absolute deadlines that it computes from its plan."""

    def next_ns(self) -> int | None:
        """When it wants to be stepped; None: never again."""
        ...

    def step(self) -> None:
        """Do the one thing that is due; `next_ns` moves on."""
        ...


class Wheel:
    """Steps every rider at its deadlines until all are retired."""

    def __init__(self, clock: Clock, lateness: Lateness) -> None:
        self._clock = clock
        self._lateness = lateness
        self._due: list[tuple[int, int, Rider]] = []
        self._alive = 0

    def add(self, rider: Rider) -> None:
        self._alive += 1
        self._push(self._alive, rider)

    def retire(self) -> None:
        """A rider is over; where it still stands in the heap it will be passed by."""
        self._alive -= 1

    async def turn(self) -> None:
        while self._alive > 0:
            tick_ns = self._next_tick_ns()
            self._lateness.expect(tick_ns)
            await self._clock.sleep_until(tick_ns)
            self.tick()

    def tick(self) -> None:
        """Step all that is due by now, the longest due first."""
        now_ns = self._clock.now_ns()
        self._lateness.note(now_ns)
        while self._due and self._due[0][0] <= now_ns:
            _, order, rider = heapq.heappop(self._due)
            if (due_ns := rider.next_ns()) is not None and due_ns <= now_ns:
                rider.step()
            self._push(order, rider)
        # A stall in the middle of a tick makes no tick late: the next one is only planned after it.
        self._lateness.expect(now_ns + IDLE_NS)
        self._lateness.note(self._clock.now_ns())

    def _push(self, order: int, rider: Rider) -> None:
        if (due_ns := rider.next_ns()) is not None:
            heapq.heappush(self._due, (due_ns, order, rider))

    def _next_tick_ns(self) -> int:
        """On the grid of 1 ms, so that what is due within one goes out together."""
        now_ns = self._clock.now_ns()
        idle_ns = now_ns + IDLE_NS
        due_ns = self._due[0][0] if self._due else idle_ns
        return max(min(-(-due_ns // TICK_NS) * TICK_NS, idle_ns), now_ns + LEAST_NS)
