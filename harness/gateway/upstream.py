"""Every Riva behind this gateway: chooses one for each new stream, and replaces it under the stream where that is safe.

A session's group is decided once and kept, whatever happens to the weights; only when nobody in it may be asked does
the session go to another group, and that is counted.
"""

from __future__ import annotations

import asyncio
import functools
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

import structlog

from harness.errors import UsageError
from harness.gateway.endpoints import Attempt, EndpointState, LiveEndpoint
from harness.gateway.groups import Endpoint, Fleet, Standing, choose_endpoint, choose_group
from harness.gateway.traces import UNTRACED, Trace
from harness.gateway.upstream_settings import UpstreamSettings
from harness.riva.client import LONGEST_STREAM_S
from harness.riva.config import RivaConfig
from harness.riva.convert import Recognition
from harness.riva.failures import Again, Failure, NobodyAskedError, failure_of
from harness.riva.lasting import LastingStream
from harness.riva.retry import Budget
from harness.riva.watched import Watched

_LOG = structlog.get_logger()
_NOBODY: Final = failure_of("UNAVAILABLE", "no endpoint may be asked now")


@dataclass(frozen=True, slots=True, kw_only=True)
class UpstreamState:
    """For metrics and readiness. `retries_total`: by outcome, "replayed", "resumed", or why a failure stayed one."""

    endpoints: tuple[EndpointState, ...]
    weights: Mapping[str, float]
    diverted_total: int
    retries_total: Mapping[str, int]

    @property
    def ready(self) -> bool:
        """Whether a new session would find somebody to ask."""
        return any(self.weights.get(state.group, 0) > 0 and state.ready for state in self.endpoints)


class UpstreamStream(LastingStream[Attempt]):
    """A session's stream, whichever endpoint serves it at the moment."""

    @property
    def endpoint(self) -> str:
        return self.source.endpoint.target

    @property
    def group(self) -> str:
        return self.source.endpoint.group


@dataclass(slots=True)
class _Route:
    """Where one session goes."""

    key: str
    group: str | None = None


@dataclass(slots=True)
class _Counts:
    diverted: int = 0
    retries: Counter[str] = field(default_factory=Counter)


class Upstream:
    """Made in a running loop; `start` begins to watch endpoints and file.

    Raises UsageError for an endpoints file or certificates that cannot be used.
    """

    def __init__(self, told: UpstreamSettings, riva: RivaConfig) -> None:
        self._told = told
        self._riva = riva
        self._watched = Watched(told.file)
        self._live: dict[Endpoint, LiveEndpoint] = {}
        self._leaving: set[LiveEndpoint] = set()
        self._counts = _Counts()
        self._budget = Budget(told.retry.budget, told.retry.budget_per_s)
        self._watch: asyncio.Task[None] | None = None
        self._fleet: Fleet
        self._take_up(told.fleet(riva))

    def start(self) -> None:
        self._watch = asyncio.create_task(self._watch_file())
        for live in self._live.values():
            live.start()

    async def stream(
        self, ask: Recognition, *, key: str, deadline_s: float = LONGEST_STREAM_S, trace: Trace = UNTRACED
    ) -> UpstreamStream:
        """An open stream; `key` says whose it is, `deadline_s` bounds it with all its attempts. Raises RivaError."""
        route = _Route(key)

        async def connect(ask: Recognition, left_s: float, failure: Failure | None) -> Attempt:
            return await self._choose(route, failure).open(ask, left_s, trace)

        note = functools.partial(self._note, trace)
        stream = UpstreamStream(
            connect, ask, rules=self._told.retry, budget=self._budget, deadline_s=deadline_s, note=note
        )
        await stream.open()
        trace.tell(riva=stream.endpoint, group=stream.group)
        return stream

    def name_for(self, key: str | None) -> str:
        """What a client is told about its recogniser: endpoints, and the group where there are several.

        Without a key the group is not settled yet: then every group that admits is named.
        """
        if key is None or len(self._fleet.weights) == 1:
            return self._fleet.name
        group, _ = choose_group(key, self._fleet.weights, self._admitting())
        return self._fleet.name if group is None else f"{group}@{self._fleet.name_of(group)}"

    def state(self) -> UpstreamState:
        return UpstreamState(
            endpoints=tuple(live.state() for live in (*self._live.values(), *self._leaving)),
            weights=dict(self._fleet.weights),
            diverted_total=self._counts.diverted,
            retries_total=dict(self._counts.retries),
        )

    async def close(self) -> None:
        """Ends what is open."""
        if self._watch is not None:
            self._watch.cancel()
            await asyncio.gather(self._watch, return_exceptions=True)
        await asyncio.gather(*(live.close() for live in (*self._live.values(), *self._leaving)))

    def _choose(self, route: _Route, failure: Failure | None) -> LiveEndpoint:
        standings = [live.standing() for live in self._live.values()]
        if route.group not in _served(standings):
            route.group, diverted = choose_group(route.key, self._fleet.weights, self._admitting())
            self._counts.diverted += diverted and route.group is not None
        avoid = "" if failure is None else failure.where
        chosen = None if route.group is None else choose_endpoint(standings, route.group, avoid=avoid)
        only_elsewhere = failure is not None and failure.again is Again.ELSEWHERE
        if chosen is None or (only_elsewhere and chosen.target == avoid):
            raise NobodyAskedError(_NOBODY)
        return self._live[chosen]

    def _admitting(self) -> set[str]:
        """Groups that take new sessions and have somebody who may be asked."""
        weights = self._fleet.weights
        served = _served([live.standing() for live in self._live.values()])
        return {group for group in served if weights.get(group, 0) > 0}

    def _note(self, trace: Trace, name: str, failure: Failure) -> None:
        self._counts.retries[name] += 1
        trace.note(name, code=failure.code, status=failure.status, riva=failure.where)
        _LOG.warning("stream failed", outcome=name, code=failure.code, status=failure.status, riva=failure.where)

    def _take_up(self, fleet: Fleet) -> None:
        """New sessions find these endpoints; those that are no longer listed finish what they have.

        Nothing is changed where one of the new ones cannot be had. Raises UsageError.
        """
        known = {live.endpoint: live for live in (*self._leaving, *self._live.values())}
        fresh = {e: LiveEndpoint(e, self._riva, self._told) for e in fleet.endpoints if e not in known}
        known |= fresh
        self._fleet = fleet
        self._live = {endpoint: known.pop(endpoint) for endpoint in fleet.endpoints}
        self._leaving = set(known.values())
        if self._watch is not None:
            for live in fresh.values():
                live.start()

    async def _watch_file(self) -> None:
        while True:
            await asyncio.sleep(self._told.reload_s)
            if self._watched.changed():
                self._reload()
            for live in [live for live in self._leaving if live.idle]:
                self._leaving.discard(live)
                await live.close()

    def _reload(self) -> None:
        try:
            self._take_up(self._told.fleet(self._riva))
        except UsageError as error:
            _LOG.error("the endpoints file cannot be used, the old endpoints stay", problem=str(error))
            return
        _LOG.info("endpoints changed", riva=self._fleet.name, weights=dict(self._fleet.weights))


def _served(standings: Iterable[Standing]) -> set[str]:
    return {standing.endpoint.group for standing in standings if standing.eligible}
