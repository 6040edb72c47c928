"""Speech to text in one call, against the scripted Riva."""

from __future__ import annotations

import asyncio
import wave
from contextlib import aclosing

import grpc
import pytest

from harness.errors import UsageError
from harness.riva.client import RivaClient
from harness.riva.config import RivaConfig
from harness.riva.failures import RivaError
from harness.riva.retry import RetryRules
from harness.riva.transcribe import Options, stream_transcribe, transcribe_file

PIECE = bytes(320)


@pytest.fixture
async def client(riva):
    made = RivaClient(RivaConfig(host="127.0.0.1", port=riva.port, retry_delay_ms=1, hotword_boost=7.5))
    yield made
    await made.close()


async def microphone(pieces):
    for _ in range(pieces):
        await asyncio.sleep(0)
        yield PIECE


def write_wav(path, *, channels=1, width=2, frames=4000, rate_hz=8000):
    with wave.open(str(path), "wb") as file:
        file.setparams((channels, width, rate_hz, 0, "NONE", ""))
        file.writeframes(bytes(frames * channels * width))
    return path


@pytest.mark.parametrize("audio", [lambda: microphone(3), lambda: [PIECE] * 3])
async def test_events_while_audio_comes_and_the_final_at_its_end(client, audio):
    """Partials then the final, numbered by segment, from asynchronous and ordinary iterators."""
    events = [event async for event in stream_transcribe(audio(), 16000, client=client)]
    assert [event.is_final for event in events] == [False, False, False, True]
    assert [event.segment_id for event in events] == [0] * 4
    assert events[-1].as_message()["text"] == "3 pieces"


async def test_finals_alone(client, riva):
    """Without partials Riva is not asked for any."""
    [event async for event in stream_transcribe(microphone(1), 16000, False, client=client)]
    assert not riva.configs[0].interim_results


async def test_what_is_asked_reaches_riva(client, riva):
    """Options win over the configuration; what they leave open is the configuration's."""
    options = Options(hotwords=("alpha",), language_code="de-DE", model="m")
    [event async for event in stream_transcribe(microphone(1), 8000, client=client, options=options)]
    config = riva.configs[0].config
    assert (config.sample_rate_hertz, config.language_code, config.model) == (8000, "de-DE", "m")
    assert [(list(context.phrases), context.boost) for context in config.speech_contexts] == [(["alpha"], 7.5)]


async def test_the_environment_says_where(riva, monkeypatch):
    """Without a client, one is made of the RIVA_* variables, and closed."""
    monkeypatch.setenv("RIVA_HOST", "127.0.0.1")
    monkeypatch.setenv("RIVA_PORT", str(riva.port))
    events = [event async for event in stream_transcribe(microphone(1), 16000)]
    assert events[-1].text == "1 pieces"


async def test_closing_it_frees_riva(client, riva):
    """A caller that stops early leaves nothing open."""

    async def endless():
        while True:
            await asyncio.sleep(0)
            yield PIECE

    async with aclosing(stream_transcribe(endless(), 16000, client=client)) as events:
        async for _ in events:
            break
    await riva.until(lambda riva: riva.open_streams == 0)


async def test_what_the_audio_raises_is_raised(client, riva):
    """A broken microphone is not a failure of Riva's."""

    async def broken():
        yield PIECE
        raise OSError("unplugged")

    with pytest.raises(OSError, match="unplugged"):
        [event async for event in stream_transcribe(broken(), 16000, client=client)]
    await riva.until(lambda riva: riva.open_streams == 0)


async def test_a_stream_that_riva_ends_early_is_an_error(client, riva, double):
    """OK before the audio is over would lose the rest in silence."""

    async def brief(requests, context):
        yield double.final("enough")

    async def endless():
        while True:
            await asyncio.sleep(0.001)
            yield PIECE

    riva.script = brief
    with pytest.raises(RivaError) as ended:
        [event async for event in stream_transcribe(endless(), 16000, client=client)]
    assert ended.value.failure.code == "ended_early"


async def test_a_riva_that_fails_unheard_is_tried_again(client, riva, double):
    """The whole audio is replayed, and the caller notices nothing."""
    calls = []

    async def flaky(requests, context):
        calls.append(1)
        if len(calls) == 1:
            await context.abort(grpc.StatusCode.UNAVAILABLE, "as the test asked")
        async for response in double.counting(requests, context):
            yield response

    riva.script = flaky
    options = Options(retry=RetryRules(first_ms=1))
    events = [event async for event in stream_transcribe(microphone(5), 16000, False, client=client, options=options)]
    assert len(calls) == 2
    assert events[-1].is_final
    assert b"".join(riva.audio)[-5 * len(PIECE) :] == PIECE * 5


async def test_a_file_is_streamed(client, riva, tmp_path):
    """Half a second at 8 kHz is five frames of 100 ms; the transcript joins its finals."""
    transcript = await transcribe_file(write_wav(tmp_path / "a.wav"), client=client)
    assert transcript.text == "5 pieces"
    assert [word.text for word in transcript.words] == ["5", "pieces"]
    assert riva.configs[0].config.sample_rate_hertz == 8000
    assert sum(map(len, riva.audio)) == 8000


async def test_a_file_can_go_in_one_call(client, tmp_path):
    """Offline recognition sends the samples alone; results without words are passed over."""
    transcript = await transcribe_file(write_wav(tmp_path / "a.wav"), client=client, offline=True)
    assert [(final.text, final.audio_processed_s) for final in transcript.finals] == [("8000 bytes", 1.5)]


@pytest.mark.parametrize(("shape", "says"), [({"channels": 2}, "2 channels of 16"), ({"width": 1}, "1 channels of 8")])
async def test_a_file_of_another_kind_is_refused(client, tmp_path, shape, says):
    """One sentence with the file's name."""
    with pytest.raises(UsageError, match=says):
        await transcribe_file(write_wav(tmp_path / "a.wav", **shape), client=client)


async def test_a_file_that_is_no_wav_is_refused(client, tmp_path):
    """Missing, empty or something else: one sentence."""
    (tmp_path / "a.wav").write_bytes(b"no")
    for name in ("a.wav", "b.wav"):
        with pytest.raises(UsageError, match=f"{name}: it cannot be read"):
            await transcribe_file(tmp_path / name, client=client)
