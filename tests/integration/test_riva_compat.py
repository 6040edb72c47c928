"""NVIDIA's own Python client, unmodified, against the embedded server on a real port."""

from __future__ import annotations

import io
import json
import re
import threading
import wave
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import grpc
import numpy as np
import pytest
import riva.client
import soundfile
from riva.client.proto import riva_asr_pb2 as asr
from support.authority import Authority, Pair
from support.riva import Riva, riva_process, tls

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
    """The clip as PCM16, from the fixture of that rate or, where there is none, resampled from 16 kHz."""
    golden = json.loads((ROOT / "golden" / f"{CLIP}.json").read_text(encoding="utf-8"))
    if str(rate_hz) in golden["audio"]:
        return pcm.read_pcm16(ROOT / golden["audio"][str(rate_hz)]["path"])[0]
    samples = np.frombuffer(clip(16_000), dtype="<i2")
    return pcm.resample(samples, 16_000, rate_hz).astype("<i2").tobytes()


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
    return plain(transcript)


def plain(transcript: str) -> str:
    """Lower-case words."""
    return re.sub(r"[^a-z' ]", "", transcript.lower()).strip()


@pytest.mark.parametrize("rate_hz", [8_000, 16_000, 44_100, 48_000])
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
    """--list-models: an online and an offline en-US model that nobody can mistake for Parakeet, with a digest."""
    response = service.stub.GetRivaSpeechRecognitionConfig(asr.RivaSpeechRecognitionConfigRequest())
    named = {model.parameters["type"]: model for model in response.model_config}
    assert {kind: model.model_name for kind, model in named.items()} == {
        "online": "moonshine-tiny-en-embedded",
        "offline": "moonshine-tiny-en-embedded-offline",
    }
    for model in named.values():
        assert model.parameters["language_code"] == "en-US"
        assert model.parameters["sample_rates"] == "8000,16000,44100,48000"
        assert re.fullmatch("[0-9a-f]{64}", model.parameters["weights_sha256"])


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


# --- transcribe_file.py and its like, from a real file


