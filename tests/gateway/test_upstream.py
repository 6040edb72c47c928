"""Several scripted Rivas behind one gateway's upstream, on real sockets."""

from __future__ import annotations

import asyncio
import json
import socket
from contextlib import AsyncExitStack

import grpc
import pytest

from harness.errors import UsageError
from harness.gateway.breaker import BreakerRules, BreakerState
from harness.gateway.groups import Endpoint, group_of
from harness.gateway.upstream import Upstream
from harness.gateway.upstream_settings import UpstreamSettings
from harness.riva.config import RivaConfig
from harness.riva.convert import Recognition
from harness.riva.failures import RivaError
from harness.riva.retry import RetryRules
from harness.wire.messages import Error, SessionStopped, StopTranscription

ASK = Recognition(sample_rate_hz=16000)
AUDIO = bytes(3200)
QUICK = RetryRules(attempts=3, first_ms=1, most_ms=1)


@pytest.fixture
async def rivas(double):
    """Starts as many scripted Rivas as asked."""
    started = []

    async def start(count, port=0):
        fresh = [await double.ScriptedRiva().start(port) for _ in range(count)]
        started.extend(fresh)
        return fresh

    yield start
    for riva in started:
        await riva.stop()


@pytest.fixture
async def upstream():
    """Makes upstreams with quick retries, and closes them."""
    async with AsyncExitStack() as stack:

        def make(*rivas, config=None, **told):
            endpoints = tuple(Endpoint("127.0.0.1", riva.port) for riva in rivas)
            told = {"endpoints": endpoints, "retry": QUICK, "probe_s": 3600.0, **told}
            made = Upstream(UpstreamSettings(**told), RivaConfig(**(config or {})))
            made.start()
            stack.push_async_callback(made.close)
            return made

        yield make


async def until(condition):
    async with asyncio.timeout(5):
        while not condition():  # noqa: ASYNC110  a state, polled
            await asyncio.sleep(0.005)


async def finish(stream):
    await stream.done()
    return [event async for event in stream]


def targets(upstream):
    return {state.target: state for state in upstream.state().endpoints}


async def test_streams_spread_over_the_endpoints(rivas, upstream):
    """The least loaded is next, so ten streams are five and five; both are free again when they are over."""
    both = await rivas(2)
    made = upstream(*both)
    streams = [await made.stream(ASK, key=str(number)) for number in range(10)]
    assert [state.streams for state in made.state().endpoints] == [5, 5]
    for stream in streams:
        assert (await finish(stream))[-1].text == "0 pieces"
    await until(lambda: [state.streams for state in made.state().endpoints] == [0, 0])
    assert [state.served_total for state in made.state().endpoints] == [5, 5]


async def test_an_endpoint_that_is_down_costs_a_session_nothing(rivas, upstream):
    """A stream that cannot be opened here is opened there."""
    dead, alive = await rivas(2)
    await dead.stop()
    made = upstream(dead, alive)
    for number in range(4):
        stream = await made.stream(ASK, key=str(number))
        assert stream.endpoint == f"127.0.0.1:{alive.port}"
        await finish(stream)


async def test_a_riva_that_dies_unheard_is_replaced_under_the_stream(rivas, upstream):
    """All audio reaches the other one, and the session hears nothing of it."""

    async def deaf(requests, context):
        async for _ in requests:
            pass
        yield

    both = await rivas(2)
    for riva in both:
        riva.script = deaf
    made = upstream(*both)
    stream = await made.stream(ASK, key="k")
    first, second = sorted(both, key=lambda riva: stream.endpoint != f"127.0.0.1:{riva.port}")
    await stream.send(AUDIO)
    await first.until(lambda riva: riva.audio)
    second.script = type(second)().script
    listening = asyncio.create_task(collect(stream))
    await first.stop()
    await second.until(lambda riva: riva.audio)
    await stream.send(AUDIO)
    await stream.done()
    assert (await listening)[-1].text.endswith("pieces")
    assert b"".join(second.audio) == AUDIO * 2
    assert made.state().retries_total == {"replayed": 1}


async def collect(stream):
    return [event async for event in stream]


