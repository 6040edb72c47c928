"""Traces: of which sessions and streams, with what in them, and that they cost nothing where nobody wants them."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from contextlib import AsyncExitStack

import grpc
import pytest
import structlog

from harness.gateway.server import listening
from harness.gateway.settings import GatewaySettings
from harness.gateway.traces import UNTRACED, Traces, secrets, traces_to, wanted
from harness.gateway.upstream_settings import UpstreamSettings
from harness.riva.config import RivaConfig
from harness.riva.retry import RetryRules
from harness.wire.messages import SessionStopped, StopTranscription

ENDPOINT = "OTEL_EXPORTER_OTLP_ENDPOINT"
TRACE, PARENT = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
TRACEPARENT = f"00-{TRACE}-{PARENT}-01"


@pytest.fixture
def spans(monkeypatch):
    """All spans that ended, once `flushed` is called."""
    pytest.importorskip("opentelemetry.sdk")
    from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

    exporter = InMemorySpanExporter()
    monkeypatch.setenv(ENDPOINT, "http://127.0.0.1:4317")
    monkeypatch.setattr("harness.gateway.traces._otlp", lambda _: exporter)
    return exporter


@pytest.fixture
async def collector():
    """The port of a collector, and what it was sent."""
    pytest.importorskip("opentelemetry.exporter.otlp.proto.grpc")
    from opentelemetry.proto.collector.trace.v1 import trace_service_pb2, trace_service_pb2_grpc

    received = []

    class Collector(trace_service_pb2_grpc.TraceServiceServicer):
        async def Export(self, request, _):  # noqa: N802  gRPC names it
            received.append(request)
            return trace_service_pb2.ExportTraceServiceResponse()

    server = grpc.aio.server()
    trace_service_pb2_grpc.add_TraceServiceServicer_to_server(Collector(), server)
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    yield port, received
    await server.stop(None)


async def ended(here, spans, count):
    """So many spans by name; a name that comes several times holds the last."""
    async with asyncio.timeout(5):
        while len(spans.get_finished_spans()) < count:
            here._traces._provider.force_flush()
            await asyncio.sleep(0.01)
    return {span.name: span for span in spans.get_finished_spans()}


async def converse(talk, **options):
    await talk.start(**options)
    await talk.socket.send(bytes(3200))
    await talk.say(StopTranscription())
    await talk.hear_until(SessionStopped)


async def test_a_session_and_its_stream_are_one_trace(gateway, connect, riva, spans):
    """What the client sent is the parent, the session's span that of the stream, and the stream's is told to Riva."""
    here = await gateway()
    talk = await connect(here, additional_headers={"traceparent": TRACEPARENT, "tracestate": "vendor=1"})
    await converse(talk, stream_id="call-7")
    found = await ended(here, spans, 2)
    session, stream = found["session"], found["riva stream"]
    assert f"{session.context.trace_id:032x}" == f"{stream.context.trace_id:032x}" == TRACE
    assert f"{session.parent.span_id:016x}" == PARENT
    assert stream.parent.span_id == session.context.span_id
    assert riva.metadata[-1]["traceparent"] == f"00-{TRACE}-{stream.context.span_id:016x}-01"
    assert riva.metadata[-1]["tracestate"] == "vendor=1"
    told = dict(session.attributes)
    assert told.pop("duration_s") > 0
    assert told.pop("rtfx") > 0
    assert told == {
        "stream_id": "call-7",
        "connection_id": talk.greeting.connection_id,
        "riva": f"127.0.0.1:{riva.port}",
        "group": "default",
        "outcome": "ok",
        "audio_s": 0.1,
        "audio_bytes": 3200,
        "partials": 1,
        "finals": 1,
    }
    assert dict(stream.attributes) == {"riva": told["riva"], "group": "default", "outcome": "ok"}
    assert [span.status.is_ok for span in (session, stream)] == [True, True]
    assert session.resource.attributes["service.name"] == "riva-slo-gateway"


async def test_a_session_without_a_parent_begins_a_trace(gateway, connect, riva, spans):
    """Each session its own, and the log's lines name it."""
    here = await gateway()
    talk = await connect(here)
    with structlog.testing.capture_logs() as lines:
        await converse(talk)
        await converse(talk)
        await ended(here, spans, 4)
    sessions = [span for span in spans.get_finished_spans() if span.name == "session"]
    assert [span.parent for span in sessions] == [None, None]
    traces = [f"{span.context.trace_id:032x}" for span in sessions]
    assert len(set(traces)) == 2
    assert [line["trace_id"] for line in lines if line["event"] == "session ended"] == traces


