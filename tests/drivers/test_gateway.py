"""The gateway driver against WebSocket servers that do as each test says."""

from __future__ import annotations

import asyncio

import pytest

from harness.drivers.base import DriverSpec
from harness.drivers.gateway import GatewayDriver
from harness.errors import TargetError
from harness.model.timeline import Closed, Errored, Final, HeardWord, Opened, Partial, Refused

FRAME = bytes(3200)


def driver(endpoint: str, **options: str) -> GatewayDriver:
    return GatewayDriver(DriverSpec(driver="gateway", endpoint=endpoint, **options))


async def test_a_session_speaks_the_contract(served, gateway, session, listener) -> None:
    """Start when greeted, audio when started, stop when ended; what is said back is heard as it is."""
    link = driver(await served(gateway.polite)).open(session, listener)
    await listener.until(Opened)
    assert [link.send(bytes([n]) * 3200) for n in range(3)] == [0, 0, 0]
    link.end()
    words = (HeardWord(text="hello", start_ns=100_000_000, end_ns=500_000_000),)
    assert await listener.over(link) == [
        Opened(),
        Partial(segment=0, text="hel"),
        Final(segment=0, text="hello", words=words, audio_end_ns=750_000_000),
        Closed(code="1000", detail="session_stopped"),
    ]
    assert [frame[0] for frame in gateway.audio] == [0, 1, 2]
    assert [message["type"] for message in gateway.said] == ["start_transcription", "stop_transcription"]
    start = gateway.said[0]
    assert (start["sample_rate"], start["encoding"], start["stream_id"]) == (16_000, "pcm16", "s1")


async def test_audio_waits_until_the_gateway_is_ready(served, gateway, session, listener) -> None:
    """What was sent before goes out first, in order; an end before readiness is not forgotten either."""
    link = driver(await served(gateway.polite)).open(session, listener)
    assert [link.send(bytes([n]) * 3200) for n in range(3)] == [1, 2, 3]
    link.end()
    await listener.over(link)
    assert [frame[0] for frame in gateway.audio] == [0, 1, 2]


async def test_over_ten_seconds_of_waiting_audio_is_the_targets_timeout(served, gateway, session, listener) -> None:
    """A gateway that never says session_started."""
    link = driver(await served(gateway.greet)).open(session, listener)
    for _ in range(101):
        link.send(FRAME)
    heard = await listener.over(link)
    assert [type(what) for what in heard] == [Errored, Closed]
    assert heard[0].code == "timeout"


async def test_a_gateway_that_does_not_read_makes_audio_wait(served, gateway, session, listener) -> None:
    """Once the socket's buffers are full, frames wait in the backlog and are counted."""
    release = asyncio.Event()

    async def deaf(socket) -> None:
        await gateway.greet(socket)
        await gateway.listen(socket)
        await gateway.say(socket, "session_started")
        await release.wait()
        await gateway.listen(socket)
        await gateway.say(socket, "session_stopped")
        await socket.wait_closed()

    link = driver(await served(deaf, max_queue=1)).open(session, listener)
    await listener.until(Opened)
    sent = 0
    try:
        while link.send(bytes([sent % 251]) * 32_000) < 3:
            sent += 1
            assert sent < 2_000, "the socket swallowed 64 MB"
            await asyncio.sleep(0)
    finally:
        release.set()
    link.end()
    assert (await listener.over(link))[-1].code == "1000"
    assert [frame[0] for frame in gateway.audio] == [n % 251 for n in range(sent + 1)]


async def test_an_error_and_its_close_are_both_heard(served, gateway, session, listener) -> None:
    """The gateway's own code, whether it may be tried again, and the close code after it."""

    async def fail(socket) -> None:
        await gateway.greet(socket)
        await gateway.listen(socket)
        await gateway.say(socket, "session_started")
        await gateway.say(socket, "error", error="Riva is gone", code="unavailable", retryable=True)
        await socket.close(1014, "bad gateway")

    heard = await listener.over(driver(await served(fail)).open(session, listener))
    assert heard[1:] == [
        Errored(code="unavailable", retryable=True, detail="Riva is gone"),
        Closed(code="1014", detail="bad gateway"),
    ]


