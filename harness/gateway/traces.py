"""Spans of sessions, and of their streams on Riva: OpenTelemetry, where its extra is installed and OTEL_* says whereto.

Sessions and streams cost something when they begin and end; a frame or a result costs nothing. Parents are passed by
hand, not by OpenTelemetry's context: two tasks share a session, and neither is within the other.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import unquote

import structlog

import harness

_LOG = structlog.get_logger()
_SERVICE: Final = "riva-slo-gateway"
_LAST_WORDS_S: Final = 2.0
_NO_FAULT: Final = ("ok", "client_gone", "closed", "released")
_LONGEST_STATE: Final = 512  # characters; W3C wants as many passed on, and gRPC's metadata has 8 KiB for everything
_ENDPOINTS: Final = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")
_HEADERS: Final = ("OTEL_EXPORTER_OTLP_HEADERS", "OTEL_EXPORTER_OTLP_TRACES_HEADERS")
_SHORTEST_SECRET: Final = 8  # a tenant's number, cut out of every line, would spoil the log and protect nothing
_PROTOCOLS: Final = ("OTEL_EXPORTER_OTLP_PROTOCOL", "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL")

Told = str | float


class Trace:
    """One span; this one is nobody's: tracing is off."""

    names: Mapping[str, str] = {}
    """For the log lines of what is traced."""
    metadata: tuple[tuple[str, str], ...] = ()
    """What tells Riva of this span."""

    def part(self, name: str, **told: Told) -> Trace:  # noqa: ARG002  those of a real one
        """Another span, within this one, of a call that this gateway makes."""
        return self

    def tell(self, **told: Told) -> None:
        """More of what is known about it."""

    def note(self, event: str, **told: Told) -> None:
        """Something happened now."""

    def end(self, outcome: str, **told: Told) -> None:
        """It is over; only the first end counts. `outcome`: as in the log's lines, or "released" by this side."""


UNTRACED: Final = Trace()


class Traces:
    """Where spans go; these go nowhere."""

    def begin(self, name: str, parent: Mapping[str, str], **told: Told) -> Trace:  # noqa: ARG002  those of a real one
        """The span of what a client asked for. `parent`: its W3C headers, as far as it sent any."""
        return UNTRACED

    def close(self) -> None:
        """Send what is left, for two seconds at most; it blocks."""


def wanted(env: Mapping[str, str]) -> bool:
    """Whether the environment names a collector, and does not switch traces off."""
    off = env.get("OTEL_SDK_DISABLED", "").strip().lower() == "true"
    named = any(env.get(name, "").strip() for name in _ENDPOINTS)
    return named and not off and env.get("OTEL_TRACES_EXPORTER", "").strip() in ("", "otlp")


def secrets(env: Mapping[str, str]) -> list[str]:
    """What stands in the headers for the collector, which the SDK repeats in its log where it cannot read them."""
    pairs = [pair for name in _HEADERS for pair in env.get(name, "").split(",")]
    values = [pair.partition("=")[2].strip() or pair.strip() for pair in pairs]
    return [form for value in values for form in (value, unquote(value)) if len(form) >= _SHORTEST_SECRET]


def traces_to(env: Mapping[str, str]) -> Traces:
    """As OTEL_* say. Traces that cannot be had are logged, and keep no gateway from its work."""
    if not wanted(env):
        return Traces()
    try:
        return ExportedTraces(_otlp(env))
    except (ImportError, ValueError) as error:
        _LOG.warning("no traces", problem=str(error))
        return Traces()


def _otlp(env: Mapping[str, str]) -> Any:
    """OTLP over gRPC, which is here anyway. Raises ImportError, ValueError."""
    if other := {env.get(name, "").strip() for name in _PROTOCOLS} - {"", "grpc"}:
        raise ValueError(f"{' or '.join(_PROTOCOLS)} is {other.pop()}, and only grpc is spoken")
    try:
        from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter  # noqa: PLC0415  an extra
    except ImportError as error:
        raise ImportError(f"OTEL_* ask for them, and the extra otel is not installed ({error})") from error
    return OTLPSpanExporter()


class ExportedTraces(Traces):
    """Spans that an exporter of the SDK takes, in batches and on a thread of its own. Raises ImportError."""

    def __init__(self, exporter: Any) -> None:
        from opentelemetry.sdk import resources, trace  # noqa: PLC0415  an extra
        from opentelemetry.sdk.trace.export import BatchSpanProcessor  # noqa: PLC0415
        from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator  # noqa: PLC0415

        who = resources.Resource.create({"service.version": harness.__version__})
        if str(who.attributes["service.name"]).startswith("unknown_service"):
            who = who.merge(resources.Resource({"service.name": _SERVICE}))
        self._exporter = exporter
        self._provider = trace.TracerProvider(resource=who, shutdown_on_exit=False)
        self._provider.add_span_processor(BatchSpanProcessor(exporter))
        self._tracer = self._provider.get_tracer(_SERVICE, harness.__version__)
        self._w3c = TraceContextTextMapPropagator()

    def begin(self, name: str, parent: Mapping[str, str], **told: Told) -> Trace:
        from opentelemetry.trace import SpanKind  # noqa: PLC0415  an extra

        known = {key: value for key, value in parent.items() if len(value) <= _LONGEST_STATE}
        context = self._w3c.extract(known)
        span = self._tracer.start_span(name, context=context, kind=SpanKind.SERVER, attributes=told)
        return _Recorded(self._tracer, self._w3c, span)

    def close(self) -> None:
        """The SDK would try for as long as its exporter has time: 10 s for a collector that is not there."""
        last = threading.Thread(target=self._provider.shutdown, daemon=True)
        last.start()
        last.join(_LAST_WORDS_S)
        if last.is_alive():
            self._exporter.shutdown()


class _Recorded(Trace):
    def __init__(self, tracer: Any, w3c: Any, span: Any) -> None:
        from opentelemetry.trace import set_span_in_context  # noqa: PLC0415  an extra

        self._tracer, self._w3c, self._span = tracer, w3c, span
        self._context = set_span_in_context(span)
        self._over = False
        told: dict[str, str] = {}
        w3c.inject(told, context=self._context)
        self.metadata = tuple(told.items())
        self.names = {"trace_id": f"{span.get_span_context().trace_id:032x}"}

    def part(self, name: str, **told: Told) -> Trace:
        from opentelemetry.trace import SpanKind  # noqa: PLC0415  an extra

        span = self._tracer.start_span(name, context=self._context, kind=SpanKind.CLIENT, attributes=told)
        return _Recorded(self._tracer, self._w3c, span)

    def tell(self, **told: Told) -> None:
        if not self._over:
            self._span.set_attributes(told)

    def note(self, event: str, **told: Told) -> None:
        if not self._over:
            self._span.add_event(event, told)

    def end(self, outcome: str, **told: Told) -> None:
        if self._over:
            return
        from opentelemetry.trace import StatusCode  # noqa: PLC0415  an extra

        self.tell(outcome=outcome, **told)
        if outcome not in _NO_FAULT:
            self._span.set_status(StatusCode.ERROR, outcome)
        self._over = True
        self._span.end()
