"""Riva's protobuf messages <-> plain values. Pure: no gRPC, no I/O."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from riva.client.proto import riva_asr_pb2, riva_audio_pb2

# what NVIDIA's own client boosts by unless told otherwise (riva.client.argparse_utils: --boosted-lm-score)
HOTWORD_BOOST: Final = 4.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Recognition:
    """What to ask of Riva for one stream of mono PCM16 audio. `model` None: Riva chooses by rate and language."""

    sample_rate_hz: int
    language_code: str = "en-US"
    model: str | None = None
    interim_results: bool = True
    word_time_offsets: bool = True
    automatic_punctuation: bool = True
    hotwords: tuple[str, ...] = ()
    hotword_boost: float = HOTWORD_BOOST


@dataclass(frozen=True, slots=True, kw_only=True)
class RivaWord:
    """A recognised word; milliseconds of audio from the stream's first sample. `confidence` None: Riva gave none."""

    text: str
    start_ms: int
    end_ms: int
    confidence: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RivaPartial:
    """The whole hypothesis of the open segment, stable and unstable parts joined; `stability` is the least of them."""

    text: str
    stability: float = 0.0
    audio_processed_s: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RivaFinal:
    """A segment's text for good. The text may be empty: the partials before it were no speech after all."""

    text: str
    words: tuple[RivaWord, ...] = ()
    confidence: float | None = None
    audio_processed_s: float | None = None


RivaEvent = RivaPartial | RivaFinal


@dataclass(frozen=True, slots=True, kw_only=True)
class RivaModel:
    """A model the server offers; `parameters` as Riva names them ("type", "language_code", "sample_rate" and more)."""

    name: str
    parameters: dict[str, str] = field(default_factory=dict)

    @property
    def streaming(self) -> bool:
        return self.parameters.get("type") == "online"


def _config(ask: Recognition) -> riva_asr_pb2.RecognitionConfig:
    """Transcripts are verbatim, as NVIDIA's scripts ask: words stay as spoken."""
    config = riva_asr_pb2.RecognitionConfig(
        encoding=riva_audio_pb2.LINEAR_PCM,
        sample_rate_hertz=ask.sample_rate_hz,
        language_code=ask.language_code,
        model=ask.model or "",
        max_alternatives=1,
        audio_channel_count=1,
        enable_word_time_offsets=ask.word_time_offsets,
        enable_automatic_punctuation=ask.automatic_punctuation,
        verbatim_transcripts=True,
    )
    if ask.hotwords:
        config.speech_contexts.add(phrases=ask.hotwords, boost=ask.hotword_boost)
    return config


def config_request(ask: Recognition) -> riva_asr_pb2.StreamingRecognizeRequest:
    """The first message of a stream."""
    config = riva_asr_pb2.StreamingRecognitionConfig(config=_config(ask), interim_results=ask.interim_results)
    return riva_asr_pb2.StreamingRecognizeRequest(streaming_config=config)


def whole_request(ask: Recognition, pcm: bytes) -> riva_asr_pb2.RecognizeRequest:
    """All the audio at once, for offline recognition."""
    return riva_asr_pb2.RecognizeRequest(config=_config(ask), audio=pcm)


def finals_of(response: riva_asr_pb2.RecognizeResponse) -> tuple[RivaFinal, ...]:
    """An offline answer's segments; results without an alternative say nothing."""
    return tuple(_final(result) for result in response.results if result.alternatives)


def audio_request(pcm: bytes) -> riva_asr_pb2.StreamingRecognizeRequest:
    return riva_asr_pb2.StreamingRecognizeRequest(audio_content=pcm)


def events_of(response: riva_asr_pb2.StreamingRecognizeResponse) -> Iterator[RivaEvent]:
    """A response's results in order: each final by itself, interim results in a row joined into one partial.

    Results without an alternative (pipeline states, say) carry no text and are passed over, as NVIDIA's clients do.
    """
    interim: list[Any] = []
    for result in response.results:
        if not result.alternatives:
            continue
        if not result.is_final:
            interim.append(result)
            continue
        if interim:
            yield _partial(interim)
            interim = []
        yield _final(result)
    if interim:
        yield _partial(interim)


def _partial(results: Sequence[Any]) -> RivaPartial:
    return RivaPartial(
        text="".join(result.alternatives[0].transcript for result in results).strip(),
        stability=min(result.stability for result in results),
        audio_processed_s=_given(results[-1].audio_processed),
    )


def _final(result: Any) -> RivaFinal:
    best = result.alternatives[0]
    return RivaFinal(
        text=best.transcript.strip(),
        words=tuple(_word(word) for word in best.words),
        confidence=_given(best.confidence),
        audio_processed_s=_given(result.audio_processed),
    )


def _word(word: Any) -> RivaWord:
    return RivaWord(text=word.word, start_ms=word.start_time, end_ms=word.end_time, confidence=_given(word.confidence))


def _given(value: float) -> float | None:
    """A proto3 float: 0 cannot be told from "not given", 32 bits hold some six digits of it, and NaN says nothing."""
    return round(value, 6) or None if math.isfinite(value) else None


def models_of(response: riva_asr_pb2.RivaSpeechRecognitionConfigResponse) -> tuple[RivaModel, ...]:
    return tuple(
        RivaModel(name=config.model_name, parameters=dict(config.parameters)) for config in response.model_config
    )