def test_a_file_is_streamed_as_the_script_does_it(
    service: riva.client.ASRService, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """--word-time-offsets: NVIDIA's own file iterator and printer, chunks of 1600 frames."""
    file = tmp_path / "clip.wav"
    file.write_bytes(wav(48_000))
    with riva.client.AudioChunkFileIterator(file, 1600) as pieces:
        riva.client.print_streaming(
            responses=service.streaming_response_generator(
                audio_chunks=pieces, streaming_config=config(enable_word_time_offsets=True)
            ),
            additional_info="time",
            word_time_offsets=True,
        )
    said = capsys.readouterr().out
    assert "Transcript 0: Weasels have" in said
    assert re.search(r"^Weasels +\d+ +\d+ +0\.\d{4} *$", said, re.MULTILINE)


# --- transcribe_file_offline.py


def flac(rate_hz: int, subtype: str = "PCM_16") -> bytes:
    file = io.BytesIO()
    soundfile.write(file, np.frombuffer(clip(rate_hz), dtype="<i2"), rate_hz, format="FLAC", subtype=subtype)
    return file.getvalue()


def law_wav(subtype: str) -> bytes:
    file = io.BytesIO()
    soundfile.write(file, np.frombuffer(clip(8_000), dtype="<i2"), 8_000, format="WAV", subtype=subtype)
    return file.getvalue()


ENCODING = riva.client.AudioEncoding
FILES: dict[str, tuple[Callable[[], bytes], dict[str, Any]]] = {
    "wav": (lambda: wav(16_000), {}),
    "wav with a list chunk": (lambda: wav(8_000, b"LIST\x04\0\0\0abcd"), {}),
    "wav at 44.1 kHz": (lambda: wav(44_100), {}),
    "mu-law wav": (lambda: law_wav("ULAW"), {}),
    "a-law wav": (lambda: law_wav("ALAW"), {}),
    "flac": (lambda: flac(16_000), {}),
    "flac as declared": (lambda: flac(8_000), {"encoding": ENCODING.FLAC, "sample_rate_hertz": 8_000}),
    "flac of 24 bits at 48 kHz": (lambda: flac(48_000, "PCM_24"), {}),
    "bare pcm": (lambda: clip(48_000), {"encoding": ENCODING.LINEAR_PCM, "sample_rate_hertz": 48_000}),
    "bare mu-law": (
        lambda: pcm.mulaw_encode(clip(8_000)),
        {"encoding": ENCODING.MULAW, "sample_rate_hertz": 8_000, "audio_channel_count": 1},
    ),
}


@pytest.mark.parametrize("declared", [0, ENCODING.FLAC], ids=["not declared", "as declared"])
def test_a_flac_file_is_streamed(service: riva.client.ASRService, declared: int) -> None:
    """transcribe_file.py with a FLAC: its header is in the first chunk, and its frames are cut anywhere."""
    assert text(results(service, flac(16_000), config(encoding=declared))) == SAID


def offline(service: riva.client.ASRService, data: bytes, **fields: Any) -> Any:
    recognition = riva.client.RecognitionConfig(max_alternatives=3, verbatim_transcripts=True, **fields)
    return service.offline_recognize(data, recognition)


def words_of(response: Any) -> str:
    return plain("".join(result.alternatives[0].transcript for result in response.results))


@pytest.mark.parametrize(("data", "fields"), FILES.values(), ids=FILES.keys())
def test_a_whole_file_is_recognised(
    service: riva.client.ASRService, data: Callable[[], bytes], fields: dict[str, Any]
) -> None:
    """Every encoding and rate that is served, by its own header or as declared; one alternative, no words."""
    response = offline(service, data(), **fields)
    assert words_of(response) == SAID
    (result,) = response.results
    assert (len(result.alternatives), len(result.alternatives[0].words), result.channel_tag) == (1, 0, 1)
    assert 3 < result.audio_processed <= len(clip(16_000)) / 32_000 + 0.1


def test_a_whole_files_words_have_times(service: riva.client.ASRService) -> None:
    """--word-time-offsets; the second sentence's lie behind the first's."""
    response = offline(service, wav_of(clip(16_000) * 2), enable_word_time_offsets=True)
    assert words_of(response) == f"{SAID} {SAID}"
    assert len(response.results) == 2
    words = [word for result in response.results for word in result.alternatives[0].words]
    times = [time for word in words for time in (word.start_time, word.end_time)]
    assert times == sorted(times)
    assert times[len(times) // 2] > len(clip(16_000)) / 32


def wav_of(data: bytes) -> bytes:
    file = io.BytesIO()
    with wave.open(file, "wb") as writer:
        writer.setparams((1, 2, 16_000, 0, "NONE", ""))
        writer.writeframes(data)
    return file.getvalue()


def test_the_offline_script_prints_the_transcript(
    service: riva.client.ASRService, capsys: pytest.CaptureFixture[str]
) -> None:
    """print_offline: the message as JSON, then the transcripts joined as they are."""
    riva.client.print_offline(response=offline(service, wav(16_000)))
    said = capsys.readouterr().out
    assert "Final transcript: Weasels have" in said
    assert '"channelTag": 1' in said


@pytest.mark.parametrize(
    ("data", "fields", "code", "text"),
    [
        (
            wav,
            {"language_code": "ru-RU"},
            "INVALID_ARGUMENT",
            "Unavailable model requested. Lang: ru-RU, Type: offline",
        ),
        (clip, {}, "INVALID_ARGUMENT", "does not begin with a RIFF header"),
        (lambda _: b"", {}, "INVALID_ARGUMENT", "no audio"),
        (lambda _: bytes(65 * 2**20), {}, "RESOURCE_EXHAUSTED", "larger than max"),
    ],
    ids=["language", "undeclared", "nothing", "too large"],
)
def test_a_file_that_cannot_be_recognised_is_told_why(
    service: riva.client.ASRService, data: Callable[[int], bytes], fields: dict[str, str], code: str, text: str
) -> None:
    """The offline script prints exactly these details."""
    with pytest.raises(grpc.RpcError) as error:
        offline(service, data(16_000), **fields)
    assert error.value.code() is grpc.StatusCode[code]
    assert text in error.value.details()


# --- --use-ssl, --ssl-root-cert, --ssl-client-cert, --ssl-client-key, --metadata

KEY = "a-key-that-only-this-test-knows"


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture(scope="module")
def secured(authority: Authority, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Riva]:
    """TLS, and an API key."""
    flags = (*tls(authority.issue("server")), "--api-key-env", "THE_KEY")
    log = tmp_path_factory.mktemp("secured") / "log"
    with riva_process(log, *flags, env={"THE_KEY": KEY}) as server:
        yield server


@pytest.fixture(scope="module")
def mutual(authority: Authority, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Riva]:
    """TLS that asks for the client's certificate."""
    flags = tls(authority.issue("mutual"), "--tls-client-ca", authority.cert)
    with riva_process(tmp_path_factory.mktemp("mutual") / "log", *flags) as server:
        yield server


def both_ways(auth: riva.client.Auth) -> tuple[str, str]:
    """What a stream and a whole file make of the clip; the channel is closed."""
    service = riva.client.ASRService(auth)
    try:
        return text(results(service, wav(16_000), config())), words_of(offline(service, wav(16_000)))
    finally:
        auth.channel.close()


def refused(auth: riva.client.Auth) -> tuple[str, str]:
    """How a stream and a whole file end, by their status, and what is said to the latter."""
    service = riva.client.ASRService(auth)
    with pytest.raises(grpc.RpcError) as streaming:
        results(service, wav(16_000), config())
    with pytest.raises(grpc.RpcError) as file:
        offline(service, wav(16_000))
    auth.channel.close()
    assert streaming.value.code() is file.value.code()
    assert streaming.value.details() == file.value.details()
    return file.value.code().name, file.value.details()


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1"])
def test_tls_and_the_key_let_a_client_in(secured: Riva, authority: Authority, host: str) -> None:
    """Over TLS every pair of metadata arrives twice, and hosted Rivas are sent a function-id as well."""
    metadata = [["authorization", f"Bearer {KEY}"], ["function-id", "7f3a"]]
    auth = riva.client.Auth(ssl_root_cert=authority.cert, uri=f"{host}:{secured.port}", metadata_args=metadata)
    assert both_ways(auth) == (SAID, SAID)


@pytest.mark.parametrize(
    ("metadata", "details"),
    [
        ([], "no authorization was passed in the metadata"),
        ([["function-id", "7f3a"]], "no authorization was passed in the metadata"),
        ([["authorization", KEY]], "no authorization was passed in the metadata"),
        ([["authorization", "Bearer another"]], "invalid response from UAM"),
    ],
    ids=["nothing", "function-id", "no bearer", "another key"],
)
def test_without_the_key_nothing_is_recognised(
    secured: Riva, authority: Authority, metadata: list[list[str]], details: str
) -> None:
    """UNAUTHENTICATED, with the words of NVIDIA's hosted Riva; a function-id is no credential."""
    uri = f"localhost:{secured.port}"
    auth = riva.client.Auth(ssl_root_cert=authority.cert, uri=uri, metadata_args=metadata)
    assert refused(auth) == ("UNAUTHENTICATED", details)


def test_models_are_listed_without_a_key_and_no_key_is_logged(secured: Riva, authority: Authority) -> None:
    """--list-models sends no metadata of its own."""
    auth = riva.client.Auth(ssl_root_cert=authority.cert, uri=f"localhost:{secured.port}")
    response = riva.client.ASRService(auth).stub.GetRivaSpeechRecognitionConfig(
        asr.RivaSpeechRecognitionConfigRequest()
    )
    auth.channel.close()
    assert len(response.model_config) == 2
    log = secured.log.read_text(encoding="utf-8")
    assert "listening" in log
    assert KEY not in log


def test_a_client_certificate_lets_a_client_in(mutual: Riva, authority: Authority) -> None:
    """Mutual TLS, as --ssl-client-cert and --ssl-client-key do it."""
    client = authority.issue("client")
    uri = f"localhost:{mutual.port}"
    auth = riva.client.Auth(authority.cert, True, uri, ssl_client_cert=client.cert, ssl_client_key=client.key)
    assert both_ways(auth) == (SAID, SAID)


def test_without_a_good_client_certificate_there_is_no_way_in(
    mutual: Riva, authority: Authority, tmp_path: Path
) -> None:
    """None at all, or one of another authority: UNAVAILABLE before any call."""
    stranger = Authority(tmp_path).issue("client")
    for pair in (None, stranger):
        files = {"ssl_client_cert": pair.cert, "ssl_client_key": pair.key} if isinstance(pair, Pair) else {}
        auth = riva.client.Auth(ssl_root_cert=authority.cert, uri=f"localhost:{mutual.port}", **files)
        assert refused_code(auth) == "UNAVAILABLE"


def refused_code(auth: riva.client.Auth) -> str:
    with pytest.raises(grpc.RpcError) as error:
        offline(riva.client.ASRService(auth), wav(16_000))
    auth.channel.close()
    return error.value.code().name
