"""A stream that survives its Riva where that is safe: replayed, or resumed, else ended with the reason.

Who iterates also repairs: a failure is heard by reading, and nobody may hear more until it is settled. Meanwhile
`send` waits, so the client is slowed instead of its audio piling up. One lock keeps the writers and a replay apart.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, replace
from typing import Final, Generic, Protocol, TypeVar

from harness.riva.continuity import Continuity
from harness.riva.convert import Recognition, RivaEvent, RivaFinal
from harness.riva.failures import Again, Failure, NobodyAskedError, RivaError, failure_of
from harness.riva.retry import Budget, Campaign, RetryRules, Why


class Source(Protocol):
    """One attempt: a RivaStream, or what wraps one."""

    async def send(self, pcm: bytes) -> None: ...

    async def done(self) -> None: ...

    def cancel(self) -> None: ...

    def __aiter__(self) -> AsyncIterator[RivaEvent]: ...


_MOST_OFFERED_BYTES: Final = 16_000  # half a second at 16 kHz; beyond it the client is slowed

S = TypeVar("S", bound=Source)
Connect = Callable[[Recognition, float, Failure | None], Awaitable[S]]
"""Opens an attempt: what to ask, its deadline in seconds, and what failed before it. Raises RivaError."""
Note = Callable[[str, Failure], None]
"""Told of each "replayed", "resumed", and, by the name of a Why, each failure that stays one."""


@dataclass(slots=True, eq=False)
class _Attempt(Generic[S]):
    source: S
    origin: int  # where on the session's line of audio it begins
    sent: int
    began_ns: int
    ended: bool = False


class LastingStream(Generic[S]):
    """`send` and `done` belong to one task, iteration to one other; `cancel` to anybody. As a RivaStream otherwise."""

    def __init__(
        self,
        connect: Connect[S],
        ask: Recognition,
        *,
        rules: RetryRules,
        budget: Budget,
        deadline_s: float,
        note: Note = lambda _name, _failure: None,
    ) -> None:
        self._connect = connect
        self._shows_words = ask.word_time_offsets
        self._ask = replace(ask, word_time_offsets=True) if rules.resume else ask
        self._rules = rules
        self._budget = budget
        self._note = note
        self._deadline_ns = time.monotonic_ns() + round(deadline_s * 1e9)
        self._line = Continuity(rate_hz=ask.sample_rate_hz, limit_bytes=rules.buffer_bytes, resume=rules.resume)
        self._attempt: _Attempt[S] | None = None
        self._campaign: Campaign | None = None
        self._heard = False
        self._ended = False
        self._cancelled = False
        self._settled = asyncio.Event()
        self._settled.set()
        self._pumping = asyncio.Lock()
        self._repair: asyncio.Task[None] | None = None
        self._replay: asyncio.Task[None] | None = None
        self._writer: asyncio.Task[None] | None = None
        self._asleep: asyncio.Future[None] | None = None  # the writer's, while it has nothing to write

    @property
    def room(self) -> bool:
        """Whether `offer` is welcome: an attempt is at work, and what it has not taken yet is little."""
        attempt = self._attempt
        return attempt is not None and self._settled.is_set() and self._line.end - attempt.sent < _MOST_OFFERED_BYTES

    @property
    def ended(self) -> bool:
        """Whether `done` was called: only then is Riva's OK the end of everything."""
        return self._ended

    @property
    def source(self) -> S:
        """The attempt at work. Only after `open`."""
        if self._attempt is None:
            raise RuntimeError("the stream is not open")
        return self._attempt.source

    async def open(self) -> None:
        """Returns when an attempt is open. Raises RivaError where none can be had in time."""
        try:
            await self._begin(0, None, self._rules.window_ms / 1000)
        except RivaError as error:
            await self._recover(error.failure)

    async def send(self, pcm: bytes) -> None:
        """Hand over PCM16 audio; returns when the attempt has taken it."""
        if not self._settled.is_set():
            await self._settled.wait()
        self._line.add(pcm)
        await self._pump()

    def offer(self, pcm: bytes) -> None:
        """Hand over PCM16 audio without waiting; it goes out in order. For who looks at `room` before."""
        self._line.add(pcm)
        if self._writer is None:
            self._writer = asyncio.create_task(self._write_on())
        elif self._asleep is not None and not self._asleep.done():
            self._asleep.set_result(None)

    async def done(self) -> None:
        """The audio is over."""
        self._ended = True
        await self._settled.wait()
        await self._pump()

    def cancel(self) -> None:
        """Give up at once; iteration ends with a RivaError of code "cancelled"."""
        self._cancelled = True
        for task in (self._repair, self._replay, self._writer):
            if task is not None:
                task.cancel()
        if self._attempt is not None:
            self._attempt.source.cancel()

    async def __aiter__(self) -> AsyncIterator[RivaEvent]:
        """Every event once, in the session's time, until Riva says OK; any other end raises RivaError."""
        try:
            while (attempt := self._attempt) is not None:
                try:
                    async for event in attempt.source:
                        self._heard = True
                        yield self._shown(self._line.heard(event, attempt.origin))
                except RivaError as error:
                    if self._cancelled:
                        raise
                    failure = error.failure
                else:
                    return
                await self._recover(failure)
        finally:
            if self._writer is not None:
                self._writer.cancel()

    def _shown(self, event: RivaEvent) -> RivaEvent:
        if self._shows_words or not isinstance(event, RivaFinal):
            return event
        return replace(event, words=())

    async def _write_on(self) -> None:
        """While one piece is being written the next ones join, so a busy loop writes fewer and larger ones."""
        while True:
            await self._pump()
            self._asleep = asyncio.get_running_loop().create_future()
            await self._asleep

    async def _pump(self) -> None:
        """Give the attempt at work what it has not had yet."""
        async with self._pumping:
            while (attempt := self._attempt) is not None:
                if piece := self._line.after(attempt.sent):
                    await attempt.source.send(piece)
                    attempt.sent += len(piece)
                    if attempt is self._attempt:  # else the place of another attempt counts
                        self._line.sent(attempt.sent)
                elif self._ended and not attempt.ended:
                    attempt.ended = True
                    await attempt.source.done()
                elif attempt is self._attempt:
                    return

    async def _recover(self, failure: Failure) -> None:
        self._settled.clear()
        self._repair = asyncio.ensure_future(self._reconnect(failure))
        try:
            await self._repair
        except asyncio.CancelledError:
            if not self._cancelled:
                raise
            raise RivaError(failure_of("CANCELLED")) from None
        finally:
            self._settled.set()
        self._replay = asyncio.ensure_future(self._pump())

    async def _reconnect(self, failure: Failure) -> None:
        campaign = self._campaign_now()
        while True:
            origin, wait_s = self._next_try(campaign, failure)
            await asyncio.sleep(wait_s)
            try:
                await self._begin(origin, failure, campaign.left_s(time.monotonic_ns()))
            except NobodyAskedError:
                self._budget.give_back()
                if failure.again is Again.ELSEWHERE:
                    raise self._lost(Why.ALONE, failure) from None
            except RivaError as error:
                failure = error.failure
            else:
                self._note("resumed" if origin else "replayed", failure)
                return

    def _next_try(self, campaign: Campaign, failure: Failure) -> tuple[int, float]:
        """Where on the line the next attempt begins, and in how many seconds. Raises RivaError where there is none."""
        now_ns = time.monotonic_ns()
        origin = self._line.restart()
        if isinstance(origin, Why):
            raise self._lost(origin, failure)
        wait_s = campaign.next(failure, now_ns, random.random())  # noqa: S311  it spreads retries, it guards nothing
        if isinstance(wait_s, Why):
            raise self._lost(wait_s, failure)
        if not self._budget.take(now_ns):
            raise self._lost(Why.BUDGET, failure)
        return origin, wait_s

    def _lost(self, why: Why, failure: Failure) -> RivaError:
        self._note(why, failure)
        return RivaError(failure)

    def _campaign_now(self) -> Campaign:
        """A failure before anything was heard belongs to the one before it, or a Riva could fail a stream for ever."""
        now_ns = time.monotonic_ns()
        window_ns = self._rules.window_ms * 1_000_000
        lived = self._attempt is not None and now_ns - self._attempt.began_ns > window_ns
        if self._campaign is None or self._heard or lived:
            self._campaign = Campaign(self._rules, now_ns, deadline_ns=self._deadline_ns)
        self._heard = False
        return self._campaign

    async def _begin(self, origin: int, failure: Failure | None, within_s: float) -> None:
        """`within_s` bounds the connecting; the attempt itself may live until the deadline over all of them."""
        left_s = (self._deadline_ns - time.monotonic_ns()) / 1e9
        try:
            async with asyncio.timeout(min(within_s, left_s)):
                await asyncio.sleep(0)  # where the time is over already
                source = await self._connect(self._ask, left_s, failure)
        except TimeoutError:
            raise RivaError(failure_of("DEADLINE_EXCEEDED", "the connection is overdue")) from None
        if self._cancelled:
            source.cancel()
        self._attempt = _Attempt(source=source, origin=origin, sent=origin, began_ns=time.monotonic_ns())
