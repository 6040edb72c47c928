"""Random conversations: never an exception, always an answer of the contract, always the same order of things.

A failure names its seed; `FUZZ_SEED=<seed> pytest tests/gateway/test_fuzz.py` plays that one alone.
"""

from __future__ import annotations

import asyncio
import json
import os
import random

import pytest
import structlog
from doubles.fuzzed import FuzzedClient, FuzzedUpstream, as_frames, check_order, said
from doubles.hostile_client import BINARY, CLOSE, PING, TEXT, frame
from doubles.hostile_setting import hostile_setting

from harness.gateway import answers
from harness.gateway.admission import Admission, AdmissionLimits
from harness.gateway.caller import Caller
from harness.gateway.counters import Counters
from harness.gateway.intake import AudioLimits
from harness.gateway.meters import Meters
from harness.gateway.session import Conversation
from harness.gateway.settings import GatewaySettings
from harness.gateway.shared import Shared
from harness.gateway.upstream_settings import UpstreamSettings
from harness.riva.retry import RetryRules
from harness.wire.codec import decode_server

BATCH = 2000
BATCHES = 10
SOCKET_BATCH = 50
SOCKET_BATCHES = 6
AT_ONCE = 10
ONLY = os.environ.get("FUZZ_SEED")


def seeds(batch, size):
    return [int(ONLY)] if ONLY else range(batch * size, (batch + 1) * size)


class Time:
    """A clock that each look moves on, by less than a millisecond or by seconds."""

    def __init__(self, rng):
        self._rng, self._now_ns = rng, 0

    def now_ns(self):
        self._now_ns += self._rng.choice((1000, 1000, 100_000, 50_000_000))
        return self._now_ns


def shared_of(rng, meters):
    """A gateway's shared things, with limits that are hit now and then."""
    clock = Time(rng)
    settings = GatewaySettings(
        session_s=rng.choice((3600, 3600, 0.2)),
        audio=AudioLimits(ahead_ms=rng.choice((3_600_000, 3_600_000, 30)), slowed_ms=0),
        admission=AdmissionLimits(streams=rng.choice((1, 1, 1, 0))),
    )
    admission = Admission(settings.admission, clock)
    return Shared(settings, FuzzedUpstream(rng), Counters(clock=clock), admission, meters)


async def converse(seed, meters):
    """One conversation of the real kind between a client and a recogniser by chance."""
    rng = random.Random(seed)  # noqa: S311  a fuzzer must be reproducible
    shared, client = shared_of(rng, meters), FuzzedClient(rng)
    caller = Caller(key=rng.choice((None, "\udcff", "key")))
    client.conversation = Conversation(client, shared, caller, vanished=lambda: False)
    try:
        async with asyncio.timeout(10):
            await client.conversation.run()
            await asyncio.gather(*client.asides)
        stopped = check_order(client.heard, client.closed_with)
        given = [stream.finals for stream in shared.upstream.streams]
        assert sum(stopped) <= sum(given), "a final was said twice"
        if len(stopped) == len(given):
            assert stopped == given, "a final was lost before session_stopped"
        left = (shared.admission.streams, shared.counters.active_sessions)
        assert left == (0, 0), "a session is left over"
        assert not any(stream.reading for stream in shared.upstream.streams), "a stream is left over"
    except Exception as error:  # noqa: BLE001  whatever it is, it has a seed
        pytest.fail(f"FUZZ_SEED={seed}: {error!r} after {client.trace}, heard {client.heard}, {client.closed_with}")


@pytest.mark.parametrize("batch", range(1 if ONLY else BATCHES))
async def test_conversations_by_chance_keep_the_contract(batch):
    """The real conversation, translation and codec, between doubles, without sockets."""
    meters, before = Meters(), len(asyncio.all_tasks())
    with structlog.testing.capture_logs():
        for seed in seeds(batch, BATCH):
            await converse(seed, meters)
    assert len(asyncio.all_tasks()) == before


def violation(rng):
    """Frames that end a connection, or ought not to."""
    return rng.choice(
        (
            frame(PING, rng.randbytes(9)),
            frame(CLOSE, b"\x03\xe8"),
            frame(CLOSE, rng.randbytes(rng.randrange(5))),
            frame(TEXT, rng.randbytes(20)),
            frame(rng.randrange(16), rng.randbytes(9), fin=rng.random() < 0.5, reserved=rng.randrange(8)),
            frame(BINARY, rng.randbytes(9), masked=False),
            rng.randbytes(30),
        )
    )


def moody(double):
    """What a Riva does with a stream depends on the audio it begins with, and on nothing else."""

    async def script(requests, context):
        dice = random.Random(0)  # noqa: S311  a fuzzer must be reproducible
        first = True
        async for request in requests:
            if request.audio_content and first:
                dice, first = random.Random(request.audio_content[:2]), False  # noqa: S311  the same
            if dice.random() < 0.3:
                yield double.interim("a") if dice.random() < 0.5 else double.final("a b", ("a", 0, 100))
            if dice.random() < 0.02:
                await context.abort(dice.choice(list(double.grpc.StatusCode)[1:]), "as the test asked")
        yield double.final("end")

    return script


async def talk(seed, here):
    """One sequence over a socket."""
    rng = random.Random(seed)  # noqa: S311  a fuzzer must be reproducible
    client = await here.client()
    for _ in range(rng.randrange(1, 20)):
        await client.send(violation(rng) if rng.random() < 0.03 else as_frames(said(rng)))
    how = rng.random()
    if how < 0.2:
        client.reset()
        return
    await client.send(frame(CLOSE, b"\x03\xe8"))
    code = await client.end()
    client.leave()
    try:
        heard = [decode_server(json.dumps(message)) for message in client.heard]
        protocol_error = code in (None, 1002, 1007, 1009)
        check_order(heard, None if protocol_error else code)
        assert set(client.codes) <= DOCUMENTED, client.codes
    except AssertionError as error:
        pytest.fail(f"FUZZ_SEED={seed}: {error!r}, heard {client.heard}, {code}")


DOCUMENTED = {*answers.ANSWERS, *answers.CLOSE_CODES, "internal", "invalid_argument", "not_found", "unauthorized"} | {
    "unimplemented"
}


@pytest.mark.parametrize("batch", range(1 if ONLY else SOCKET_BATCHES))
async def test_sequences_by_chance_over_sockets_leave_nothing(riva, double, caplog, batch):
    """The real gateway: frames right and wrong, Rivas good and bad, ten clients at a time."""
    upstream = UpstreamSettings(retry=RetryRules(budget=0, budget_per_s=0))
    async with hostile_setting(riva, caplog, upstream=upstream) as here:
        riva.script = moody(double)
        ours = list(seeds(batch, SOCKET_BATCH))
        for at in range(0, len(ours), AT_ONCE):
            together = ours[at : at + AT_ONCE]
            await asyncio.gather(*(talk(seed, here) for seed in together))
            await here.at_rest(f"one of FUZZ_SEED={together}")
