from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from typing import Any

import pytest

from harness import pcm
from harness.embedded.intake import Intake
from harness.embedded.pool import Pool, Request
from harness.embedded.recogniser import Recogniser
from harness.embedded.stream import Result, Stream


def plain(text: str) -> str:
    return re.sub(r"[^a-z' ]", "", text.lower())


@pytest.fixture
def pool() -> Iterator[Pool]:
    made = Pool()
    yield made
    made.close()


async def results(
    recogniser: Recogniser, pool: Pool, audio: bytes, rate_hz: int = 16_000, law: bool = False
) -> list[Result]:
    """Everything a stream says to a clip in frames of 100 ms, each decoded before the next is sent."""
    said: list[Result] = []
    errors: list[BaseException] = []
    stream = Stream(recogniser, pool, Intake("mulaw" if law else "pcm16", rate_hz), said.append, errors.append)
    size = rate_hz // 10 * (1 if law else 2)
    for at in range(0, len(audio), size):
        stream.feed(audio[at : at + size])
        while pool.busy:  # noqa: ASYNC110  each hypothesis is out before the next frame, however slow the machine is
            await asyncio.sleep(0.001)
    await stream.finish()
    assert errors == []
    return said


async def test_partials_grow_into_a_final_with_times(recogniser: Recogniser, pool: Pool, speech: Any) -> None:
    """One utterance: partials first, the final last, its words within 150 ms of where the speech lies."""
    clip = speech("clean-tt-weasels")
    *partials, final = await results(recogniser, pool, clip.pcm16)
    assert len(partials) >= 5
    assert not any(result.is_final for result in partials)
    assert plain(final.text) == "weasels have eaten our phone system"
    assert [word.word for word in final.words] == final.text.split()
    assert abs(final.words[0].start_ms - clip.start_ms) < 150
    assert abs(final.words[-1].end_ms - clip.end_ms) < 150
    assert all(0 <= result.stability <= 1 for result in partials)
    assert [result.audio_ms for result in partials] == sorted(result.audio_ms for result in partials)


class StarvedPool:
    """Gives every request its turn at once, and a thread only when told."""

    def __init__(self) -> None:
        self._begun: list[tuple[Callable[[], Any], Callable[[Any], None]]] = []

    def submit(self, request: Request) -> None:
        self._begun.append((request.work(), request.done))

    def run(self) -> None:
        for work, done in self._begun:
            future: Future[Any] = Future()
            future.set_result(work())
            done(future)


async def test_a_starved_thread_still_hears_what_was_said(recogniser: Recogniser, speech: Any) -> None:
    """Partials that get a thread only when their audio is long over and forgotten do not spoil the final."""
    pool, said = StarvedPool(), list[Result]()
    stream = Stream(recogniser, pool, Intake("pcm16", 16_000), said.append, pytest.fail)  # type: ignore[arg-type]
    audio = speech("clean-tt-weasels").pcm16 + bytes(2 * 16_000 * 2)
    for at in range(0, len(audio), 3_200):
        stream.feed(audio[at : at + 3_200])
    pool.run()
    (final,) = (result for result in said if result.is_final)
    assert plain(final.text) == "weasels have eaten our phone system"


async def test_8_khz_mulaw_says_the_same(recogniser: Recogniser, pool: Pool, speech: Any) -> None:
    """Telephone audio needs no other model."""
    clip = speech("clean-tt-weasels", 8_000)
    final = (await results(recogniser, pool, pcm.mulaw_encode(clip.pcm16), 8_000, law=True))[-1]
    assert plain(final.text) == "weasels have eaten our phone system"


async def test_a_pause_between_two_sentences_makes_two_finals(recogniser: Recogniser, pool: Pool, speech: Any) -> None:
    """The second final's words lie behind the first's, on the stream's own time axis."""
    clip = speech("clean-tt-weasels").pcm16
    finals = [result for result in await results(recogniser, pool, clip + clip) if result.is_final]
    assert len(finals) == 2
    assert finals[1].words[0].start_ms - finals[0].words[0].start_ms == pytest.approx(len(clip) / 32, abs=40)


@pytest.mark.parametrize("clip_id", ["silence-digital", "silence-room", "silence-noise", "silence-music"])
def test_nobody_speaking_makes_no_final(recogniser: Recogniser, speech: Any, clip_id: str) -> None:
    """Digital silence, a room, noise and hold music carry no word at either rate."""

    async def finals(rate_hz: int) -> list[Result]:
        pool = Pool()
        said = await results(recogniser, pool, speech(clip_id, rate_hz).pcm16, rate_hz)
        pool.close()
        return [result for result in said if result.is_final]

    assert [asyncio.run(finals(rate_hz)) for rate_hz in (16_000, 8_000)] == [[], []]


async def test_ending_the_utterance_by_hand_makes_a_final_at_once(
    recogniser: Recogniser, pool: Pool, speech: Any
) -> None:
    """`force_eou` splits at a word, and what follows is the next final."""
    clip = speech("clean-tt-weasels").pcm16
    said: list[Result] = []
    stream = Stream(recogniser, pool, Intake("pcm16", 16_000), said.append, pytest.fail)
    stream.feed(clip[: 32 * 1000])
    stream.end_utterance()
    stream.feed(clip[32 * 1000 :])
    await stream.finish()
    assert [result.is_final for result in said].count(True) == 2


async def test_broken_decoding_is_told_and_does_not_hang(recogniser: Recogniser, pool: Pool, speech: Any) -> None:
    """Where the decoder raises, the stream hears of it and still finishes."""
    errors: list[BaseException] = []
    broken = Recogniser(object(), recogniser.silero, recogniser.tokenizer)  # type: ignore[arg-type]
    stream = Stream(broken, pool, Intake("pcm16", 16_000), pytest.fail, errors.append)
    stream.feed(speech("clean-tt-weasels").pcm16)
    await asyncio.wait_for(stream.finish(), 10)
    assert {type(error) for error in errors} == {AttributeError}