async def test_a_full_endpoint_sends_the_session_to_another(rivas, upstream, double):
    """RESOURCE_EXHAUSTED is an answer of this endpoint, not of the house; where there is no other it is told."""

    async def full(requests, context):
        await context.abort(grpc.StatusCode.RESOURCE_EXHAUSTED, "full")
        yield

    busy, free = await rivas(2)
    busy.script = full
    made = upstream(busy, free)
    for number in range(4):
        assert (await finish(await made.stream(ASK, key=str(number))))[-1].text == "0 pieces"
    alone = upstream(busy)
    with pytest.raises(RivaError) as refused:
        await finish(await alone.stream(ASK, key="k"))
    assert refused.value.failure.code == "resource_exhausted"
    assert alone.state().retries_total == {"alone": 1}


async def test_a_failing_endpoint_is_left_alone_until_it_is_better(rivas, upstream, double):
    """Its breaker opens, sessions go to the other; probes alone close it again when the time has come."""

    async def broken(requests, context):
        await context.abort(grpc.StatusCode.INTERNAL, "broken")
        yield

    bad, good = await rivas(2)
    bad.script = broken
    rules = BreakerRules(minimum_calls=2, open_ns=200_000_000, trials=2)
    made = upstream(bad, good, breaker=rules, probe_s=0.01)
    target = f"127.0.0.1:{bad.port}"
    number = 0
    while targets(made)[target].opened_total == 0:
        assert (await finish(await made.stream(ASK, key=str(number := number + 1))))[-1].text == "0 pieces"
    bad.script = good.script
    await until(lambda: targets(made)[target].breaker is BreakerState.CLOSED)
    assert targets(made)[target].failure_rate == 0


async def test_an_open_breaker_everywhere_is_unavailable(rivas, upstream):
    """Nobody is asked, and the session hears it."""

    async def broken(requests, context):
        await context.abort(grpc.StatusCode.INTERNAL, "broken")
        yield

    (bad,) = await rivas(1)
    bad.script = broken
    made = upstream(bad, breaker=BreakerRules(minimum_calls=1, open_ns=10**12))
    with pytest.raises(RivaError):
        await finish(await made.stream(ASK, key="k"))
    assert not made.state().ready
    asked = len(bad.metadata)
    with pytest.raises(RivaError) as refused:
        await made.stream(ASK, key="k")
    assert (refused.value.failure.code, len(bad.metadata)) == ("unavailable", asked)


async def test_a_refused_probe_ejects_and_ends_nothing(rivas, upstream):
    """A Riva that drains takes no new sessions; those it has go on to their last final. Then it comes back."""
    draining, other = await rivas(2)
    made = upstream(draining, other, probe_s=0.01)
    streams = [await made.stream(ASK, key=str(number)) for number in range(2)]
    draining.refusals = [grpc.StatusCode.UNAVAILABLE] * 50
    target = f"127.0.0.1:{draining.port}"
    await until(lambda: targets(made)[target].ejected)
    assert {(await made.stream(ASK, key=str(number))).endpoint for number in range(4)} == {f"127.0.0.1:{other.port}"}
    for stream in streams:
        assert (await finish(stream))[-1].text == "0 pieces"
    await until(lambda: not targets(made)[target].ejected)
    assert targets(made)[target].ejected_total == 1


@pytest.mark.parametrize("status", [grpc.StatusCode.UNIMPLEMENTED, grpc.StatusCode.UNAUTHENTICATED])
async def test_any_other_answer_is_a_sign_of_life(rivas, upstream, status):
    """An endpoint that does not list its models may serve streams all the same."""
    (riva,) = await rivas(1)
    riva.refusals = [status] * 3
    made = upstream(riva, probe_s=0.01)
    await riva.until(lambda riva: riva.unary_calls > 4)
    (state,) = made.state().endpoints
    assert (state.ejected_total, state.ready) == (0, True)
    assert state.probe_age_s < 5


async def test_unanswered_probes_end_the_streams(rivas, upstream):
    """So many in a row, and whoever waits for this endpoint hears `timeout`; then it is asked no more."""
    (riva,) = await rivas(1)
    made = upstream(riva, probe_s=0.01, probe_deadline_s=0.05, deadly_misses=2)
    stream = await made.stream(ASK, key="k")
    await stream.send(AUDIO)
    heard = stream.__aiter__()
    await anext(heard)
    riva.silent = True
    with pytest.raises(RivaError, match="a sign of life is overdue") as ended:
        await anext(heard)
    assert ended.value.failure.code == "timeout"
    assert made.state().endpoints[0].ejected
    await riva.until(lambda riva: riva.open_streams == 0)