HOSTILE = {
    "no-hex": {"traceparent": "00-xyz"},
    "all-zero": {"traceparent": f"00-{'0' * 32}-{PARENT}-01"},
    "not-ascii": {"traceparent": "\xff\xfe", "tracestate": "\xff=\xff"},
    "huge": {"traceparent": TRACEPARENT, "tracestate": ",".join(f"v{n}={'x' * 200}" for n in range(30))},
    "state-not-ascii": {"traceparent": TRACEPARENT, "tracestate": "a=\xff"},
    "state-alone": {"tracestate": "a=1"},
}


@pytest.mark.parametrize("headers", HOSTILE.values(), ids=HOSTILE)
async def test_headers_that_are_no_trace_harm_no_session(riva, caplog, spans, headers):
    """The session is served, and Riva gets metadata that gRPC can carry."""
    from doubles.hostile_setting import hostile_setting

    async with hostile_setting(riva, caplog) as here:
        await here.good_session(headers)
        told = riva.metadata[-1]
        assert told["traceparent"].startswith(f"00-{TRACE}-" if "0af7" in headers.get("traceparent", "") else "00-")
        assert "tracestate" not in told


async def test_a_replay_is_an_event_and_a_second_span(gateway, connect, riva, double, spans):
    """The first stream fails before it said anything; its span tells why, the session's that it was mended."""

    async def fails(requests, context):
        async for _ in requests:
            riva.script = double.counting
            await context.abort(grpc.StatusCode.UNAVAILABLE, "as the test asked")
        yield

    riva.script = fails
    here = await gateway(upstream=UpstreamSettings(retry=RetryRules(first_ms=1)))
    await converse(await connect(here))
    await ended(here, spans, 3)
    first, second = (span for span in spans.get_finished_spans() if span.name == "riva stream")
    (session,) = (span for span in spans.get_finished_spans() if span.name == "session")
    assert (first.attributes["outcome"], first.attributes["status"]) == ("unavailable", "UNAVAILABLE")
    assert not first.status.is_ok
    assert second.attributes["outcome"] == session.attributes["outcome"] == "ok"
    (event,) = session.events
    assert (event.name, event.attributes["code"]) == ("replayed", "unavailable")


async def test_a_session_that_fails_is_marked(gateway, connect, riva, spans):
    """Its outcome is the code of the error that the client heard."""

    async def fails(requests, context):
        async for request in requests:
            if request.audio_content:
                await context.abort(grpc.StatusCode.INVALID_ARGUMENT, "as the test asked")
        yield

    riva.script = fails
    here = await gateway()
    talk = await connect(here)
    await talk.start()
    await talk.socket.send(bytes(3200))
    await talk.closed()
    session = (await ended(here, spans, 2))["session"]
    assert (session.attributes["outcome"], session.status.is_ok) == ("invalid_argument", False)


async def test_a_client_that_is_gone_releases_the_stream(gateway, connect, spans):
    """Nobody's fault: neither span is an error."""
    here = await gateway()
    talk = await connect(here)
    await talk.start()
    talk.socket.transport.abort()
    found = await ended(here, spans, 2)
    assert found["session"].attributes["outcome"] == "client_gone"
    assert found["riva stream"].attributes["outcome"] == "released"
    assert all(span.status.is_ok for span in found.values())


