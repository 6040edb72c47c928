"""Rivas that fail in the middle of a session: one documented code and close code each, and nothing left over."""

from __future__ import annotations

import asyncio
import math

import grpc
import pytest
from doubles.hostile_setting import AUDIO, START, STOP, hostile_setting, text

from harness.gateway.upstream_settings import UpstreamSettings
from harness.riva.retry import RetryRules

ONCE = UpstreamSettings(retry=RetryRules(budget=0, budget_per_s=0))
STATUSES = {
    "CANCELLED": ("cancelled", True, 1014),
    "UNKNOWN": ("internal", True, 1011),
    "INVALID_ARGUMENT": ("invalid_argument", False, 1011),
    "DEADLINE_EXCEEDED": ("timeout", True, 1014),
    "NOT_FOUND": ("not_found", False, 1011),
    "ALREADY_EXISTS": ("internal", True, 1011),
    "PERMISSION_DENIED": ("unauthorized", False, 1011),
    "RESOURCE_EXHAUSTED": ("resource_exhausted", True, 1013),
    "FAILED_PRECONDITION": ("invalid_argument", False, 1011),
    "ABORTED": ("internal", True, 1011),
    "OUT_OF_RANGE": ("invalid_argument", False, 1011),
    "UNIMPLEMENTED": ("unimplemented", False, 1011),
    "INTERNAL": ("internal", True, 1011),
    "UNAVAILABLE": ("unavailable", True, 1014),
    "DATA_LOSS": ("internal", True, 1011),
    "UNAUTHENTICATED": ("unauthorized", False, 1011),
}


async def said_until_the_end(client, *said):
    """The close code, once everything was said and heard; the last message is the error."""
    await client.send(b"".join(said))
    code = await client.end()
    assert client.heard[-1]["type"] == "error"
    assert client.codes == [client.heard[-1]["code"]]
    return client.heard[-1]["code"], client.heard[-1]["retryable"], code


@pytest.mark.parametrize("mid", [False, True], ids=["at-once", "after-a-partial"])
@pytest.mark.parametrize(("status", "told"), STATUSES.items(), ids=STATUSES)
async def test_each_status_is_told(riva, double, caplog, *, status, told, mid):
    """Before the first word and after it alike: one error, then the close."""

    async def fail(requests, context):
        async for request in requests:
            if request.audio_content:
                if mid:
                    yield double.interim("a word")
                break
        await context.abort(grpc.StatusCode[status], "as the test asked")

    async with hostile_setting(riva, caplog, upstream=ONCE) as here:
        riva.script = fail
        client = await here.client(started=True)
        assert await said_until_the_end(client, AUDIO) == told
        assert len([m for m in client.heard if m["type"] == "partial"]) == mid


async def crash(requests, context):
    async for request in requests:
        if request.audio_content:
            raise RuntimeError
    yield


async def end_at_once(requests, context):
    return
    yield


async def hang_after_the_end(requests, context):
    async for _ in requests:
        pass
    await asyncio.Event().wait()
    yield


async def take_nothing(requests, context):
    await asyncio.Event().wait()
    yield


FAULTS = {
    "crash": (crash, (AUDIO,), ("internal", True, 1011)),
    "ends-before-the-audio": (end_at_once, (), ("ended_early", True, 1014)),
    "no-final-in-time": (hang_after_the_end, (AUDIO, STOP), ("timeout", True, 1014)),
    "silent-to-the-end": (take_nothing, (AUDIO, STOP), ("timeout", True, 1014)),
}


@pytest.mark.parametrize(("script", "said", "told"), FAULTS.values(), ids=FAULTS)
async def test_a_riva_that_behaves_badly_is_told(riva, caplog, script, said, told):
    """No session waits for ever."""
    async with hostile_setting(riva, caplog, upstream=ONCE, riva_config={"timeout_ms": 500}) as here:
        riva.script = script
        client = await here.client(started=True)
        assert await said_until_the_end(client, *said) == told


async def test_a_riva_that_dies_takes_nobody_along(riva, caplog):
    """Who speaks hears `unavailable`; who comes later hears the same, or that nobody may be asked."""
    async with hostile_setting(riva, caplog, upstream=ONCE) as here:
        client = await here.client(started=True)
        await riva.until(lambda riva: riva.open_streams == 1)
        await riva.stop()
        assert await said_until_the_end(client) == ("unavailable", True, 1014)
        late = await here.client()
        assert await said_until_the_end(late, text(START)) == ("unavailable", True, 1014)


async def test_words_after_a_failure_of_ours_are_not_heard(riva, double, caplog):
    """A final right behind the failure that ended the session goes nowhere."""

    async def both(requests, context):
        yield double.final("said")
        await context.abort(grpc.StatusCode.INTERNAL, "as the test asked")

    async with hostile_setting(riva, caplog, upstream=ONCE) as here:
        riva.script = both
        client = await here.client(started=True)
        assert await said_until_the_end(client) == ("internal", True, 1011)
        assert [m["type"] for m in client.heard[-2:]] == ["transcription", "error"]


def odd_results(double):
    """Responses that no recogniser should give, and how many messages each becomes."""
    pb = double.pb
    number = double.final("a", ("a", 0, 100))
    number.results[0].alternatives[0].confidence = math.nan
    infinite = double.final("a", ("a", 0, 100), processed_s=math.inf)
    word = double.final("a", ("a", 0, 100))
    word.results[0].alternatives[0].words[0].confidence = -math.inf
    unheard = double.interim("a", stability=math.nan)
    empty = pb.StreamingRecognizeResponse()
    bare = pb.StreamingRecognizeResponse()
    bare.results.add(is_final=True)
    return {
        "confidence-nan": (number, 1),
        "audio-processed-infinite": (infinite, 1),
        "word-confidence-infinite": (word, 1),
        "stability-nan": (unheard, 1),
        "no-results": (empty, 0),
        "no-alternatives": (bare, 0),
        "times-backwards": (double.final("a b", ("a", 900, 100), ("b", -500, -900)), 1),
        "times-huge": (double.final("a", ("a", -(2**31), 2**31 - 1)), 1),
        "word-empty": (double.final("", ("", 0, 0)), 1),
        "null-and-newline": (double.final("a\0\r\n\u2028b"), 1),
        "text-long": (double.interim("word " * 100_000), 1),
        "partial-empty": (double.interim(""), 1),
    }


RESULTS = (
    "confidence-nan",
    "audio-processed-infinite",
    "word-confidence-infinite",
    "stability-nan",
    "no-results",
    "no-alternatives",
    "times-backwards",
    "times-huge",
    "word-empty",
    "null-and-newline",
    "text-long",
    "partial-empty",
)


@pytest.mark.parametrize("name", RESULTS)
async def test_an_odd_result_ends_no_session(riva, double, caplog, name):
    """It becomes a message of the contract or none; what comes behind it is heard."""
    response, messages = odd_results(double)[name]

    async def odd(requests, context):
        yield response
        async for _ in requests:
            pass
        yield double.final("the end")

    async with hostile_setting(riva, caplog, upstream=ONCE) as here:
        riva.script = odd
        client = await here.client(started=True)
        await client.send(STOP)
        await client.hear_until("session_stopped")
        said = [m for m in client.heard if m["type"] in ("partial", "transcription")]
        assert (len(said), said[-1]["text"]) == (messages + 1, "the end")
