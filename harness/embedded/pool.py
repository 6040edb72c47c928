"""A small pool of decoding threads that coalesces: a busy recogniser does less for each, never everything later.

Only the newest partial of a stream waits; finals go first, then first partials, then the others in order of arrival,
and whole files when nothing else waits. A stream's work never runs twice at once, so its results keep their order. All
bookkeeping happens on the event loop.
"""

from __future__ import annotations

import asyncio
import itertools
import os
import threading
from collections.abc import Callable, Hashable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from enum import IntEnum
from functools import partial
from typing import Any, Final

WORKERS: Final = 2
_WORKER_NICE: Final = 2  # below the event loop, which must go on reading audio

Outcome = asyncio.Future[Any] | Future[Any]
"""Work that is over, or was cancelled."""


class Rank(IntEnum):
    """What goes first; smaller is more urgent."""

    FINAL = 0
    FIRST_PARTIAL = 1
    PARTIAL = 2
    OFFLINE = 3


_PARTIAL: Final = (Rank.FIRST_PARTIAL, Rank.PARTIAL)


@dataclass(slots=True, kw_only=True)
class Request:
    """Work for a thread, and what the loop does with its outcome.

    `work` is asked for on the loop when its turn comes, so that it holds the newest audio of that moment; the thread
    may start much later, and by then the audio may be forgotten.
    """

    key: Hashable
    rank: Rank
    work: Callable[[], Callable[[], Any]]
    done: Callable[[Outcome], None]
    order: int = 0


@dataclass(slots=True)
class Waiting:
    """What waits, and which streams are being decoded; no threads, no clock."""

    _requests: list[Request] = field(default_factory=list)
    _running: set[Hashable] = field(default_factory=set)
    _orders: itertools.count[int] = field(default_factory=itertools.count)

    def __len__(self) -> int:
        return len(self._requests)

    def put(self, request: Request) -> None:
        """Queue a request; it replaces the waiting partial of its stream, and a newer partial takes over its place."""
        request.order = next(self._orders)
        stale = next((old for old in self._requests if old.key == request.key and old.rank in _PARTIAL), None)
        if stale is not None:
            self._requests.remove(stale)
            if request.rank in _PARTIAL:
                request.order, request.rank = stale.order, min(stale.rank, request.rank)
        self._requests.append(request)

    def take(self) -> Request | None:
        """The most urgent request of a stream that is not being decoded now, marked as running."""
        free = [request for request in self._requests if request.key not in self._running]
        if not free:
            return None
        best = min(free, key=lambda request: (request.rank, request.order))
        self._requests.remove(best)
        self._running.add(best.key)
        return best

    def finished(self, key: Hashable) -> None:
        self._running.discard(key)

    def forget(self, key: Hashable) -> None:
        self._requests = [request for request in self._requests if request.key != key]


class Pool:
    """The threads. Submit from the event loop only; `done` is called there, in a stream's order."""

    def __init__(self, workers: int = WORKERS) -> None:
        self._threads = ThreadPoolExecutor(workers, thread_name_prefix="decode", initializer=_step_back)
        self._workers = self._idle = workers
        self._waiting = Waiting()

    @property
    def busy(self) -> bool:
        """Whether anything is being decoded or waits for it."""
        return self._idle < self._workers or len(self._waiting) > 0

    def submit(self, request: Request) -> None:
        self._waiting.put(request)
        self._dispatch()

    async def run(self, key: Hashable, rank: Rank, work: Callable[[], Any]) -> Any:
        """What `work` returns or raises when its turn has come; cancelled before that, it is dropped."""
        outcome: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self.submit(Request(key=key, rank=rank, work=lambda: work, done=partial(_hand_on, outcome)))
        try:
            return await outcome
        finally:
            if outcome.cancelled():
                self.forget(key)

    def forget(self, key: Hashable) -> None:
        """Drop what waits for a stream; what runs for it still calls `done`."""
        self._waiting.forget(key)

    def close(self) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _dispatch(self) -> None:
        while self._idle and (request := self._waiting.take()) is not None:
            self._idle -= 1
            future = asyncio.get_running_loop().run_in_executor(self._threads, request.work())
            future.add_done_callback(partial(self._finished, request))

    def _finished(self, request: Request, future: asyncio.Future[Any]) -> None:
        self._idle += 1
        try:
            request.done(future)
        finally:
            self._waiting.finished(request.key)
            self._dispatch()


def _hand_on(outcome: asyncio.Future[Any], future: Outcome) -> None:
    if outcome.done():
        return
    if future.cancelled():
        outcome.cancel()
    elif (error := future.exception()) is not None:
        outcome.set_exception(error)
    else:
        outcome.set_result(future.result())


def _step_back() -> None:
    with suppress(OSError):  # only Linux gives threads their own priority
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), os.getpriority(os.PRIO_PROCESS, 0) + _WORKER_NICE)
