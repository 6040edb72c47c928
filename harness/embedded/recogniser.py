"""The models, loaded once and shared by all streams."""

from __future__ import annotations

from dataclasses import dataclass

from harness.embedded import weights
from harness.embedded.moonshine import Hypothesis, Moonshine
from harness.embedded.tokenizer import Tokenizer
from harness.embedded.vad import Silero
from harness.embedded.words import said


@dataclass(frozen=True, slots=True)
class Recogniser:
    """Ears for streams, and text for what they hear."""

    moonshine: Moonshine
    silero: Silero
    tokenizer: Tokenizer

    @classmethod
    def load(cls) -> Recogniser:
        """UsageError where the optional extra is missing."""
        weights.require_onnxruntime()
        return cls(
            Moonshine(weights.locate(weights.ENCODER), weights.locate(weights.DECODER)),
            Silero(weights.locate(weights.VAD)),
            Tokenizer.read(weights.locate(weights.TOKENIZER)),
        )

    def text(self, found: Hypothesis) -> str:
        """What was said, or nothing where the decoder answered noise."""
        return said(self.tokenizer.text(found.tokens))