async def test_the_collector_gets_what_is_left_at_the_end(connect, riva, monkeypatch, collector):
    """A real exporter and a real collector, over gRPC: the last spans arrive while the gateway shuts down."""
    port, received = collector
    monkeypatch.setenv(ENDPOINT, f"http://127.0.0.1:{port}")
    monkeypatch.setenv("OTEL_SERVICE_NAME", "ours")
    told = GatewaySettings(riva=RivaConfig(host="127.0.0.1", port=riva.port), drain_s=0, grace_s=0.5)
    async with listening(told) as here:
        await converse(await connect(here))
    (batch,) = received[0].resource_spans
    assert {span.name for span in batch.scope_spans[0].spans} == {"session", "riva stream"}
    assert {a.key: a.value.string_value for a in batch.resource.attributes}["service.name"] == "ours"


async def test_a_collector_that_is_not_there_holds_up_no_shutdown(connect, riva, monkeypatch, free_port):
    """The spans are lost, and two seconds at most."""
    pytest.importorskip("opentelemetry.exporter.otlp.proto.grpc")
    monkeypatch.setenv(ENDPOINT, f"http://127.0.0.1:{free_port}")
    told = GatewaySettings(riva=RivaConfig(host="127.0.0.1", port=riva.port), drain_s=0, grace_s=0.5)
    async with AsyncExitStack() as stack:
        await converse(await connect(await stack.enter_async_context(listening(told))))
        async with asyncio.timeout(5):
            await stack.aclose()


async def test_without_the_variables_riva_is_told_nothing(gateway, connect, riva, monkeypatch):
    """The client's headers go no further."""
    monkeypatch.delenv(ENDPOINT, raising=False)
    here = await gateway()
    await converse(await connect(here, additional_headers={"traceparent": TRACEPARENT}))
    assert "traceparent" not in riva.metadata[-1]
    assert type(here._traces) is Traces
    assert UNTRACED.part("x") is UNTRACED


@pytest.mark.parametrize(
    ("env", "answer"),
    [
        ({}, False),
        ({ENDPOINT: " "}, False),
        ({ENDPOINT: "http://c:4317"}, True),
        ({"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://c:4317"}, True),
        ({ENDPOINT: "http://c:4317", "OTEL_SDK_DISABLED": "TRUE"}, False),
        ({ENDPOINT: "http://c:4317", "OTEL_TRACES_EXPORTER": "none"}, False),
        ({ENDPOINT: "http://c:4317", "OTEL_TRACES_EXPORTER": "otlp"}, True),
        ({"OTEL_SERVICE_NAME": "x"}, False),
    ],
)
def test_traces_are_wanted_where_a_collector_is_named(env, answer):
    """And where nothing switches them off."""
    assert wanted(env) is answer


def test_a_protocol_that_is_not_spoken_is_logged_and_traces_stay_off():
    """A cluster's variables are no reason not to serve."""
    with structlog.testing.capture_logs() as lines:
        made = traces_to({ENDPOINT: "http://c:4318", "OTEL_EXPORTER_OTLP_PROTOCOL": "http/protobuf"})
    assert type(made) is Traces
    (line,) = lines
    assert line["event"] == "no traces"
    assert "http/protobuf" in line["problem"]


def test_an_extra_that_is_missing_is_logged_and_traces_stay_off(monkeypatch):
    """The line names the extra."""
    monkeypatch.setitem(sys.modules, "opentelemetry.exporter.otlp.proto.grpc.trace_exporter", None)
    with structlog.testing.capture_logs() as lines:
        assert type(traces_to({ENDPOINT: "http://c:4317"})) is Traces
    assert "the extra otel is not installed" in lines[0]["problem"]


def test_the_headers_for_the_collector_are_secrets():
    """As they are written and as they are meant, right or wrong."""
    env = {"OTEL_EXPORTER_OTLP_HEADERS": "api-key=top%20secret, tenant=7,no-pair-at-all"}
    assert secrets(env) == ["top%20secret", "top secret", "no-pair-at-all", "no-pair-at-all"]
    assert secrets({}) == []


def test_nobody_who_wants_no_traces_pays_for_the_import():
    """The gateway's modules load none of it."""
    loaded = "import sys, harness.gateway.gateway; print(any(name.startswith('opentelemetry') for name in sys.modules))"
    done = subprocess.run([sys.executable, "-c", loaded], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.strip() == "False"