async def test_a_session_resumes_on_another_endpoint(rivas, upstream, double):
    """With resuming on, the finals of two Rivas are one line: every number once, in the session's time."""

    async def numbers(requests, context):
        """A final for each piece, named by its first byte; 3200 bytes are 100 ms."""
        place = 0
        async for request in requests:
            for at in range(0, len(request.audio_content), len(AUDIO)):
                text = str(request.audio_content[at])
                place += 100
                yield double.final(text, (text, place - 100, place), processed_s=place / 1000)

    both = await rivas(2)
    for riva in both:
        riva.script = numbers
    made = upstream(*both, retry=RetryRules(attempts=3, first_ms=1, resume=True))
    stream = await made.stream(ASK, key="k")
    events = []
    listening = asyncio.create_task(keep(stream, events))
    first = next(riva for riva in both if stream.endpoint == f"127.0.0.1:{riva.port}")
    for number in range(20):
        await stream.send(bytes([number]) * len(AUDIO))
        if number == 9:
            await until(lambda: len(events) >= 5)
            await first.stop()
    await stream.done()
    await listening
    assert [event.text for event in events] == [str(number) for number in range(20)]
    assert [event.words[0].start_ms for event in events] == [number * 100 for number in range(20)]
    assert [event.audio_processed_s for event in events] == [round(n / 10 + 0.1, 6) for n in range(20)]
    assert made.state().retries_total == {"resumed": 1}


async def keep(stream, events):
    async for event in stream:
        events.append(event)


def write(path, weights, *rivas):
    groups = dict(zip(weights, rivas, strict=True))
    endpoints = [{"target": f"127.0.0.1:{riva.port}", "group": group} for group, riva in groups.items()]
    path.write_text(json.dumps({"groups": weights, "endpoints": endpoints}), encoding="utf-8")


async def test_a_callers_sessions_stay_in_its_group(rivas, upstream, tmp_path):
    """The group is the hash's against the weights, and is named."""
    stable, canary = await rivas(2)
    write(tmp_path / "f", {"stable": 50, "canary": 50}, stable, canary)
    made = upstream(endpoints=(), file=tmp_path / "f")
    groups = {}
    for number in range(40):
        stream = await made.stream(ASK, key=str(number))
        groups[str(number)] = stream.group
        assert made.name_for(str(number)) == f"{stream.group}@{stream.endpoint}"
        await finish(stream)
    assert groups == {key: group_of(key, {"stable": 50, "canary": 50}) for key in groups}
    assert made.name_for(None) == f"canary@127.0.0.1:{canary.port};stable@127.0.0.1:{stable.port}"


async def test_an_ejected_groups_sessions_go_to_the_other_and_are_counted(rivas, upstream, tmp_path):
    """Nobody is turned away while the other group lives, and the report can tell that it was not the canary."""
    stable, canary = await rivas(2)
    write(tmp_path / "f", {"stable": 1, "canary": 99}, stable, canary)
    await canary.stop()
    made = upstream(endpoints=(), file=tmp_path / "f", probe_s=0.01)
    await until(lambda: targets(made)[f"127.0.0.1:{canary.port}"].ejected)
    keys = [str(number) for number in range(200)]
    in_canary = [key for key in keys if group_of(key, {"stable": 1, "canary": 99}) == "canary"][:5]
    assert {(await made.stream(ASK, key=key)).group for key in in_canary} == {"stable"}
    assert made.name_for(in_canary[0]).startswith("stable@")
    assert made.state().diverted_total == 5


async def test_new_weights_are_for_new_sessions(rivas, upstream, tmp_path):
    """Weight 0 admits nobody any more; the session that is open stays where it is."""
    stable, canary = await rivas(2)
    path = tmp_path / "f"
    write(path, {"stable": 1, "canary": 99}, stable, canary)
    made = upstream(endpoints=(), file=path, reload_s=0.01)
    key = next(str(n) for n in range(99) if group_of(str(n), {"stable": 1, "canary": 99}) == "canary")
    open_session = await made.stream(ASK, key=key)
    write(path, {"stable": 1, "canary": 0}, stable, canary)
    await until(lambda: made.state().weights["canary"] == 0)
    assert (await made.stream(ASK, key=key)).group == "stable"
    assert (await finish(open_session))[-1].text == "0 pieces"
    assert open_session.group == "canary"


