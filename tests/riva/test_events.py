"""Events as the contract's JSON."""

from __future__ import annotations

import json

from harness.riva.convert import RivaFinal, RivaPartial, RivaWord
from harness.riva.events import FinalEvent, PartialEvent, event_of
from harness.wire.codec import decode_server
from harness.wire.messages import Partial, Transcription, Word


def test_a_partial_is_the_contracts_partial():
    """Type, segment, text and is_final, and a timestamp where one is given."""
    event = event_of(RivaPartial(text="a b", stability=0.5), 3)
    assert event == PartialEvent(segment_id=3, text="a b", stability=0.5)
    assert event.as_message() == {"type": "partial", "segment_id": 3, "text": "a b", "is_final": False}
    assert decode_server(json.dumps(event.as_message(timestamp="t"))) == Partial(
        segment_id=3, text="a b", timestamp="t"
    )


def test_a_final_is_the_contracts_transcription():
    """Words in seconds, confidence, and how far into the audio it is."""
    word = RivaWord(text="a", start_ms=80, end_ms=400, confidence=0.25)
    event = event_of(RivaFinal(text="a", words=(word,), confidence=0.5, audio_processed_s=1.25), 0)
    assert isinstance(event, FinalEvent)
    message = event.as_message()
    assert (message["is_final"], message["words"][0]["start"]) == (True, 0.08)
    assert decode_server(json.dumps(message)) == Transcription(
        segment_id=0,
        text="a",
        words=(Word(word="a", start_s=0.08, end_s=0.4, confidence=0.25),),
        confidence=0.5,
        audio_end_s=1.25,
    )
