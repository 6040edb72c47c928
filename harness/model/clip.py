"""A clip: audio with the words spoken in it, and when."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Word:
    """A reference word and the clip time in which it is spoken."""

    text: str
    start_ns: int
    end_ns: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Segment:
    """A run of reference words without a gap of 600 ms or more: indices into the clip's words, both inclusive."""

    first_word: int
    last_word: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Clip:
    """One recording at one sample rate. `path` is relative to the corpus root, then to the run's folder."""

    clip_id: str
    rate_hz: int
    path: str
    sha256: str
    condition: str
    source: str
    speaker: str
    speech: str  # human | synthetic | none
    duration_ns: int
    reference: str
    words: tuple[Word, ...]
    segments: tuple[Segment, ...]
    latency: bool = True  # word times agree with the energy edges: latency objectives apply
    binding: bool = True  # False: descriptive only, no objective reads it
    confirmed_by_ear: bool = False

    @property
    def key(self) -> str:
        """Unique in a corpus: the clip and its rate."""
        return f"{self.clip_id}@{self.rate_hz}"

    @property
    def has_speech(self) -> bool:
        return bool(self.words)

    def keys(self) -> dict[str, str]:
        """What objectives may slice by."""
        return {
            "clip": self.clip_id,
            "condition": self.condition,
            "rate": str(self.rate_hz),
            "source": self.source,
            "speaker": self.speaker,
            "speech": self.speech,
        }


SLICE_KEYS = ("clip", "condition", "rate", "source", "speaker", "speech")
