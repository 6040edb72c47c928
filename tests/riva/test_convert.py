"""Plain values <-> NVIDIA's protobuf messages, with the real messages."""

from __future__ import annotations

from riva.client.proto import riva_asr_pb2, riva_audio_pb2

from harness.riva.convert import (
    HOTWORD_BOOST,
    Recognition,
    RivaFinal,
    RivaModel,
    RivaPartial,
    RivaWord,
    audio_request,
    config_request,
    events_of,
    models_of,
)


def test_a_request_reaches_riva_whole():
    """Every field of Recognition stands in the first message."""
    ask = Recognition(
        sample_rate_hz=8000,
        language_code="de-DE",
        model="parakeet",
        interim_results=False,
        word_time_offsets=False,
        automatic_punctuation=False,
        hotwords=("alpha", "beta"),
    )
    streaming = config_request(ask).streaming_config
    config = streaming.config
    assert not streaming.interim_results
    assert (config.encoding, config.sample_rate_hertz, config.audio_channel_count) == (
        riva_audio_pb2.LINEAR_PCM,
        8000,
        1,
    )
    assert (config.language_code, config.model, config.max_alternatives) == ("de-DE", "parakeet", 1)
    assert not config.enable_word_time_offsets
    assert not config.enable_automatic_punctuation
    assert config.verbatim_transcripts
    assert [(list(context.phrases), context.boost) for context in config.speech_contexts] == [
        (["alpha", "beta"], HOTWORD_BOOST)
    ]


def test_what_is_not_asked_is_left_to_riva():
    """Without a model the field stays empty, without hotwords there is no context."""
    config = config_request(Recognition(sample_rate_hz=16000)).streaming_config.config
    assert config.model == ""
    assert not config.speech_contexts
    assert config.enable_word_time_offsets


def test_audio_goes_as_it_is():
    """A later message holds audio and no configuration."""
    request = audio_request(b"\x01\x02")
    assert request.audio_content == b"\x01\x02"
    assert not request.HasField("streaming_config")


def test_stable_and_unstable_parts_are_one_partial(double):
    """A hypothesis in several results is joined as it is spaced, and is as stable as its least stable part."""
    response = double.interim("the quick ", "brow")
    response.results[1].stability = 0.125
    response.results[1].audio_processed = 1.5
    assert list(events_of(response)) == [RivaPartial(text="the quick brow", stability=0.125, audio_processed_s=1.5)]


def test_a_final_has_its_words_and_times(double):
    """Words keep their milliseconds; Riva's trailing space goes."""
    response = double.final("hello there ", ("hello", 80, 400), ("there", 480, 900), processed_s=1.25)
    assert list(events_of(response)) == [
        RivaFinal(
            text="hello there",
            words=(
                RivaWord(text="hello", start_ms=80, end_ms=400, confidence=0.25),
                RivaWord(text="there", start_ms=480, end_ms=900, confidence=0.25),
            ),
            confidence=0.5,
            audio_processed_s=1.25,
        )
    ]


def test_order_within_a_response_is_kept(double):
    """Finals come one by one, interim results before and after them are partials of their own."""
    response = double.interim("a ", "b")
    response.MergeFrom(double.final("ab"))
    response.MergeFrom(double.interim("c ", "d"))
    response.MergeFrom(double.interim("e"))
    assert [(type(event), event.text) for event in events_of(response)] == [
        (RivaPartial, "a b"),
        (RivaFinal, "ab"),
        (RivaPartial, "c de"),
    ]


def test_results_without_words_are_passed_over():
    """An empty response and a result that carries only pipeline states say nothing."""
    response = riva_asr_pb2.StreamingRecognizeResponse()
    assert list(events_of(response)) == []
    response.results.add().pipeline_states.vad_probabilities.append(0.5)
    assert list(events_of(response)) == []


def test_an_empty_final_is_still_a_final(double):
    """It takes back the partials before it; what proto3 cannot tell from zero is None."""
    response = double.final("")
    response.results[0].alternatives[0].confidence = 0
    assert list(events_of(response)) == [RivaFinal(text="")]


def test_floats_are_shown_as_they_were_meant(double):
    """Riva's 32-bit 4.4 is 4.4, not 4.400000095367432."""
    response = double.final("a ", processed_s=4.4)
    response.results[0].alternatives[0].confidence = 0.93
    (event,) = events_of(response)
    assert (event.audio_processed_s, event.confidence) == (4.4, 0.93)


def test_models_are_listed_with_their_parameters():
    """ "online" is Riva's word for streaming."""
    response = riva_asr_pb2.RivaSpeechRecognitionConfigResponse()
    response.model_config.add(model_name="m", parameters={"type": "online", "sample_rate": "16000"})
    response.model_config.add(model_name="n", parameters={"type": "offline"})
    models = models_of(response)
    assert models[0] == RivaModel(name="m", parameters={"type": "online", "sample_rate": "16000"})
    assert [model.streaming for model in models] == [True, False]
