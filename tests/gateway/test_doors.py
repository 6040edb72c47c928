"""What a gateway answers in HTTP, and whom it lets in."""

from __future__ import annotations

import asyncio
import json
import re
from pathlib import Path

import pytest
from websockets.exceptions import InvalidStatus

from harness.gateway.admission import AdmissionLimits
from harness.gateway.security import SecuritySettings
from harness.gateway.switch import SwitchSettings
from harness.wire.messages import Error, SessionStopped, StartTranscription, StopTranscription


async def get(port, path, *headers):
    """Status, headers and body of a plain HTTP request."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    head = "\r\n".join([f"GET {path} HTTP/1.1", "Host: gateway", *headers])
    writer.write(f"{head}\r\n\r\n".encode())
    async with asyncio.timeout(5):
        answer = await reader.read()
    writer.close()
    head, _, body = answer.decode().partition("\r\n\r\n")
    status, *lines = head.split("\r\n")
    return int(status.split()[1]), {k.lower(): v for k, _, v in (line.partition(": ") for line in lines)}, body


async def refusal(connecting):
    """Status, headers and error of an upgrade that is refused."""
    with pytest.raises(InvalidStatus) as refused:
        await connecting
    response = refused.value.response
    return response.status_code, response.headers, json.loads(response.body)


async def test_health_is_the_process_alone(gateway, riva):
    """It says alive while Riva is down."""
    await riva.stop()
    status, headers, body = await get((await gateway()).port, "/healthz")
    assert (status, json.loads(body)) == (200, {"status": "alive"})
    assert headers["cache-control"] == "no-store"


async def test_readiness_needs_riva_the_switch_and_no_drain(gateway, tmp_path):
    """Each of the three alone makes it 503, and says which."""
    file = tmp_path / "switch"
    here = await gateway(switch=SwitchSettings(file=file))
    status, _, body = await get(here.port, "/readyz")
    assert (status, json.loads(body)["status"]) == (200, "ready")
    file.write_text("false", encoding="utf-8")
    status, _, body = await get(here.port, "/readyz?verbose")
    assert (status, json.loads(body)["asr_enabled"]) == (503, False)
    file.unlink()
    here.admission.draining = True
    status, _, body = await get(here.port, "/readyz")
    assert (status, json.loads(body)["not_draining"]) == (503, False)


async def test_a_riva_that_refuses_makes_the_gateway_unready(gateway, riva):
    """Once the probes say so."""
    await riva.stop()
    here = await gateway()
    async with asyncio.timeout(10):
        while (answer := await get(here.port, "/readyz"))[0] == 200:  # noqa: ASYNC110  it is asked over the socket
            await asyncio.sleep(0.05)
    assert json.loads(answer[2])["upstream_ready"] is False


async def test_metrics_tell_of_a_session(gateway, connect, riva, double):
    """Sessions, latencies with buckets at the objectives, audio, refusals, breaker and build."""

    async def spoken(requests, context):
        pieces = 0
        async for request in requests:
            pieces += bool(request.audio_content)
            if pieces == 1:
                yield double.interim("hello")
        yield double.final("hello", ("hello", 20, 90))

    riva.script = spoken
    here = await gateway(admission=AdmissionLimits(connections=1))
    talk = await connect(here)
    await talk.start()
    await talk.socket.send(bytes(3200))
    await talk.hear()
    await refusal(connect(here))
    await talk.say(StopTranscription())
    await talk.hear_until(SessionStopped)
    status, headers, text = await get(here.port, "/metrics")
    assert (status, headers["content-type"].split(";")[0]) == (200, "text/plain")
    for line in (
        "gateway_sessions_total 1.0",
        "gateway_active_sessions 0.0",
        "gateway_connections 1.0",
        "gateway_audio_seconds_total 0.1",
        "gateway_finals_total 1.0",
        'gateway_refused_total{reason="overloaded"} 1.0',
        "gateway_first_partial_latency_seconds_count 1.0",
        'gateway_first_partial_latency_seconds_bucket{le="0.3"} 1.0',
        'gateway_final_latency_seconds_bucket{le="0.8"} 1.0',
        "gateway_session_rtfx_count 1.0",
        f'gateway_breaker_state{{endpoint="127.0.0.1:{riva.port}",group="default",state="closed"}} 1.0',
        "gateway_queue_bytes 0.0",
        "gateway_asr_enabled 1.0",
    ):
        assert line in text.splitlines()
    assert re.search(r'^gateway_build_info\{python="3\.\d+\.\d+",version="[^"]+"\} 1.0$', text, re.MULTILINE)


async def test_the_manual_lists_every_metric(gateway, connect):
    """Each family with its labels, and none that is not there."""
    here = await gateway()
    await (await connect(here)).start()
    families = {family.name + "_total" * (family.type == "counter") for family in here.meters.registry.collect()}
    manual = (Path(__file__).parents[2] / "docs" / "gateway.md").read_text(encoding="utf-8")
    assert set(re.findall(r"`(gateway_\w+)`", manual.split("## Health and metrics")[1].split("\n## ")[0])) == families


async def test_a_port_for_metrics_has_nothing_else(gateway, free_port):
    """Health, readiness and metrics there; the main port then shows no metrics, and that one speaks no WebSocket."""
    here = await gateway(metrics_port=free_port)
    assert [(await get(free_port, path))[0] for path in ("/metrics", "/healthz", "/readyz", "/")] == [
        200,
        200,
        200,
        404,
    ]
    assert (await get(here.port, "/metrics"))[0] == 404
    upgrade = ("Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: AAAA")
    assert (await get(free_port, "/", *upgrade))[0] == 404


async def test_the_switch_refuses_new_sessions_and_lets_open_ones_finish(gateway, connect, tmp_path):
    """503 at the door, a structured error for who is inside and starts, and the last final for who is speaking."""
    file = tmp_path / "switch"
    here = await gateway(switch=SwitchSettings(file=file))
    speaking, waiting = await connect(here), await connect(here)
    await speaking.start(enable_partials=False)
    file.write_text("false", encoding="utf-8")
    status, headers, body = await refusal(connect(here))
    assert (status, headers["Retry-After"], body["code"]) == (503, "1", "asr_disabled")
    await waiting.say(StartTranscription())
    error = await waiting.hear()
    assert (error.code, error.retryable, error.retry_after_ms, await waiting.closed()) == (
        "asr_disabled",
        True,
        1000,
        1013,
    )
    await speaking.socket.send(bytes(3200))
    await speaking.say(StopTranscription())
    final, _ = await speaking.hear_until(SessionStopped)
    assert final.text == "1 pieces"


async def test_a_start_beyond_the_streams_is_refused_and_closed(gateway, connect):
    """Two connections, one stream: the second start hears `overloaded`, its connection closes with 1013."""
    here = await gateway(admission=AdmissionLimits(streams=1))
    first, second = await connect(here), await connect(here)
    await first.start()
    await second.say(StartTranscription())
    error = await second.hear()
    assert (type(error), error.code, await second.closed()) == (Error, "overloaded", 1013)
    assert (await refusal(connect(here)))[0] == 503
    assert here.counters.sessions_total == 1


async def test_pages_of_other_origins_stay_outside(gateway, connect):
    """A listed origin and no origin at all come in; another page hears 403."""
    here = await gateway(security=SecuritySettings(origins=("https://app.example",)))
    await connect(here, origin="https://app.example")
    await connect(here)
    status, _, body = await refusal(connect(here, origin="https://evil.example"))
    assert (status, body["code"]) == (403, "forbidden")


@pytest.mark.parametrize(
    ("header", "own", "used"),
    [("call-7", None, "call-7"), ("call-7", "mine", "mine"), ("two words", None, None), ("x" * 129, None, None)],
)
async def test_the_requests_stream_id_is_used(gateway, connect, header, own, used):
    """A start's own id wins; a header that may not stand in a log is not used."""
    talk = await connect(await gateway(), additional_headers={"X-Stream-Id": header})
    started = await talk.start(**({"stream_id": own} if own else {}))
    assert started.stream_id == used if used else started.stream_id not in (header, None)


async def test_a_header_that_comes_twice_is_no_internal_error(gateway):
    """Neither of two origins is trusted more; the answer is one of the documented ones."""
    here = await gateway(security=SecuritySettings(origins=("https://app.example",)))
    assert (await get(here.port, "/", "Origin: https://evil.example", "Origin: https://app.example"))[0] == 403
