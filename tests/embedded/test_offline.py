from __future__ import annotations

import asyncio
import re
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from harness.embedded.intake import Intake
from harness.embedded.offline import Offline
from harness.embedded.pool import Pool, Rank
from harness.embedded.recogniser import Recogniser
from harness.embedded.recording import Recording, open_recording
from harness.embedded.stream import Result


def plain(results: tuple[Result, ...]) -> str:
    return re.sub(r"[^a-z' ]", "", " ".join(result.text for result in results).lower())


@pytest.fixture
def pool() -> Iterator[Pool]:
    made = Pool()
    yield made
    made.close()


async def test_a_file_is_heard_as_a_stream_is(recogniser: Recogniser, pool: Pool, speech: Any) -> None:
    """An utterance a result, all final, its words where the speech lies; nothing else is ever said."""
    clip = speech("clean-tt-weasels")
    results = await Offline(recogniser, pool).recognise(open_recording(clip.pcm16 * 2, "pcm16", 16_000))
    assert plain(results) == " ".join(["weasels have eaten our phone system"] * 2)
    assert [result.is_final for result in results] == [True, True]
    assert abs(results[0].words[0].start_ms - clip.start_ms) < 150
    assert abs(results[1].words[-1].end_ms - len(clip.pcm16) / 32 - clip.end_ms) < 150


@pytest.mark.parametrize("clip_id", ["silence-digital", "silence-music"])
async def test_nobody_speaking_is_no_result(recogniser: Recogniser, pool: Pool, speech: Any, clip_id: str) -> None:
    """As in a stream."""
    assert await Offline(recogniser, pool).recognise(open_recording(speech(clip_id).pcm16, "pcm16", 16_000)) == ()


def from_pieces(pieces: Iterator[bytes]) -> Recording:
    return Recording(intake=Intake("pcm16", 16_000), pieces=pieces)


async def test_files_take_turns(recogniser: Recogniser, pool: Pool) -> None:
    """A second of audio at a time, so that a short file does not wait for the end of a long one."""
    offline, order = Offline(recogniser, pool), list[str]()

    def pieces(name: str) -> Iterator[bytes]:
        for _ in range(3):
            order.append(name)
            yield bytes(32_000)

    files = [offline.recognise(from_pieces(pieces(name))) for name in ("a", "b")]
    assert await asyncio.wait_for(asyncio.gather(*files), 20) == [(), ()]
    assert order == ["a", "b"] * 3


async def test_files_leave_a_thread_to_the_streams(recogniser: Recogniser, pool: Pool) -> None:
    """However many there are, one step runs: a stream's final is decoded at once."""
    offline, release = Offline(recogniser, pool), threading.Event()

    def pieces() -> Iterator[bytes]:
        release.wait(20)
        yield bytes(2)

    files = [asyncio.create_task(offline.recognise(from_pieces(pieces()))) for _ in range(3)]
    for _ in range(5):
        await asyncio.sleep(0)  # each has asked by now
    assert await asyncio.wait_for(pool.run("stream", Rank.FINAL, lambda: "heard"), 10) == "heard"
    release.set()
    assert await asyncio.gather(*files) == [()] * 3


async def test_what_breaks_a_decoding_is_raised_and_the_next_file_is_served(
    recogniser: Recogniser, pool: Pool, speech: Any
) -> None:
    """A broken decoder, or audio that turns out to be none."""
    broken = Recogniser(object(), recogniser.silero, recogniser.tokenizer)  # type: ignore[arg-type]
    data = speech("clean-tt-weasels").pcm16
    with pytest.raises(AttributeError):
        await Offline(broken, pool).recognise(open_recording(data, "pcm16", 16_000))
    offline = Offline(recogniser, pool)
    with pytest.raises(ValueError, match="ends before its WAVE header"):
        await offline.recognise(open_recording(b"RIFF\0\0\0\0WAVE", "pcm16", 0))
    assert len(await offline.recognise(open_recording(data, "pcm16", 16_000))) == 1
