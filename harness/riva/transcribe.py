"""Speech to text in one call, on top of the client; RIVA_* variables say where, unless a client is given.

    async for event in stream_transcribe(microphone(), sample_rate=16000):
        print(event.text, event.is_final)
    print((await transcribe_file(Path("call.wav"))).text)

Whatever fails raises RivaError. Streams are replayed or resumed where that is safe (harness.riva.lasting).
"""

from __future__ import annotations

import asyncio
import os
import wave
from collections.abc import AsyncIterable, AsyncIterator, Iterable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from harness.errors import UsageError
from harness.riva.client import LONGEST_STREAM_S, RivaClient
from harness.riva.config import RivaConfig
from harness.riva.convert import Recognition, RivaFinal, RivaWord
from harness.riva.events import TranscriptEvent, event_of
from harness.riva.failures import Failure, RivaError
from harness.riva.lasting import LastingStream
from harness.riva.retry import Budget, RetryRules
from harness.riva.stream import RivaStream

Audio = AsyncIterable[bytes] | Iterable[bytes]
FRAME_MS: Final = 100
_ENDED_EARLY: Final = Failure(
    code="ended_early",
    retryable=True,
    text="speech recognition ended before the audio did",
    status="OK",
    transient=True,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What to ask beyond the configuration's defaults; None leaves those."""

    hotwords: tuple[str, ...] = ()
    hotword_boost: float | None = None
    language_code: str | None = None
    model: str | None = None
    deadline_s: float = LONGEST_STREAM_S
    retry: RetryRules | None = None

    def ask(self, config: RivaConfig, rate_hz: int, *, partials: bool) -> Recognition:
        default = config.recognition(rate_hz)
        return replace(
            default,
            interim_results=partials,
            hotwords=self.hotwords,
            hotword_boost=default.hotword_boost if self.hotword_boost is None else self.hotword_boost,
            language_code=self.language_code or default.language_code,
            model=self.model or default.model,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Transcript:
    """A whole file's finals in order."""

    finals: tuple[RivaFinal, ...]

    @property
    def text(self) -> str:
        return " ".join(final.text for final in self.finals if final.text)

    @property
    def words(self) -> tuple[RivaWord, ...]:
        return tuple(word for final in self.finals for word in final.words)


async def stream_transcribe(
    audio_iter: Audio,
    sample_rate: int,
    enable_partials: bool = True,
    *,
    client: RivaClient | None = None,
    options: Options = Options(),
) -> AsyncIterator[TranscriptEvent]:
    """Events while `audio_iter` (PCM16 mono, in pieces of any size) is still giving audio; close it to stop early.

    An ordinary iterator is read on the event loop and must not block. What `audio_iter` raises, this raises.
    """
    async with _client(client) as riva:
        ask = options.ask(riva.config, sample_rate, partials=enable_partials)
        stream = await _lasting(riva, ask, options)
        feeding = asyncio.create_task(_feed(stream, audio_iter))
        segment = 0
        try:
            async for heard in stream:
                yield event_of(heard, segment)
                segment += isinstance(heard, RivaFinal)
            _check_all_was_heard(stream)
        except RivaError:
            _raise_what_broke(feeding)
            raise
        finally:
            feeding.cancel()
            stream.cancel()
            with suppress(asyncio.CancelledError, Exception):
                await feeding


async def transcribe_file(
    path: Path,
    *,
    client: RivaClient | None = None,
    offline: bool = False,
    options: Options = Options(),
) -> Transcript:
    """The text of a PCM16 mono WAV file: streamed as fast as Riva takes it, or `offline` in one call.

    Raises UsageError for a file of another kind.
    """
    pcm, rate_hz = _read_wav(path)
    async with _client(client) as riva:
        ask = options.ask(riva.config, rate_hz, partials=False)
        if offline:
            return Transcript(finals=await riva.recognize(ask, pcm, deadline_s=options.deadline_s))
        stream = await _lasting(riva, ask, options)
        feeding = asyncio.create_task(_feed(stream, _frames(pcm, rate_hz)))
        try:
            finals = [heard async for heard in stream if isinstance(heard, RivaFinal)]
            _check_all_was_heard(stream)
        finally:
            feeding.cancel()
            stream.cancel()
    return Transcript(finals=tuple(finals))


@asynccontextmanager
async def _client(given: RivaClient | None) -> AsyncIterator[RivaClient]:
    if given is not None:
        yield given
        return
    client = RivaClient(RivaConfig.from_env(os.environ))
    try:
        yield client
    finally:
        await client.close()


async def _lasting(riva: RivaClient, ask: Recognition, options: Options) -> LastingStream[RivaStream]:
    async def connect(ask: Recognition, deadline_s: float, _: Failure | None) -> RivaStream:
        return await riva.stream(ask, deadline_s=deadline_s)

    rules = options.retry or riva.config.retry_rules
    budget = Budget(rules.budget, rules.budget_per_s)
    stream = LastingStream(connect, ask, rules=rules, budget=budget, deadline_s=options.deadline_s)
    await stream.open()
    return stream


async def _feed(stream: LastingStream[RivaStream], audio: Audio) -> None:
    try:
        if isinstance(audio, AsyncIterable):
            async for pcm in audio:
                await stream.send(pcm)
        else:
            for pcm in audio:
                await stream.send(pcm)
        await stream.done()
    except Exception:
        stream.cancel()  # whoever listens must not wait for the end of audio that will not come
        raise


def _raise_what_broke(feeding: asyncio.Task[None]) -> None:
    """The exception of the audio itself comes before the cancelling that it caused."""
    if feeding.done() and not feeding.cancelled() and (error := feeding.exception()) is not None:
        raise error


def _check_all_was_heard(stream: LastingStream[RivaStream]) -> None:
    if not stream.ended:
        raise RivaError(_ENDED_EARLY)


def _frames(pcm: bytes, rate_hz: int) -> Iterable[bytes]:
    size = rate_hz * FRAME_MS // 1000 * 2
    return (pcm[at : at + size] for at in range(0, len(pcm), size))


def _read_wav(path: Path) -> tuple[bytes, int]:
    remedy = "give a WAV file with one channel of 16-bit PCM"
    try:
        with wave.open(str(path), "rb") as file:
            if (file.getnchannels(), file.getsampwidth()) != (1, 2):
                problem = f"it has {file.getnchannels()} channels of {8 * file.getsampwidth()} bits"
                raise UsageError(str(path), problem, remedy)
            return file.readframes(file.getnframes()), file.getframerate()
    except (OSError, EOFError, wave.Error) as error:
        raise UsageError(str(path), f"it cannot be read ({error})", remedy) from error
