"""NVIDIA's own Python client, unmodified, against the embedded server on a real port."""

from __future__ import annotations

import io
import json
import re
import threading
import wave
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import grpc
import pytest
import riva.client
from riva.client.proto import riva_asr_pb2 as asr

from harness import pcm
from harness.embedded.stack import start_stack

ROOT = Path(__file__).resolve().parents[2]
CLIP, SAID = "clean-tt-weasels", "weasels have eaten our phone system"
CHUNK = 3200


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[riva.client.ASRService]:
    pytest.importorskip("onnxruntime", reason="the optional extra `embedded` is not installed")
    with start_stack(log_dir=tmp_path_factory.mktemp("logs"), gateway=False, max_streams=2) as stack:
        auth = riva.client.Auth(uri=stack.endpoints["riva"])
        yield riva.client.ASRService(auth)
        auth.channel.close()


def clip(rate_hz: int) -> bytes:
    golden = json.loads((ROOT / "golden" / f"{CLIP}.json").read_text(encoding="utf-8"))
    return pcm.read_pcm16(ROOT / golden["audio"][str(rate_hz)]["path"])[0]


def wav(rate_hz: int, extra: bytes = b"") -> bytes:
    """A .wav file's bytes; `extra` is a chunk between the format and the data, as ffmpeg writes one."""
    file = io.BytesIO()
    with wave.open(file, "wb") as writer:
        writer.setparams((1, 2, rate_hz, 0, "NONE", ""))
        writer.writeframes(clip(rate_hz))
    data = file.getvalue()
    return data[:36] + extra + data[36:]


def chunks(data: bytes) -> list[bytes]:
    return [data[at : at + CHUNK] for at in range(0, len(data), CHUNK)]


def config(interim: bool = True, **fields: Any) -> riva.client.StreamingRecognitionConfig:
    recognition = riva.client.RecognitionConfig(max_alternatives=1, verbatim_transcripts=True, **fields)
    return riva.client.StreamingRecognitionConfig(config=recognition, interim_results=interim)


def results(service: riva.client.ASRService, data: bytes, wanted: riva.client.StreamingRecognitionConfig) -> list[Any]:
    responses = service.streaming_response_generator(audio_chunks=chunks(data), streaming_config=wanted)
    return [result for response in responses for result in response.results]


def text(found: list[Any]) -> str:
    """What NVIDIA's scripts print: the finals' transcripts, joined as they are."""
    transcript = "".join(result.alternatives[0].transcript for result in found if result.is_final)
    assert transcript.endswith(" ")
    return re.sub(r"[^a-z' ]", "", transcript.lower()).strip()


@pytest.mark.parametrize("rate_hz", [16_000, 8_000])
@pytest.mark.parametrize(
    "extra", [b"", b"LIST\x1a\0\0\0INFOISFT\x0e\0\0\0Lavf59.27.100\0"], ids=["plain", "list-chunk"]
)
def test_a_wav_files_raw_bytes_are_recognised(service: riva.client.ASRService, rate_hz: int, extra: bytes) -> None:
    """transcribe_file.py: encoding and rate 0, the RIFF header in the first chunk, no language."""
    assert text(results(service, wav(rate_hz, extra), config())) == SAID


def test_a_header_behind_a_declared_encoding_is_recognised_too(service: riva.client.ASRService) -> None:
    """The C++ client declares encoding and rate and sends the header all the same."""
    assert (
        text(results(service, wav(16_000), config(encoding=1, sample_rate_hertz=16_000, audio_channel_count=1))) == SAID
    )


def test_a_headerless_microphone_is_recognised(service: riva.client.ASRService) -> None:
    """transcribe_mic.py: LINEAR_PCM as declared."""
    assert (
        text(results(service, clip(16_000), config(encoding=1, sample_rate_hertz=16_000, language_code="en-US")))
        == SAID
    )


def test_telephone_mulaw_is_recognised(service: riva.client.ASRService) -> None:
    """MULAW at 8 kHz without a header."""
    law = pcm.mulaw_encode(clip(8_000))
    assert (
        text(results(service, law, config(encoding=riva.client.AudioEncoding.MULAW, sample_rate_hertz=8_000))) == SAID
    )


def test_words_come_with_finals_when_asked_for(service: riva.client.ASRService) -> None:
    """--word-time-offsets: rising milliseconds within the clip, on finals only."""
    found = results(service, wav(16_000), config(enable_word_time_offsets=True))
    (final,) = [result for result in found if result.is_final]
    words = final.alternatives[0].words
    assert [word.word for word in words] == final.alternatives[0].transcript.split()
    times = [time for word in words for time in (word.start_time, word.end_time)]
    assert times == sorted(times)
    assert 0 < times[0] < times[-1] < 1000 * len(clip(16_000)) / 32_000
    assert not any(result.alternatives[0].words for result in found if not result.is_final)


def test_without_interim_results_only_finals_come(service: riva.client.ASRService) -> None:
    """interim_results false is honoured."""
    assert {result.is_final for result in results(service, wav(16_000), config(interim=False))} == {True}


def test_a_response_a_client_library_prints_whole(
    service: riva.client.ASRService, capsys: pytest.CaptureFixture[str]
) -> None:
    """print_streaming, the function behind NVIDIA's scripts, shows the transcript."""
    responses = service.streaming_response_generator(audio_chunks=chunks(wav(16_000)), streaming_config=config())
    riva.client.print_streaming(responses=responses, show_intermediate=False)
    assert "## Weasels have" in capsys.readouterr().out


def test_the_model_list_names_itself(service: riva.client.ASRService) -> None:
    """--list-models: an online en-US model that nobody can mistake for Parakeet, with its weights' digest."""
    response = service.stub.GetRivaSpeechRecognitionConfig(asr.RivaSpeechRecognitionConfigRequest())
    (model,) = response.model_config
    assert model.model_name == "moonshine-tiny-en-embedded"
    parameters = dict(model.parameters)
    assert (parameters["type"], parameters["language_code"]) == ("online", "en-US")
    assert parameters["sample_rates"] == "8000,16000"
    assert re.fullmatch("[0-9a-f]{64}", parameters["weights_sha256"])


@pytest.mark.parametrize("wanted", [{"language_code": "ru-RU"}, {"language_code": "ru-RU", "model": "parakeet"}])
def test_a_model_it_does_not_have_is_refused_in_rivas_words(
    service: riva.client.ASRService, wanted: dict[str, str]
) -> None:
    """The code and the text that NVIDIA's tests assert."""
    with pytest.raises(grpc.RpcError) as error:
        results(service, wav(16_000), config(**wanted))
    assert error.value.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert error.value.details() == "Error: Unavailable model requested. Lang: ru-RU, Type: online"


def test_more_streams_than_places_are_refused_and_do_not_disturb_the_others(service: riva.client.ASRService) -> None:
    """Two of two places are taken; the third is told RESOURCE_EXHAUSTED at once; the two are served."""
    release = threading.Event()
    streams = [service.streaming_response_generator(held(release), streaming_config=config()) for _ in range(2)]
    begun = [next(stream) for stream in streams]
    with pytest.raises(grpc.RpcError) as error:
        results(service, wav(16_000), config())
    assert error.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
    release.set()
    for first, rest in zip(begun, streams, strict=True):
        assert text([result for response in (first, *rest) for result in response.results]) == SAID


def held(release: threading.Event) -> Iterator[bytes]:
    """The clip's chunks, the last ten only when they are released."""
    data = chunks(wav(16_000))
    yield from data[:-10]
    assert release.wait(30)
    yield from data[-10:]
