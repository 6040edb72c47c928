"""One Riva endpoint at work: its client, its breaker, its streams, and the task that asks for signs of life."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from typing import Final

import structlog

from harness.gateway.breaker import Breaker, BreakerState, Permit
from harness.gateway.groups import Endpoint, Standing
from harness.gateway.traces import UNTRACED, Trace
from harness.gateway.upstream_settings import UpstreamSettings
from harness.gateway.vitals import Health, Vitals
from harness.riva.client import RivaClient
from harness.riva.config import RivaConfig
from harness.riva.convert import Recognition, RivaEvent
from harness.riva.failures import Failure, NobodyAskedError, RivaError, failure_of
from harness.riva.stream import RivaStream

_LOG = structlog.get_logger()
_UNANSWERED: Final = "DEADLINE_EXCEEDED"
_REFUSED: Final = ("unavailable", "untrusted")


@dataclass(frozen=True, slots=True, kw_only=True)
class EndpointState:
    """An endpoint for metrics and readiness. `probe_age_s`: since its last answer, None before the first."""

    target: str
    group: str
    health: Health
    breaker: BreakerState
    failure_rate: float
    slow_rate: float
    streams: int
    served_total: int
    ejected_total: int
    opened_total: int
    probe_age_s: float | None

    @property
    def ejected(self) -> bool:
        return self.health is Health.EJECTED

    @property
    def ready(self) -> bool:
        return not self.ejected and self.breaker is not BreakerState.OPEN


class Attempt:
    """One stream on an endpoint: a RivaStream that settles its breaker's permit, once."""

    def __init__(self, live: LiveEndpoint, stream: RivaStream, permit: Permit, opened_in_ns: int, trace: Trace) -> None:
        self._live = live
        self._trace = trace
        self._stream = stream
        self._permit = permit
        self._took_ns = opened_in_ns
        self._done_at_ns: int | None = None
        self.endpoint = live.endpoint

    async def send(self, pcm: bytes) -> None:
        await self._stream.send(pcm)

    async def done(self) -> None:
        self._done_at_ns = time.monotonic_ns()
        await self._stream.done()

    def cancel(self) -> None:
        self._live.breaker.release(self._permit)
        self._stream.cancel()
        self._trace.end("released")

    def give_up(self, what: str) -> None:
        self._stream.give_up(what)

    async def __aiter__(self) -> AsyncIterator[RivaEvent]:
        trial = self._permit.trial
        try:
            async for event in self._stream:
                if trial:  # it listens and speaks: a trial need not last as long as a conversation
                    self._succeed()
                    trial = False
                yield event
        except RivaError as error:
            self._live.settle_failure(self._permit, error.failure)
            self._trace.end(error.failure.code, status=error.failure.status)
            raise
        self._succeed()
        self._trace.end("ok")

    def _succeed(self) -> None:
        now_ns = time.monotonic_ns()
        tail_ns = 0 if self._done_at_ns is None else now_ns - self._done_at_ns
        self._live.breaker.succeed(self._permit, now_ns, took_ns=max(self._took_ns, tail_ns))


