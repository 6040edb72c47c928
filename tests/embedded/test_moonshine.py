from __future__ import annotations

import re
from typing import Any

import numpy as np

from harness.embedded.recogniser import Recogniser

CLIP, SAID = "clean-tt-weasels", "weasels have eaten our phone system"


def plain(text: str) -> str:
    return re.sub(r"[^a-z' ]", "", text.lower())


def test_human_speech_becomes_its_text(recogniser: Recogniser, speech: Any) -> None:
    """The real weights recognise a golden clip, and are sure of it."""
    found = recogniser.moonshine.transcribe(speech(CLIP).samples)
    assert plain(recogniser.tokenizer.text(found.tokens)) == SAID
    assert 0.8 < found.confidence <= 1.0


def test_any_draft_leads_to_the_same_words(recogniser: Recogniser, speech: Any) -> None:
    """A draft that is right, begun, wrong or nonsense saves time or does not; the text is greedy decoding's own."""
    samples = speech(CLIP).samples
    tokens = recogniser.moonshine.transcribe(samples).tokens
    for draft in (tokens, tokens[:3], (*tokens, 500, 501), (900, 901), (*tokens[:2], 700, *tokens[2:])):
        found = recogniser.moonshine.transcribe(samples, draft)
        assert plain(recogniser.tokenizer.text(found.tokens)) == SAID


def test_hypotheses_are_bounded(recogniser: Recogniser) -> None:
    """Noise of one second cannot make more than 6 + 6.5 tokens, whatever the draft says."""
    noise = np.random.default_rng(3).normal(0, 0.1, 16_000).astype(np.float32)
    assert len(recogniser.moonshine.transcribe(noise, tuple(range(300, 400))).tokens) <= 12


def test_very_short_audio_is_decodable(recogniser: Recogniser) -> None:
    """The first decoding of a stream may have less audio than the encoder's first layer wants."""
    assert recogniser.moonshine.transcribe(np.zeros(10, dtype=np.float32)).confidence <= 1.0
