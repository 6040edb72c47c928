"""The only two clocks: the machine's monotonic one, and one that tests move by hand."""

from __future__ import annotations

import asyncio
import heapq
import itertools
import time
from collections.abc import Callable
from typing import Protocol


class Clock(Protocol):
    """Integer nanoseconds since a fixed moment, and a way to wait for a moment."""

    def now_ns(self) -> int: ...

    async def sleep_until(self, at_ns: int) -> None: ...

    def call_at(self, at_ns: int, back: Callable[[], None]) -> None:
        """Call `back` then: what a task that sleeps would do, for half the price."""
        ...


class MonotonicClock:
    """CLOCK_MONOTONIC, counted from `epoch_ns` (shared by every process of one host)."""

    __slots__ = ("epoch_ns",)

    def __init__(self, epoch_ns: int | None = None) -> None:
        self.epoch_ns = time.monotonic_ns() if epoch_ns is None else epoch_ns

    def now_ns(self) -> int:
        return time.monotonic_ns() - self.epoch_ns

    async def sleep_until(self, at_ns: int) -> None:
        """Return as soon as the loop can after `at_ns`; a moment already past returns at once."""
        await asyncio.sleep(max(0, at_ns - self.now_ns()) / 1e9)

    def call_at(self, at_ns: int, back: Callable[[], None]) -> None:
        asyncio.get_running_loop().call_later(max(0, at_ns - self.now_ns()) / 1e9, back)


class ManualClock:
    """Virtual time: it stands still until `advance_to` moves it, waking sleepers in order."""

    __slots__ = ("_now_ns", "_order", "_sleepers")

    def __init__(self, now_ns: int = 0) -> None:
        self._now_ns = now_ns
        self._sleepers: list[tuple[int, int, asyncio.Future[None]]] = []
        self._order = itertools.count()

    def now_ns(self) -> int:
        return self._now_ns

    async def sleep_until(self, at_ns: int) -> None:
        if at_ns <= self._now_ns:
            await asyncio.sleep(0)
            return
        await self._sleeper(at_ns)

    def call_at(self, at_ns: int, back: Callable[[], None]) -> None:
        self._sleeper(at_ns).add_done_callback(lambda _: back())

    def _sleeper(self, at_ns: int) -> asyncio.Future[None]:
        woken: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        heapq.heappush(self._sleepers, (at_ns, next(self._order), woken))
        return woken

    async def advance_to(self, at_ns: int) -> None:
        """Move time to `at_ns`, stopping at every sleeper on the way and letting it run."""
        await _settle()
        while self._sleepers and self._sleepers[0][0] <= at_ns:
            due_ns, _, woken = heapq.heappop(self._sleepers)
            self._now_ns = max(self._now_ns, due_ns)
            if not woken.done():
                woken.set_result(None)
            await _settle()
        self._now_ns = max(self._now_ns, at_ns)

    async def run_to_end(self, horizon_ns: int) -> None:
        """Advance from sleeper to sleeper until nobody sleeps or `horizon_ns` is reached."""
        await _settle()
        while self._sleepers and self._sleepers[0][0] <= horizon_ns:
            await self.advance_to(self._sleepers[0][0])


async def _settle() -> None:
    """Let everything that is ready run; ten turns cover the longest chain of awaits between two sleeps here."""
    for _ in range(10):
        await asyncio.sleep(0)


def wall_against_monotonic_ns() -> int:
    """Constant, unless somebody sets the wall clock."""
    return time.time_ns() - time.monotonic_ns()