async def test_an_endpoint_that_is_taken_off_the_list_finishes_its_streams(rivas, upstream, tmp_path):
    """It is asked no more, and forgotten with its last stream; back on the list it is what it was."""
    one, two = await rivas(2)
    path = tmp_path / "f"
    write(path, {"a": 1, "b": 1}, one, two)
    made = upstream(endpoints=(), file=path, reload_s=0.01)
    streams = [await made.stream(ASK, key=str(number)) for number in range(20)]
    write(path, {"a": 1}, one)
    await until(lambda: made.state().weights == {"a": 1})
    assert len(made.state().endpoints) == 2
    assert {(await made.stream(ASK, key=str(number))).group for number in range(10)} == {"a"}
    write(path, {"a": 1, "b": 1}, one, two)
    await until(lambda: "b" in made.state().weights)
    assert len(made.state().endpoints) == 2
    write(path, {"a": 1}, one)
    for stream in streams:
        assert (await finish(stream))[-1].text == "0 pieces"
    await until(lambda: len(made.state().endpoints) == 1)


async def test_a_file_that_cannot_be_used_leaves_everything_as_it_was(rivas, upstream, tmp_path, capfd):
    """A typo in a weight is logged, and mended by the next version."""
    one, two = await rivas(2)
    path = tmp_path / "f"
    write(path, {"a": 1, "b": 1}, one, two)
    made = upstream(endpoints=(), file=path, reload_s=0.01)
    path.write_text("groups: {a: many}\n", encoding="utf-8")
    said = ""
    while "cannot be used" not in said:
        await asyncio.sleep(0.01)
        captured = capfd.readouterr()
        said += captured.out + captured.err
    assert made.state().weights == {"a": 1, "b": 1}
    assert await made.stream(ASK, key="k")
    write(path, {"a": 3, "b": 1}, one, two)
    await until(lambda: made.state().weights == {"a": 3, "b": 1})


async def test_a_file_that_cannot_be_used_at_the_start_is_a_usage_error(tmp_path):
    """A gateway that knows no endpoint does not start."""
    (tmp_path / "f").write_text("{", encoding="utf-8")
    with pytest.raises(UsageError, match="f: it cannot be read"):
        Upstream(UpstreamSettings(file=tmp_path / "f"), RivaConfig())


async def test_the_client_of_a_silent_riva_is_told(gateway, connect, riva):
    """Through the whole gateway: `timeout`, retryable, with the stream's id, then 1014."""
    told = UpstreamSettings(probe_s=0.01, probe_deadline_s=0.05, deadly_misses=2)
    talk = await connect(await gateway({"timeout_ms": 5000}, upstream=told))
    await talk.start(stream_id="call-7")
    await talk.socket.send(AUDIO)
    await talk.hear()
    riva.silent = True
    error = (await talk.hear_until(Error))[-1]
    assert (error.code, error.retryable, error.stream_id) == ("timeout", True, "call-7")
    assert await talk.closed() == 1014
    await riva.until(lambda riva: riva.open_streams == 0)


async def test_the_sessions_of_a_draining_riva_end_well(gateway, connect, riva):
    """Through the whole gateway: refused probes do not touch a session that is open."""
    talk = await connect(await gateway(upstream=UpstreamSettings(probe_s=0.01)))
    await talk.start(enable_partials=False)
    riva.refusals = [grpc.StatusCode.UNAVAILABLE] * 5
    await talk.socket.send(AUDIO)
    await riva.until(lambda riva: not riva.refusals)
    await talk.say(StopTranscription())
    final, _ = await talk.hear_until(SessionStopped)
    assert final.text == "1 pieces"


async def test_a_header_names_the_caller(gateway, connect, riva, tmp_path):
    """With GATEWAY_KEY_HEADER the greeting can name the group already."""
    path = tmp_path / "f"
    write(path, {"a": 1}, riva)
    told = UpstreamSettings(file=path, key_header="x-caller")
    talk = await connect(await gateway(upstream=told))
    assert talk.greeting.server_config.riva_target == f"a@127.0.0.1:{riva.port}"


