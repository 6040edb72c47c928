from __future__ import annotations

import grpc
import pytest
from riva.client.proto import riva_asr_pb2 as asr

from harness.embedded import protocol
from harness.embedded.protocol import Refusal
from harness.embedded.recording import TooLong
from harness.embedded.stream import Result
from harness.embedded.words import TimedWord

FINAL = Result(
    text="hello there",
    is_final=True,
    confidence=0.5,
    words=(TimedWord(word="hello", start_ms=100, end_ms=400), TimedWord(word="there", start_ms=400, end_ms=700)),
    audio_ms=1500,
)


def test_a_final_ends_with_a_space_and_says_how_much_was_heard() -> None:
    """Clients join transcripts as they are; audio_processed is in seconds."""
    (result,) = protocol.response_of(FINAL, with_words=False).results
    assert (result.is_final, result.channel_tag, result.audio_processed) == (True, 1, 1.5)
    (alternative,) = result.alternatives
    assert (alternative.transcript, alternative.confidence, list(alternative.language_code)) == (
        "hello there ",
        0.5,
        ["en-US"],
    )
    assert len(alternative.words) == 0


def test_word_times_are_whole_milliseconds_from_the_start_of_the_stream() -> None:
    """They are there when asked for."""
    (result,) = protocol.response_of(FINAL, with_words=True).results
    times = [(word.word, word.start_time, word.end_time) for word in result.alternatives[0].words]
    assert times == [("hello", 100, 400), ("there", 400, 700)]


def test_a_partial_carries_its_stability_and_no_words() -> None:
    """Riva gives words with finals only."""
    (result,) = protocol.response_of(Result(text="hel", is_final=False, stability=0.25), with_words=True).results
    assert (result.is_final, result.stability, len(result.alternatives[0].words)) == (False, 0.25, 0)


@pytest.mark.parametrize(
    ("model", "language"),
    [("", ""), ("", "en-US"), ("", "en-us"), ("", "en"), ("moonshine-tiny-en-embedded", "en-US")],
)
def test_this_model_and_language_may_be_named_or_left_open(model: str, language: str) -> None:
    """NVIDIA's client 2.27 sends an empty language."""
    protocol.check_model(asr.RecognitionConfig(model=model, language_code=language), "online")


@pytest.mark.parametrize("kind", ["online", "offline"])
@pytest.mark.parametrize(("model", "language"), [("", "ru-RU"), ("conformer_en_US_parakeet_rnnt", "ru-RU")])
def test_another_model_or_language_is_refused_in_rivas_words(model: str, language: str, kind: protocol.Kind) -> None:
    """The very text that NVIDIA's own tests look for; a Parakeet is never impersonated."""
    with pytest.raises(Refusal) as refused:
        protocol.check_model(asr.RecognitionConfig(model=model, language_code=language), kind)
    assert refused.value.code is grpc.StatusCode.INVALID_ARGUMENT
    assert refused.value.text == f"Error: Unavailable model requested. Lang: ru-RU, Type: {kind}"


@pytest.mark.parametrize(
    ("config", "problem"),
    [
        ({"encoding": 4}, "encoding OGGOPUS is not supported"),
        ({"encoding": 99}, "encoding 99 is not supported"),
        ({"encoding": 1, "sample_rate_hertz": 22_050}, "22050 Hz is not supported"),
        ({"encoding": 1, "sample_rate_hertz": 16_000, "audio_channel_count": 2}, "2 channels are not supported"),
    ],
)
def test_audio_this_server_cannot_read_is_refused_before_any_comes(config: dict[str, int], problem: str) -> None:
    """The config alone tells."""
    with pytest.raises(Refusal, match=problem):
        protocol.intake_of(asr.RecognitionConfig(**config))


def test_the_model_list_has_what_nvidias_clients_need() -> None:
    """`type` and `language_code`, whose absence crashes the C++ client; a filter by another name finds nothing."""
    online, offline = protocol.models_response("", {"server": "x 1"}).model_config
    assert online.model_name == "moonshine-tiny-en-embedded"
    assert dict(online.parameters) == {"type": "online", "language_code": "en-US", "server": "x 1"}
    assert offline.model_name == "moonshine-tiny-en-embedded-offline"
    assert dict(offline.parameters) == {"type": "offline", "language_code": "en-US", "server": "x 1"}
    assert [m.model_name for m in protocol.models_response(offline.model_name, {}).model_config] == [offline.model_name]
    assert len(protocol.models_response("parakeet", {}).model_config) == 0


def test_a_whole_files_response_has_a_result_for_each_utterance() -> None:
    """The same alternative as a stream's final, and how far the audio was heard."""
    response = protocol.file_response_of((FINAL, FINAL), with_words=True)
    assert [result.alternatives[0].transcript for result in response.results] == ["hello there "] * 2
    assert [len(result.alternatives[0].words) for result in response.results] == [2, 2]
    assert [(result.channel_tag, result.audio_processed) for result in response.results] == [(1, 1.5)] * 2


@pytest.mark.parametrize(
    ("config", "data", "problem"),
    [
        ({"encoding": 4}, b"OggS", "encoding OGGOPUS is not supported"),
        ({"audio_channel_count": 2}, b"RIFF", "2 channels are not supported"),
    ],
)
def test_a_file_this_server_cannot_read_is_refused(config: dict[str, int], data: bytes, problem: str) -> None:
    """Before any of it is heard."""
    request = asr.RecognizeRequest(config=asr.RecognitionConfig(**config), audio=data)
    with pytest.raises(Refusal, match=problem):
        protocol.recording_of(request)


def test_too_much_is_exhaustion_and_the_rest_is_the_callers_mistake() -> None:
    """What cannot be read is INVALID_ARGUMENT, what is more than one request may bring RESOURCE_EXHAUSTED."""
    assert protocol.refusal_of(TooLong()).code is grpc.StatusCode.RESOURCE_EXHAUSTED
    assert protocol.refusal_of(ValueError("x")).text == "Error: x"


@pytest.mark.parametrize(
    "metadata",
    [
        (("authorization", "Bearer k"),),
        (("function-id", "f"), ("authorization", "Bearer k"), ("authorization", "Bearer k")),
        (("authorization", b"Bearer k"),),
    ],
)
def test_the_key_opens_once_or_twice(metadata: tuple[tuple[str, str | bytes], ...]) -> None:
    """Over TLS NVIDIA's clients send each pair twice."""
    protocol.check_key(metadata, "k")
    protocol.check_key((), None)


@pytest.mark.parametrize(
    ("metadata", "text"),
    [
        ((), "no authorization was passed in the metadata"),
        ((("function-id", "k"),), "no authorization was passed in the metadata"),
        ((("authorization", "k"),), "no authorization was passed in the metadata"),
        ((("authorization", "Bearer "),), "invalid response from UAM"),
        ((("authorization", "Bearer é"),), "invalid response from UAM"),
        ((("authorization", "Bearer k"), ("authorization", "Bearer j")), "invalid response from UAM"),
    ],
)
def test_anything_else_is_unauthenticated(metadata: tuple[tuple[str, str], ...], text: str) -> None:
    """With the words of NVIDIA's hosted Riva, exactly."""
    with pytest.raises(Refusal) as refused:
        protocol.check_key(metadata, "k")
    assert (refused.value.code, refused.value.text) == (grpc.StatusCode.UNAUTHENTICATED, text)
