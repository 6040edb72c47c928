"""One stream: bytes in, partial and final results out, through its own ear and endpointer and the shared pool."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from functools import partial
from typing import Final, Protocol

from harness.embedded.intake import Intake
from harness.embedded.moonshine import NOTHING, RATE_HZ, Hypothesis
from harness.embedded.pool import Outcome, Rank, Request
from harness.embedded.recogniser import Recogniser
from harness.embedded.resampler import Resampler
from harness.embedded.tape import Tape
from harness.embedded.utterance import Endpointer, Segment
from harness.embedded.vad import FRAME_MS, HEARD_HZ, Ear
from harness.embedded.words import TimedWord, spread, stability

FRAME_SAMPLES: Final = FRAME_MS * RATE_HZ // 1000
_LOOK_BACK: Final = RATE_HZ * 3 // 10
_DOUBTFUL: Final = 0.35  # below it the decoder guesses: "You" on music has 0.1-0.3, single letters 0.38 and more
_COMPLETE: Final = (
    5 * FRAME_SAMPLES
)  # who heard 160 ms of the pause has the last word; at 96 ms word errors rose a little
_LOOK_AHEAD: Final = RATE_HZ * 2 // 10  # of the pause behind a segment: the decoder closes a word better with it


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What a listener is told; a partial has no words and no confidence."""

    text: str
    is_final: bool
    stability: float = 0.0
    confidence: float = 0.0
    words: tuple[TimedWord, ...] = ()
    audio_ms: int = 0


@dataclass(slots=True, eq=False)
class _Take:
    """A segment being decoded: its newest hypothesis, and up to which sample that one heard."""

    segment: Segment
    start: int
    heard_to: int = 0
    text: str = ""
    found: Hypothesis = NOTHING


class Decoding(Protocol):
    """Who decodes for a stream: the pool, or for a whole file the thread that feeds it."""

    def submit(self, request: Request) -> None: ...

    def forget(self, key: Hashable) -> None: ...


class Stream:
    """Feed it from the event loop; `emit` is called there with every result, `failed` with what broke a decoding."""

    def __init__(
        self,
        recogniser: Recogniser,
        pool: Decoding,
        intake: Intake,
        emit: Callable[[Result], None],
        failed: Callable[[BaseException], None],
    ) -> None:
        self._recogniser = recogniser
        self._pool = pool
        self._intake = intake
        self._emit = emit
        self._failed = failed
        self._ear: Ear | None = None
        self._resampler: Resampler | None = None
        self._endpointer = Endpointer()
        self._tape = Tape()
        self._heard = 0
        self._closed_at = 0
        self._take: _Take | None = None
        self._finals = 0
        self._quiet = asyncio.Event()
        self._quiet.set()

    @property
    def behind(self) -> bool:
        """There is more in what came than was heard at once: `feed(b"")` goes on with it."""
        return self._intake.behind

    def feed(self, data: bytes) -> None:
        """Hear more of the stream; ValueError where it cannot be read."""
        samples = self._intake.feed(data)
        if not len(samples):
            return
        ear, resampler = self._attend()
        at_16_khz = resampler.push(samples)
        self._tape.append(at_16_khz)
        for probability in ear.hear(samples if self._intake.rate_hz in HEARD_HZ else at_16_khz):
            self._hear(probability)
        self._ask_partial()

    def end_utterance(self) -> None:
        """Close the open segment now, as half-close and `force_eou` want it."""
        closed = self._endpointer.flush()
        if closed is not None:
            self._close(closed, self._tape.end)

    def end(self) -> None:
        """There is no more audio: close the open segment. ValueError where what came was no audio yet."""
        self._intake.end()
        self.end_utterance()

    async def finish(self) -> None:
        """End, and wait until every final is out."""
        self.end()
        await self._quiet.wait()

    def close(self) -> None:
        """Give up: nothing that waits is decoded any more."""
        self._pool.forget(self)

    def _attend(self) -> tuple[Ear, Resampler]:
        if self._ear is None or self._resampler is None:
            rate_hz = self._intake.rate_hz
            self._ear = self._recogniser.silero.listen(rate_hz if rate_hz in HEARD_HZ else RATE_HZ)
            self._resampler = Resampler(rate_hz)
        return self._ear, self._resampler

    def _hear(self, probability: float) -> None:
        self._heard += FRAME_SAMPLES
        closed = self._endpointer.push(probability)
        if closed is not None:
            self._close(closed, self._heard)
        elif self._endpointer.segment is None:
            self._tape.forget_before(self._heard - _LOOK_BACK)

    def _take_of(self, segment: Segment) -> _Take:
        if self._take is None or self._take.segment is not segment:
            start = max(self._closed_at, segment.first_frame * FRAME_SAMPLES - _LOOK_BACK)
            self._take = _Take(segment, start)
        return self._take

    def _ask_partial(self) -> None:
        segment = self._endpointer.ask_partial()
        if segment is None:
            return
        take = self._take_of(segment)
        rank = Rank.PARTIAL if segment.spoken else Rank.FIRST_PARTIAL
        self._pool.submit(
            Request(key=self, rank=rank, work=partial(self._decoding, take), done=partial(self._partial, take))
        )

    def _close(self, segment: Segment, end: int) -> None:
        take = self._take_of(segment)
        end = min(end, segment.voiced_end_frame * FRAME_SAMPLES + _LOOK_AHEAD)
        self._closed_at, self._take = end, None
        if not self._endpointer.is_confirmed(segment):
            return
        samples = self._tape.read(take.start, end)
        complete = segment.voiced_end_frame * FRAME_SAMPLES + _COMPLETE
        self._finals += 1
        self._quiet.clear()

        def work() -> Hypothesis:
            heard_all = take.found.tokens and take.heard_to >= complete
            return take.found if heard_all else self._recogniser.moonshine.transcribe(samples, take.found.tokens)

        self._pool.submit(Request(key=self, rank=Rank.FINAL, work=lambda: work, done=partial(self._final, take)))

    def _decoding(self, take: _Take) -> Callable[[], Hypothesis]:
        end = self._tape.end
        samples = self._tape.read(take.start, end)

        def work() -> Hypothesis:
            found = self._recogniser.moonshine.transcribe(samples, take.found.tokens)
            take.heard_to, take.found = end, found
            return found

        return work

    def _partial(self, take: _Take, future: Outcome) -> None:
        if (found := self._outcome(future)) is None:
            return
        text = self._recogniser.text(found)
        if not text or not self._endpointer.may_show(take.segment):
            return
        take.segment.spoken = True
        if self._take is take:  # else its final is already on its way
            self._emit(Result(text=text, is_final=False, stability=stability(take.text, text), audio_ms=self._audio_ms))
        take.text = text

    def _final(self, take: _Take, future: Outcome) -> None:
        self._finals -= 1
        found = self._outcome(future)
        text = self._recogniser.text(found) if found else ""
        if found and text and (found.confidence >= _DOUBTFUL or self._endpointer.is_certain(take.segment)):
            words = spread(text, take.segment.start_ms, take.segment.voiced_end_ms)
            self._emit(
                Result(text=text, is_final=True, confidence=found.confidence, words=words, audio_ms=self._audio_ms)
            )
        if not self._finals:
            self._quiet.set()

    def _outcome(self, future: Outcome) -> Hypothesis | None:
        error = None if future.cancelled() else future.exception()
        if error is not None:
            self._failed(error)
        found: Hypothesis | None = None if future.cancelled() or error is not None else future.result()
        return found

    @property
    def _audio_ms(self) -> int:
        return self._tape.end * 1000 // RATE_HZ