async def test_finals_after_a_gateway_says_that_it_goes_away_are_heard(served, gateway, session, listener) -> None:
    """The error comes first, then the last final, session_stopped, and the close."""

    async def leave(socket) -> None:
        await gateway.greet(socket)
        await gateway.listen(socket)
        await gateway.say(socket, "session_started")
        await gateway.say(socket, "error", error="bye", code="going_away")
        await gateway.say(socket, "transcription", segment_id=0, text="hel", is_final=True)
        await gateway.say(socket, "session_stopped")
        await socket.close(1001)

    heard = await listener.over(driver(await served(leave)).open(session, listener))
    assert [type(what) for what in heard] == [Opened, Errored, Final, Closed]
    assert heard[-1].code == "1001"


async def test_an_older_gateways_error_has_no_code(served, gateway, session, listener) -> None:
    """Free text only: heard as `error`, with the text."""

    async def fail(socket) -> None:
        await gateway.greet(socket)
        await gateway.say(socket, "error", error="boom")

    heard = await listener.over(driver(await served(fail)).open(session, listener))
    assert heard[0] == Errored(code="error", detail="boom")


async def test_admission_refuses_by_message_by_close_code_and_by_http_status(
    served, gateway, session, listener
) -> None:
    """Four ways to say no before any audio; the wait that is asked for is kept."""

    async def by_message(socket) -> None:
        await gateway.greet(socket)
        await gateway.listen(socket)
        await gateway.say(socket, "error", error="full", code="resource_exhausted", retry_after_ms=700)

    async def by_close(socket) -> None:
        await socket.close(1013, "later")

    async def by_both(socket) -> None:
        await gateway.greet(socket)
        await gateway.listen(socket)
        await gateway.say(socket, "error", error="no room", code="at_capacity", retry_after_ms=900)
        await socket.close(1013)

    def by_status(connection, request):
        response = connection.respond(503, "full\n")
        response.headers["Retry-After"] = "2"
        return response

    told = []
    polite = (gateway.polite, {"process_request": by_status})
    for handler, options in ((by_message, {}), (by_close, {}), (by_both, {}), polite):
        listener.heard.clear()
        link = driver(await served(handler, **options)).open(session, listener)
        told += await listener.over(link)
    assert told == [
        Refused(code="resource_exhausted", retry_after_ms=700, detail="full"),
        Refused(code="1013", detail="later"),
        Errored(code="at_capacity", detail="no room"),
        Refused(code="at_capacity", retry_after_ms=900, detail="no room"),
        Refused(code="refused", retry_after_ms=2000, detail="it answers HTTP 503"),
    ]


async def test_a_connection_that_drops_without_a_close_frame_is_1006(served, gateway, session, listener) -> None:
    """As RFC 6455 names it."""

    async def drop(socket) -> None:
        await gateway.greet(socket)
        await gateway.listen(socket)
        await gateway.say(socket, "session_started")
        socket.transport.abort()

    heard = await listener.over(driver(await served(drop)).open(session, listener))
    assert heard[-1].code == "1006"


async def test_a_private_close_code_is_kept(served, gateway, session, listener) -> None:
    """4403 is what some servers close with after accepting the handshake."""

    async def forbid(socket) -> None:
        await socket.close(4403, "no")

    assert await listener.over(driver(await served(forbid)).open(session, listener)) == [
        Closed(code="4403", detail="no")
    ]


async def test_unknown_messages_are_passed_over_and_broken_ones_end_the_session(
    served, gateway, session, listener
) -> None:
    """A gateway may say more than the contract has, but not something else."""

    async def chat(socket) -> None:
        await gateway.greet(socket)
        await gateway.say(socket, "language_detected", language="en")
        await socket.send("{not json")
        await socket.wait_closed()

    heard = await listener.over(driver(await served(chat)).open(session, listener))
    assert [type(what) for what in heard] == [Errored, Closed]
    assert heard[0].code == "protocol"


async def test_a_message_out_of_order_ends_the_session(served, gateway, session, listener) -> None:
    """A partial before anything was started is no contract 1."""

    async def rush(socket) -> None:
        await gateway.say(socket, "partial", segment_id=0, text="hi")
        await socket.wait_closed()

    heard = await listener.over(driver(await served(rush)).open(session, listener))
    assert heard[0].code == "protocol"
    assert "Partial" in heard[0].detail


async def test_fragments_are_joined(served, gateway, session, listener) -> None:
    """One message in three frames is one message."""

    async def stutter(socket) -> None:
        await gateway.greet(socket)
        await gateway.listen(socket)
        await gateway.say(socket, "session_started")
        await socket.send(['{"type":"partial","seg', 'ment_id":0,"te', 'xt":"hello"}'])
        await socket.close()

    heard = await listener.over(driver(await served(stutter)).open(session, listener))
    assert Partial(segment=0, text="hello") in heard


