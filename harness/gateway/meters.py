"""Prometheus metrics of one process, in a registry of their own. What is counted elsewhere is read when scraped."""

from __future__ import annotations

import platform
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Final, Protocol

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

import harness
from harness.gateway.counters import Counters
from harness.gateway.record import Latencies
from harness.gateway.upstream import UpstreamState

CONTENT_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"
_LATENCY_S: Final = (0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.4, 0.5, 0.65, 0.8, 1.0, 1.5, 2.5, 5.0, 10.0)  # SLOs: 0.3, 0.8
_RTFX: Final = (0.25, 0.5, 0.8, 0.9, 0.95, 1.0, 1.05, 1.25, 2.0, 4.0, 8.0)


class Queue(Protocol):
    """What a client has sent and nobody has read yet."""

    @property
    def queued_bytes(self) -> int: ...

    @property
    def queue_age_s(self) -> float: ...


class Meters:
    """`Meters()` measures; `expose` says what else a scrape shows."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._first_partial = _histogram(
            self.registry, "first_partial", "arrival of a segment's first spoken audio to its first partial", _LATENCY_S
        )
        self._final = _histogram(
            self.registry, "final", "arrival of the end of a segment's last word to its final", _LATENCY_S
        )
        self.rtfx = Histogram(
            "gateway_session_rtfx",
            "Audio seconds per second of session, sessions that ended; 1 is real time.",
            buckets=_RTFX,
            registry=self.registry,
        )
        self.refused = Counter(
            "gateway_refused", "Connections and sessions refused, by reason.", ["reason"], registry=self.registry
        )
        self.upstream_errors = Counter(
            "gateway_upstream_errors", "Sessions that Riva failed, by code.", ["code"], registry=self.registry
        )

    def heard(self, latencies: Latencies) -> None:
        if latencies.final_s is not None:
            self._final.observe(latencies.final_s)
        if latencies.first_partial_s is not None:
            self._first_partial.observe(latencies.first_partial_s)

    def expose(
        self,
        counters: Counters,
        *,
        connections: Callable[[], int],
        queues: Callable[[], Iterable[Queue]],
        upstream: Callable[[], UpstreamState],
        flags: Callable[[], Mapping[str, bool]],
    ) -> None:
        """Once, when there is something to show."""
        self.registry.register(_Live(counters, connections, queues, upstream, flags))

    def text(self) -> bytes:
        """The exposition, CONTENT_TYPE."""
        return generate_latest(self.registry)


class _Live(Collector):
    """Figures that others keep."""

    def __init__(
        self,
        counters: Counters,
        connections: Callable[[], int],
        queues: Callable[[], Iterable[Queue]],
        upstream: Callable[[], UpstreamState],
        flags: Callable[[], Mapping[str, bool]],
    ) -> None:
        self._counters = counters
        self._connections = connections
        self._queues = queues
        self._upstream = upstream
        self._flags = flags

    def describe(self) -> list[Metric]:
        """Nothing in advance, so that registering does not collect."""
        return []

    def collect(self) -> Iterator[Metric]:
        yield from self._sessions()
        yield from self._queue()
        yield from _endpoints(self._upstream())
        for name, up in self._flags().items():
            yield GaugeMetricFamily(f"gateway_{name}", f"1 where {name} holds.", float(up))
        build = GaugeMetricFamily("gateway_build_info", "Always 1.", labels=["version", "python"])
        build.add_metric([harness.__version__, platform.python_version()], 1)
        yield build

    def _sessions(self) -> Iterator[Metric]:
        c = self._counters
        yield GaugeMetricFamily("gateway_connections", "WebSockets open.", self._connections())
        yield GaugeMetricFamily("gateway_active_sessions", "Sessions open.", c.active_sessions)
        yield CounterMetricFamily("gateway_sessions", "Sessions begun.", value=c.sessions_total)
        yield CounterMetricFamily("gateway_partials", "Partials said.", value=c.partials_total)
        yield CounterMetricFamily("gateway_finals", "Finals said.", value=c.finals_total)
        yield CounterMetricFamily("gateway_audio_seconds", "Audio of ended sessions.", value=c.audio_seconds_total)
        errors = CounterMetricFamily("gateway_errors", "Error messages said, by code.", labels=["code"])
        for code, count in sorted(c.errors_total.items()):
            errors.add_metric([code], count)
        yield errors

    def _queue(self) -> Iterator[Metric]:
        queues = list(self._queues())
        waiting = sum(queue.queued_bytes for queue in queues)
        oldest_s = max((queue.queue_age_s for queue in queues), default=0.0)
        yield GaugeMetricFamily("gateway_queue_bytes", "Received and not yet read, all connections.", waiting)
        yield GaugeMetricFamily("gateway_queue_age_seconds", "Of the oldest of them.", oldest_s)


def _histogram(registry: CollectorRegistry, name: str, what: str, buckets: tuple[float, ...]) -> Histogram:
    text = f"Seconds from the {what}, where Riva gives word times."
    return Histogram(f"gateway_{name}_latency_seconds", text, buckets=buckets, registry=registry)


def _endpoints(state: UpstreamState) -> Iterator[Metric]:
    labels = ["endpoint", "group"]
    breaker = GaugeMetricFamily("gateway_breaker_state", "1 for the state that is.", labels=[*labels, "state"])
    up = GaugeMetricFamily("gateway_endpoint_ready", "Takes new sessions.", labels=labels)
    streams = GaugeMetricFamily("gateway_upstream_streams", "Streams open.", labels=labels)
    served = CounterMetricFamily("gateway_upstream_served", "Streams opened.", labels=labels)
    ejected = CounterMetricFamily("gateway_upstream_ejected", "Ejections by probes.", labels=labels)
    for one in state.endpoints:
        who = [one.target, one.group]
        breaker.add_metric([*who, one.breaker.name.lower()], 1)
        up.add_metric(who, float(one.ready))
        streams.add_metric(who, one.streams)
        served.add_metric(who, one.served_total)
        ejected.add_metric(who, one.ejected_total)
    retries = CounterMetricFamily("gateway_upstream_retries", "Failed streams, by what became of them.", labels=["how"])
    for how, count in sorted(state.retries_total.items()):
        retries.add_metric([how], count)
    diverted = CounterMetricFamily(
        "gateway_diverted", "Sessions sent to another group than their own.", value=state.diverted_total
    )
    yield from (breaker, up, streams, served, ejected, retries, diverted)
