"""Riva's requests and responses as this server understands and makes them: protobuf in, protobuf out, no I/O."""

from __future__ import annotations

from typing import Any, Final

import grpc
from riva.client.proto import riva_asr_pb2 as asr
from riva.client.proto import riva_audio_pb2 as audio

from harness.embedded import riff
from harness.embedded.intake import Intake
from harness.embedded.stream import Result

MODEL: Final = "moonshine-tiny-en-embedded"
LANGUAGE: Final = "en-US"
_ENCODINGS: Final[dict[int, riff.Encoding]] = {
    audio.ENCODING_UNSPECIFIED: "pcm16",  # NVIDIA's scripts send 0 and a RIFF header in the audio
    audio.LINEAR_PCM: "pcm16",
    audio.MULAW: "mulaw",
}


class Refusal(Exception):  # noqa: N818  it is an answer to the client, not a fault of ours
    """A stream ends here with a gRPC status that tells the client why."""

    def __init__(self, code: grpc.StatusCode, text: str) -> None:
        super().__init__(text)
        self.code = code
        self.text = f"Error: {text}"


def invalid(text: str) -> Refusal:
    return Refusal(grpc.StatusCode.INVALID_ARGUMENT, text)


def intake_of(config: Any) -> Intake:
    """How to read the audio a RecognitionConfig announces; Refusal where this server cannot."""
    encoding = _ENCODINGS.get(config.encoding)
    if encoding is None:
        raise invalid(
            f"encoding {audio.AudioEncoding.Name(config.encoding)} is not supported (LINEAR_PCM and MULAW are)"
        )
    if config.audio_channel_count > 1:
        raise invalid(f"{config.audio_channel_count} channels are not supported (one is)")
    try:
        return Intake(encoding, config.sample_rate_hertz)
    except ValueError as error:
        raise invalid(str(error)) from error


def check_model(config: Any) -> None:
    """Refusal in Riva's own words unless the config names this model and language, or leaves them open."""
    if config.model not in ("", MODEL) or config.language_code.lower() not in ("", "en", LANGUAGE.lower()):
        raise invalid(f"Unavailable model requested. Lang: {config.language_code}, Type: online")


def response_of(result: Result, *, with_words: bool) -> Any:
    """One StreamingRecognizeResponse; a transcript ends with a space, so that clients may join what they get."""
    alternative = asr.SpeechRecognitionAlternative(
        transcript=f"{result.text} ", confidence=result.confidence, language_code=[LANGUAGE]
    )
    if with_words:
        alternative.words.extend(
            asr.WordInfo(word=word.word, start_time=word.start_ms, end_time=word.end_ms, confidence=result.confidence)
            for word in result.words
        )
    recognised = asr.StreamingRecognitionResult(
        alternatives=[alternative],
        is_final=result.is_final,
        stability=result.stability,
        channel_tag=1,
        audio_processed=result.audio_ms / 1000,
    )
    return asr.StreamingRecognizeResponse(results=[recognised])


def models_response(model_name: str, parameters: dict[str, str]) -> Any:
    """The list of models; NVIDIA's C++ client crashes where `type` or `language_code` is missing."""
    response = asr.RivaSpeechRecognitionConfigResponse()
    if model_name in ("", MODEL):
        listed = {"type": "online", "language_code": LANGUAGE, **parameters}
        response.model_config.add(model_name=MODEL, parameters=listed)
    return response
