"""Riva's signs of life, while sessions are open."""

from __future__ import annotations

import grpc

from harness.wire.messages import Error, Ping, Pong, SessionStopped, StopTranscription

AUDIO = bytes(3200)


async def test_a_riva_that_falls_silent_ends_its_sessions(gateway, connect, riva):
    """A client that is still speaking hears `timeout` when Riva answers nobody any more."""
    talk = await connect(await gateway({"timeout_ms": 100}, pulse_s=0.01))
    await talk.start(stream_id="call-7")
    riva.silent = True
    error = (await talk.hear_until(Error))[-1]
    assert (error.code, error.retryable, error.stream_id) == ("timeout", True, "call-7")
    assert await talk.closed() == 1014
    await riva.until(lambda riva: riva.open_streams == 0)


async def test_an_answer_of_any_kind_is_a_sign_of_life(gateway, connect, riva):
    """A Riva that refuses new calls may be draining: its streams go on to their last final."""
    riva.refusals = [grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.UNIMPLEMENTED, grpc.StatusCode.UNAUTHENTICATED]
    talk = await connect(await gateway(pulse_s=0.01))
    await talk.start(enable_partials=False)
    await talk.socket.send(AUDIO)
    await riva.until(lambda riva: riva.unary_calls > 3)
    await talk.say(StopTranscription())
    final, _ = await talk.hear_until(SessionStopped)
    assert final.text == "1 pieces"


async def test_without_a_session_riva_is_not_asked(gateway, connect, riva):
    """A connection alone costs Riva nothing, and none is ended for its silence."""
    riva.silent = True
    talk = await connect(await gateway({"timeout_ms": 1}, pulse_s=0.001))
    for _ in range(20):
        await talk.say(Ping())
        assert isinstance(await talk.hear(), Pong)
    assert riva.unary_calls == 0