async def test_an_endpoint_that_cannot_be_spoken_to_leaves_everything_as_it_was(rivas, upstream, tmp_path, capfd):
    """A new endpoint in the file while the certificates are half rotated: nothing is taken up, and nothing breaks."""
    (one,) = await rivas(1)
    path, ca = tmp_path / "f", tmp_path / "ca"
    write(path, {"a": 1}, one)
    made = upstream(endpoints=(), file=path, reload_s=0.01)
    made._riva = RivaConfig(ca_file=ca)
    path.write_text('{"endpoints": [{"target": "127.0.0.1:1"}]}', encoding="utf-8")
    said = ""
    while "cannot be used" not in said:
        await asyncio.sleep(0.01)
        said += "".join(capfd.readouterr())
    assert made.state().weights == {"a": 1}
    assert await made.stream(ASK, key="k")


async def test_what_happens_to_a_stream_is_logged_with_its_name(gateway, connect, riva, capfd):
    """The line about a retry carries the stream's id, so that a caller's complaint can be followed."""

    async def broken(requests, context):
        await context.abort(grpc.StatusCode.INTERNAL, "broken")
        yield

    riva.script = broken
    talk = await connect(await gateway())
    await talk.start(stream_id="call-7")
    await talk.hear_until(Error)
    lines = [line for line in "".join(capfd.readouterr()).splitlines() if "stream failed" in line]
    assert lines
    assert all("call-7" in line for line in lines)


async def broken(requests, context):
    await context.abort(grpc.StatusCode.INTERNAL, "broken")
    yield


async def opened_breaker(rivas, upstream, **told):
    """A Riva whose breaker has opened and is half open by now, and how it worked before."""
    (riva,) = await rivas(1)
    working, riva.script = riva.script, broken
    rules = BreakerRules(minimum_calls=1, open_ns=1_000_000, trials=2, trial_ns=10**12)
    made = upstream(riva, breaker=rules, retry=RetryRules(attempts=0), **told)
    with pytest.raises(RivaError):
        await finish(await made.stream(ASK, key="k"))
    riva.script = working
    await until(lambda: made.state().endpoints[0].breaker is BreakerState.HALF_OPEN)
    return riva, made


async def test_a_trial_need_not_last_as_long_as_its_conversation(rivas, upstream):
    """The first thing heard proves the endpoint; two such callers close the breaker while they still speak."""
    _, made = await opened_breaker(rivas, upstream)
    streams = [await made.stream(ASK, key=str(number)) for number in range(2)]
    with pytest.raises(RivaError, match="no endpoint may be asked now"):
        await made.stream(ASK, key="k")
    for stream in streams:
        await stream.send(AUDIO)
        await anext(stream.__aiter__())
    assert made.state().endpoints[0].breaker is BreakerState.CLOSED
    assert (await finish(streams[0]))[-1].text == "1 pieces"


async def test_callers_that_hang_up_leave_their_trials_to_others(rivas, upstream):
    """A cancelled trial is no verdict, and its place is free."""
    _, made = await opened_breaker(rivas, upstream)
    for number in range(5):
        (await made.stream(ASK, key=str(number))).cancel()
    assert made.state().endpoints[0].breaker is BreakerState.HALF_OPEN
    assert await made.stream(ASK, key="k")


async def test_a_probe_that_fails_as_a_trial_keeps_callers_away(rivas, upstream):
    """While the endpoint does not answer a small question, its breaker opens again without a caller's help."""
    riva, made = await opened_breaker(rivas, upstream, probe_s=0.01, probe_deadline_s=0.05)
    riva.silent = True
    await until(lambda: made.state().endpoints[0].opened_total > 1)


async def test_an_opening_that_is_given_up_is_no_verdict(rivas, upstream):
    """Nobody listens behind the port that takes the connection: the caller's patience ends first."""
    with socket.create_server(("127.0.0.1", 0)) as silent:  # the kernel takes the connection, and nobody else
        port = silent.getsockname()[1]
        made = upstream(endpoints=(Endpoint("127.0.0.1", port),), retry=RetryRules(attempts=0, window_ms=50))
        with pytest.raises(RivaError) as refused:
            await made.stream(ASK, key="k")
    assert refused.value.failure.code == "timeout"
    (state,) = made.state().endpoints
    assert (state.breaker, state.streams, state.failure_rate) == (BreakerState.CLOSED, 0, 0)
