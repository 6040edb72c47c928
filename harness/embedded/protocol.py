"""Riva's requests and responses as this server understands and makes them: protobuf in, protobuf out, no I/O."""

from __future__ import annotations

import hmac
from collections.abc import Iterable
from typing import Any, Final, Literal

import grpc
from riva.client.proto import riva_asr_pb2 as asr
from riva.client.proto import riva_audio_pb2 as audio

from harness.embedded.intake import Encoding, Intake
from harness.embedded.recording import Recording, TooLong, open_recording
from harness.embedded.stream import Result

SERVICE: Final = "nvidia.riva.asr.RivaSpeechRecognition"
LANGUAGE: Final = "en-US"
Kind = Literal["online", "offline"]
MODELS: Final[dict[Kind, str]] = {
    "online": "moonshine-tiny-en-embedded",
    "offline": "moonshine-tiny-en-embedded-offline",  # two names: Riva's are unique, and clients ask for one by name
}
MODEL: Final = MODELS["online"]
_ENCODINGS: Final[dict[int, Encoding]] = {
    audio.ENCODING_UNSPECIFIED: "pcm16",  # NVIDIA's scripts send 0 and a RIFF header in the audio
    audio.LINEAR_PCM: "pcm16",
    audio.FLAC: "flac",
    audio.MULAW: "mulaw",
    audio.ALAW: "alaw",
}


class Refusal(Exception):  # noqa: N818  it is an answer to the client, not a fault of ours
    """A call ends here with a gRPC status that tells the client why."""

    def __init__(self, code: grpc.StatusCode, text: str) -> None:
        super().__init__(text)
        self.code = code
        self.text = text


def invalid(text: str) -> Refusal:
    return Refusal(grpc.StatusCode.INVALID_ARGUMENT, f"Error: {text}")


def exhausted(text: str) -> Refusal:
    return Refusal(grpc.StatusCode.RESOURCE_EXHAUSTED, f"Error: {text}")


def refusal_of(error: ValueError) -> Refusal:
    """What to tell the client whose audio cannot be read, or is more than this server takes."""
    return exhausted(str(error)) if isinstance(error, TooLong) else invalid(str(error))


def check_key(metadata: Iterable[tuple[str, str | bytes]], api_key: str | None) -> None:
    """Refusal, in the words of NVIDIA's hosted Riva, unless the metadata hold `authorization: Bearer <api_key>`.

    Over TLS NVIDIA's clients send every pair twice. What else they send, such as `function-id`, is no credential.
    """
    if api_key is None:
        return
    bearers = [_text(value).removeprefix("Bearer ") for key, value in metadata if _is_bearer(key, value)]
    if not bearers:
        raise Refusal(grpc.StatusCode.UNAUTHENTICATED, "no authorization was passed in the metadata")
    if not all(hmac.compare_digest(bearer.encode(), api_key.encode()) for bearer in bearers):
        raise Refusal(grpc.StatusCode.UNAUTHENTICATED, "invalid response from UAM")


def intake_of(config: Any) -> Intake:
    """How to read the audio a stream's RecognitionConfig announces; Refusal where this server cannot."""
    _check_config(config)
    try:
        return Intake(_ENCODINGS[config.encoding], config.sample_rate_hertz)
    except ValueError as error:
        raise refusal_of(error) from error


def recording_of(request: Any) -> Recording:
    """How to read the file of a RecognizeRequest; Refusal for a config, ValueError for audio that it cannot."""
    _check_config(request.config)
    return open_recording(request.audio, _ENCODINGS[request.config.encoding], request.config.sample_rate_hertz)


def check_model(config: Any, kind: Kind) -> None:
    """Refusal in Riva's own words unless the config names this model and language, or leaves them open."""
    if config.model not in ("", MODELS[kind]) or config.language_code.lower() not in ("", "en", LANGUAGE.lower()):
        raise invalid(f"Unavailable model requested. Lang: {config.language_code}, Type: {kind}")


def response_of(result: Result, *, with_words: bool) -> Any:
    """One StreamingRecognizeResponse."""
    recognised = asr.StreamingRecognitionResult(
        alternatives=[_alternative(result, with_words=with_words)],
        is_final=result.is_final,
        stability=result.stability,
        channel_tag=1,
        audio_processed=result.audio_ms / 1000,
    )
    return asr.StreamingRecognizeResponse(results=[recognised])


def file_response_of(results: Iterable[Result], *, with_words: bool) -> Any:
    """The RecognizeResponse of a whole file, a result for each utterance.

    One alternative each, however many `max_alternatives` asks for: greedy decoding knows no second best.
    """
    response = asr.RecognizeResponse()
    for result in results:
        response.results.add(
            alternatives=[_alternative(result, with_words=with_words)],
            channel_tag=1,
            audio_processed=result.audio_ms / 1000,
        )
    return response


def models_response(model_name: str, parameters: dict[str, str]) -> Any:
    """The list of models; NVIDIA's C++ client crashes where `type` or `language_code` is missing."""
    response = asr.RivaSpeechRecognitionConfigResponse()
    for kind, name in MODELS.items():
        if model_name in ("", name):
            response.model_config.add(
                model_name=name, parameters={"type": kind, "language_code": LANGUAGE, **parameters}
            )
    return response


def _alternative(result: Result, *, with_words: bool) -> Any:
    """A transcript ends with a space, so that clients may join what they get."""
    alternative = asr.SpeechRecognitionAlternative(
        transcript=f"{result.text} ", confidence=result.confidence, language_code=[LANGUAGE]
    )
    if with_words:
        alternative.words.extend(
            asr.WordInfo(word=word.word, start_time=word.start_ms, end_time=word.end_ms, confidence=result.confidence)
            for word in result.words
        )
    return alternative


def _check_config(config: Any) -> None:
    if config.encoding not in _ENCODINGS:
        raise invalid(f"encoding {_name(config)} is not supported (LINEAR_PCM, FLAC, MULAW and ALAW are)")
    if config.audio_channel_count > 1:
        raise invalid(f"{config.audio_channel_count} channels are not supported (one is)")


def _name(config: Any) -> str:
    known = dict(map(reversed, audio.AudioEncoding.items()))
    return str(known.get(config.encoding, config.encoding))


def _is_bearer(key: str, value: str | bytes) -> bool:
    return key == "authorization" and _text(value).startswith("Bearer ")


def _text(value: str | bytes) -> str:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else value
