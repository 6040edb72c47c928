"""Between the contract's words and Riva's. Pure: a frame to an event, a start to a request, a result to a message."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from harness.gateway.intake import PCM16, RATES_HZ, SAMPLE_BYTES
from harness.riva.config import RivaConfig
from harness.riva.convert import Recognition, RivaFinal, RivaPartial
from harness.riva.events import wire_words
from harness.wire.codec import UNKNOWN_TYPE, WireError, decode_client
from harness.wire.conversation import Event
from harness.wire.messages import (
    ClientMessage,
    GetMetrics,
    Partial,
    Ping,
    StartTranscription,
    StopTranscription,
    Transcription,
)

MOST_HOTWORDS: Final = 500
LONGEST: Final = {"stream_id": 128, "language_code": 35, "hotwords": 200}
"""Characters of a text; RFC 5646 (4.4.1) wants room for 35 in a language's code."""

Payload = StartTranscription | bytes | str
_EVENTS: Final[dict[type[ClientMessage], Event]] = {
    StartTranscription: Event.START,
    StopTranscription: Event.STOP,
    Ping: Event.PING,
    GetMetrics: Event.GET_METRICS,
}


def event_of(frame: str | bytes, sample_bytes: int = SAMPLE_BYTES[PCM16]) -> tuple[Event, Payload]:
    """What a client's frame is, with the start or the audio in it, or what is wrong with it."""
    if isinstance(frame, bytes):
        whole = frame and len(frame) % sample_bytes == 0
        return (Event.AUDIO, frame) if whole else (Event.AUDIO_ODD, f"{len(frame)} bytes")
    try:
        message = decode_client(frame)
    except WireError as error:
        return (Event.UNKNOWN_TYPE if error.code == UNKNOWN_TYPE else Event.MALFORMED), str(error)
    if not isinstance(message, StartTranscription):
        return _EVENTS[type(message)], ""
    refusal = _refusal(message)
    return (Event.START_INVALID, refusal) if refusal else (Event.START, message)


def _refusal(start: StartTranscription) -> str:
    if start.sample_rate_hz not in (None, *RATES_HZ):
        return f"sample_rate must be one of {', '.join(map(str, RATES_HZ))}"
    if start.encoding not in (None, *SAMPLE_BYTES):
        return f"encoding must be one of {', '.join(SAMPLE_BYTES)}"
    if len(start.hotwords) > MOST_HOTWORDS:
        return f"hotwords may be {MOST_HOTWORDS} at most"
    return _text_refusal((("stream_id", start.stream_id), ("language_code", start.language_code))) or _text_refusal(
        ("hotwords", word) for word in start.hotwords
    )


def _text_refusal(texts: Iterable[tuple[str, str | None]]) -> str:
    for key, text in texts:
        if text is not None and len(text) > LONGEST[key]:
            return f"{key} may have {LONGEST[key]} characters at most{' each' * (key == 'hotwords')}"
        if text is not None and not _is_unicode(text):
            return "text must be Unicode, and half of a surrogate pair is no character"
    return ""


def _is_unicode(text: str) -> bool:
    """False for a lone surrogate, which JSON can escape, and neither UTF-8 nor protobuf can hold."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def recognition(start: StartTranscription, config: RivaConfig, rate_hz: int) -> Recognition:
    """The request to Riva for audio of this rate: what the client left open is the deployment's default."""
    offsets = start.word_time_offsets
    return Recognition(
        sample_rate_hz=rate_hz,
        language_code=start.language_code or config.language_code,
        model=config.model,
        interim_results=start.enable_partials and config.partial_results,
        word_time_offsets=config.word_time_offsets if offsets is None else offsets,
        automatic_punctuation=config.automatic_punctuation,
        hotwords=start.hotwords,
        hotword_boost=config.hotword_boost,
    )


def partial(heard: RivaPartial, segment: int, *, timestamp: str, processing_ms: float | None) -> Partial:
    return Partial(segment_id=segment, text=heard.text, timestamp=timestamp, processing_time_ms=processing_ms)


def transcription(final: RivaFinal, segment: int, *, timestamp: str, processing_ms: float | None) -> Transcription:
    return Transcription(
        segment_id=segment,
        text=final.text,
        words=wire_words(final.words),
        confidence=final.confidence,
        audio_end_s=final.audio_processed_s,
        timestamp=timestamp,
        processing_time_ms=processing_ms,
    )
