"""What a stream that breaks needs to go on without losing or repeating a word. Pure: bytes and events in and out.

The audio is one line of bytes counted from the session's first sample. A new stream may begin at the *safe point*: the
first sample while nothing was delivered, afterwards (resuming) the end of the last final's last word. Not its
`audio_processed`: that is how far the recogniser had listened when it spoke, which may be beyond the segment's end.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from harness.riva.convert import RivaEvent, RivaFinal, RivaWord
from harness.riva.retry import Why

_SAMPLE_BYTES: Final = 2
MOUTHFUL_BYTES: Final = 32_000  # replayed audio goes in pieces of a second at 16 kHz


class Tape:
    """The newest stretch of the line, from `begin` to `end`."""

    def __init__(self) -> None:
        self._audio = bytearray()
        self.begin = 0

    @property
    def end(self) -> int:
        return self.begin + len(self._audio)

    def add(self, pcm: bytes) -> None:
        self._audio += pcm

    def after(self, place: int) -> bytes:
        """What follows a place, a mouthful at most; nothing at the end."""
        at = place - self.begin
        return bytes(self._audio[at : at + MOUTHFUL_BYTES])

    def drop_before(self, place: int) -> None:
        if place > self.begin:
            del self._audio[: place - self.begin]
            self.begin = place


class Continuity:
    """One session's audio and what of it is settled; `limit_bytes` bounds the audio kept behind what was sent."""

    def __init__(self, *, rate_hz: int, limit_bytes: int, resume: bool) -> None:
        self._rate_hz = rate_hz
        self._limit_bytes = limit_bytes
        self._resume = resume
        self._tape = Tape()
        self._safe: int | None = 0
        self._obstacle = Why.OVERFLOW

    @property
    def end(self) -> int:
        return self._tape.end

    def add(self, pcm: bytes) -> None:
        self._tape.add(pcm)

    def after(self, place: int) -> bytes:
        return self._tape.after(place)

    def sent(self, place: int) -> None:
        """Everything before `place` is on its way; keep of it what a new stream would need, as far as it fits."""
        keep_from = place if self._safe is None else max(self._safe, self._tape.end - self._limit_bytes)
        self._tape.drop_before(min(place, keep_from))

    def heard(self, event: RivaEvent, origin: int) -> RivaEvent:
        """The event of a stream that began at `origin`, in the session's own time; what was heard is delivered."""
        if origin:
            event = _later(event, origin / _SAMPLE_BYTES / self._rate_hz)
        if self._resume and isinstance(event, RivaFinal):
            self._settle(event)
        elif not self._resume and (event.text or isinstance(event, RivaFinal)):  # an empty partial takes nothing back
            self._unsafe(Why.DELIVERED)
        return event

    def restart(self) -> int | Why:
        """The place where a new stream must begin, or why there is none."""
        if self._safe is None or self._safe < self._tape.begin:
            return self._obstacle
        return self._safe

    def _settle(self, final: RivaFinal) -> None:
        if final.words:
            place = final.words[-1].end_ms * self._rate_hz // 1000 * _SAMPLE_BYTES
            self._safe = max(self._safe or 0, min(place, self._tape.end))
            self._obstacle = Why.OVERFLOW
        elif final.text:
            self._unsafe(Why.UNPLACED)

    def _unsafe(self, why: Why) -> None:
        self._safe = None
        self._obstacle = why


def _later(event: RivaEvent, by_s: float) -> RivaEvent:
    heard_s = event.audio_processed_s
    later_s = None if heard_s is None else round(heard_s + by_s, 6)
    if not isinstance(event, RivaFinal):
        return replace(event, audio_processed_s=later_s)
    by_ms = round(by_s * 1000)
    return replace(event, audio_processed_s=later_s, words=tuple(_word_later(word, by_ms) for word in event.words))


def _word_later(word: RivaWord, by_ms: int) -> RivaWord:
    return replace(word, start_ms=word.start_ms + by_ms, end_ms=word.end_ms + by_ms)
