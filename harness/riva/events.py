"""What a recogniser says, numbered by segment: the JSON of the gateway's contract without a gateway."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from harness.riva.convert import RivaEvent, RivaFinal, RivaWord
from harness.wire import codec
from harness.wire.messages import Partial, Transcription, Word


@dataclass(frozen=True, slots=True, kw_only=True)
class PartialEvent:
    """The newest hypothesis of the open segment; each replaces the one before. `stability` from 0 to 1."""

    segment_id: int
    text: str
    stability: float = 0.0
    is_final: bool = False

    def as_message(self, *, timestamp: str | None = None) -> dict[str, Any]:
        """The contract's `partial`, ready for json.dumps."""
        return codec.pairs_of(Partial(segment_id=self.segment_id, text=self.text, timestamp=timestamp))


@dataclass(frozen=True, slots=True, kw_only=True)
class FinalEvent:
    """A segment's text for good; word times in milliseconds, `audio_end_s` in seconds, both of the whole stream."""

    segment_id: int
    text: str
    words: tuple[RivaWord, ...] = ()
    confidence: float | None = None
    audio_end_s: float | None = None
    is_final: bool = True

    def as_message(self, *, timestamp: str | None = None) -> dict[str, Any]:
        """The contract's `transcription`, ready for json.dumps."""
        return codec.pairs_of(
            Transcription(
                segment_id=self.segment_id,
                text=self.text,
                words=wire_words(self.words),
                confidence=self.confidence,
                audio_end_s=self.audio_end_s,
                timestamp=timestamp,
            )
        )


TranscriptEvent = PartialEvent | FinalEvent


def event_of(heard: RivaEvent, segment_id: int) -> TranscriptEvent:
    if not isinstance(heard, RivaFinal):
        return PartialEvent(segment_id=segment_id, text=heard.text, stability=heard.stability)
    return FinalEvent(
        segment_id=segment_id,
        text=heard.text,
        words=heard.words,
        confidence=heard.confidence,
        audio_end_s=heard.audio_processed_s,
    )


def wire_words(words: tuple[RivaWord, ...]) -> tuple[Word, ...]:
    """The contract has seconds."""
    return tuple(
        Word(word=word.text, start_s=word.start_ms / 1000, end_s=word.end_ms / 1000, confidence=word.confidence)
        for word in words
    )