class LiveEndpoint:
    """Made in a running loop, which it uses until `close`; `start` begins to ask for signs of life."""

    def __init__(self, endpoint: Endpoint, riva: RivaConfig, told: UpstreamSettings) -> None:
        self.endpoint = endpoint
        self.breaker = Breaker(told.breaker)
        self.vitals = Vitals(told.deadly_misses)
        self._told = told
        self._client = RivaClient(replace(riva, host=endpoint.host, port=endpoint.port))
        self._streams: set[Attempt] = set()
        self._opening = 0
        self._served = 0
        self._watch: asyncio.Task[None] | None = None

    def start(self) -> None:
        self._watch = asyncio.create_task(self._watch_over())

    @property
    def idle(self) -> bool:
        return not self._streams and not self._opening

    def standing(self) -> Standing:
        return Standing(
            self.endpoint,
            self.vitals.health,
            self.breaker.admits(time.monotonic_ns()),
            len(self._streams) + self._opening,
            self._served,
        )

    def state(self) -> EndpointState:
        now_ns = time.monotonic_ns()
        failed, slow = self.breaker.rates(now_ns)
        answered = self.vitals.answered_at_ns
        return EndpointState(
            target=self.endpoint.target,
            group=self.endpoint.group,
            health=self.vitals.health,
            breaker=self.breaker.state(now_ns),
            failure_rate=failed,
            slow_rate=slow,
            streams=len(self._streams),
            served_total=self._served,
            ejected_total=self.vitals.ejected_total,
            opened_total=self.breaker.opened_total,
            probe_age_s=None if answered is None else (now_ns - answered) / 1e9,
        )

    async def open(self, ask: Recognition, deadline_s: float, trace: Trace = UNTRACED) -> Attempt:
        """`trace`: of the session. Raises RivaError, NobodyAskedError where the breaker is against it."""
        began_ns = time.monotonic_ns()
        permit = self.breaker.admit(began_ns)
        if permit is None:
            raise NobodyAskedError(failure_of("UNAVAILABLE", "the circuit breaker is open"))
        span = trace.part("riva stream", riva=self.endpoint.target, group=self.endpoint.group)
        self._opening += 1
        try:
            stream = await self._client.stream(ask, deadline_s=deadline_s, metadata=span.metadata)
        except RivaError as error:
            self.settle_failure(permit, error.failure)
            span.end(error.failure.code, status=error.failure.status)
            raise
        except BaseException:
            self.breaker.release(permit)
            span.end("released")
            raise
        finally:
            self._opening -= 1
        attempt = Attempt(self, stream, permit, time.monotonic_ns() - began_ns, span)
        self._streams.add(attempt)
        self._served += 1
        stream.when_over(lambda: self._streams.discard(attempt))
        return attempt

    def settle_failure(self, permit: Permit, failure: Failure) -> None:
        if failure.counts:
            self.breaker.fail(permit, time.monotonic_ns())
        else:
            self.breaker.release(permit)

    async def close(self) -> None:
        """Ends what is open."""
        if self._watch is not None:
            self._watch.cancel()
            await asyncio.gather(self._watch, return_exceptions=True)
        await self._client.close()

    async def _watch_over(self) -> None:
        while True:
            began_ns = time.monotonic_ns()
            await self._probe()
            await asyncio.sleep(max(0.0, self._told.probe_s - (time.monotonic_ns() - began_ns) / 1e9))

    async def _probe(self) -> None:
        """One question. While the breaker is half open it is a trial as well, so no caller is needed to close it."""
        now_ns = time.monotonic_ns()
        trial = self.breaker.admit(now_ns) if self.breaker.state(now_ns) is BreakerState.HALF_OPEN else None
        before = self.vitals.health
        try:
            await self._client.probe(deadline_s=self._told.probe_deadline_s)
        except RivaError as error:
            if trial is not None:
                self.settle_failure(trial, error.failure)
            self._take_failure(error.failure)
        else:
            self.vitals.answered(time.monotonic_ns())
            if trial is not None:
                self.breaker.succeed(trial, time.monotonic_ns())
        if before is not self.vitals.health and Health.EJECTED in (before, self.vitals.health):
            _LOG.warning("endpoint changed", riva=self.endpoint.target, was=before.name, now=self.vitals.health.name)

    def _take_failure(self, failure: Failure) -> None:
        if failure.status == _UNANSWERED:
            if self.vitals.missed():
                self._end_streams()
        elif failure.code in _REFUSED:
            self.vitals.refused(time.monotonic_ns())
        else:
            self.vitals.answered(time.monotonic_ns())

    def _end_streams(self) -> None:
        if self._streams:
            _LOG.warning("riva does not answer", riva=self.endpoint.target, streams=len(self._streams))
        for attempt in tuple(self._streams):
            attempt.give_up("a sign of life")