async def test_nothing_is_heard_after_close(served, gateway, session, listener) -> None:
    """And no task is left, connected or not."""
    for address in (await served(gateway.polite), "ws://127.0.0.1:1"):
        link = driver(address).open(session, listener)
        await link.close()
    before = len(asyncio.all_tasks())
    assert listener.heard == []
    assert before == len(asyncio.all_tasks())


async def test_the_probe_tells_what_the_gateway_says_of_itself(served, gateway) -> None:
    """After a whole session of silence."""
    identity = await driver(await served(gateway.polite)).probe()
    assert dict(identity.facts) == {
        "contract": "riva-websocket-bridge",
        "gateway": "double/1",
        "riva_target": "riva:50051",
        "model": "m-1",
        "frame_ms": "20",
    }
    assert sum(map(len, gateway.audio)) == 16_000 // 5 * 2


async def test_the_probe_refuses_another_model(served, gateway) -> None:
    """The target file says which one it means."""
    with pytest.raises(TargetError, match="it serves the model m-1, not m-2"):
        await driver(await served(gateway.polite), model="m-2").probe()


async def test_a_token_goes_along_as_a_bearer(served, gateway, monkeypatch: pytest.MonkeyPatch) -> None:
    """In the handshake's headers; without it the server declines."""
    monkeypatch.setenv("T_TOKEN", "secret")

    def check(connection, request):
        granted = request.headers.get("Authorization") == "Bearer secret"
        return None if granted else connection.respond(401, "who?\n")

    address = await served(gateway.polite, process_request=check)
    await driver(address, token_env="T_TOKEN").probe()  # noqa: S106  the name of a variable
    with pytest.raises(TargetError, match="it answers HTTP 401; check the target's token"):
        await driver(address).probe()


async def missing_model(gateway, socket) -> None:
    await gateway.greet(socket)
    await gateway.listen(socket)
    await gateway.say(socket, "error", error="no such model", code="not_found")
    await socket.close(1011)


async def mute(gateway, socket) -> None:
    await socket.wait_closed()


async def never_starts(gateway, socket) -> None:
    await gateway.greet(socket)
    await socket.wait_closed()


async def never_stops(gateway, socket) -> None:
    await gateway.greet(socket)
    await gateway.listen(socket)
    await gateway.say(socket, "session_started")
    await socket.wait_closed()


async def closes(gateway, socket) -> None:
    await socket.close(1011, "broken")


@pytest.mark.parametrize(
    ("handler", "told"),
    [
        (missing_model, r"it does not serve a session \(not_found: no such model\)"),
        (mute, "sends no `connection` message, so it speaks another protocol"),
        (never_starts, "it does not answer start_transcription"),
        (never_stops, "it does not say session_stopped"),
        (closes, r"it closes the session \(1011: broken\)"),
    ],
)
async def test_the_probe_names_what_is_wrong(served, gateway, monkeypatch, handler, told: str) -> None:
    """One sentence each, and not a second more than the step may take."""
    monkeypatch.setattr("harness.drivers.probe.STEP_S", 0.2)
    with pytest.raises(TargetError, match=told):
        await driver(await served(lambda socket: handler(gateway, socket))).probe()


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n", "it answers HTTP 404 instead of opening a WebSocket"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi", "it answers HTTP 200 instead of opening a WebSocket"),
        (b"SSH-2.0-OpenSSH_9.9\r\n\r\n", "it does not speak HTTP"),
        (b"", "it drops the connection instead of answering as a WebSocket"),
    ],
)
async def test_the_probe_tells_other_protocols_apart(raw_served, answer: bytes, told: str) -> None:
    """HTTP without WebSocket, something else entirely, and nothing at all."""
    port = await raw_served(answer)
    with pytest.raises(TargetError, match=told):
        await driver(f"ws://127.0.0.1:{port}").probe()


async def test_the_probe_of_a_grpc_port_says_that_it_is_no_websocket(riva_served, make_riva) -> None:
    """The commonest mix-up: Riva's own port given as the gateway's."""
    with pytest.raises(TargetError, match=r"it does not speak HTTP|drops the connection.*address and the driver"):
        await driver(f"ws://{await riva_served(make_riva())}").probe()


async def test_the_probe_of_a_closed_port_says_that_nothing_is_there() -> None:
    """With the remedy."""
    with pytest.raises(TargetError, match=r"nothing listens there; start the target or correct its address"):
        await driver("ws://127.0.0.1:1").probe()
