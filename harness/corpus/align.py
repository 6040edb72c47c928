"""When each word is spoken: forced alignment with PocketSphinx and its US English model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from harness.corpus.levels import to_pcm16
from harness.errors import CorpusError

RATE_HZ = 16_000
FRAME_MS = 10.0
# The search needs silence at both ends. Digital silence beats noise: with noise of -60 dBFS the last word swallows it.
BEFORE_MS, AFTER_MS = 300, 600
# The default beams lose the path on some recordings; these never did. The second search, over the lattice, drops words.
SEARCH: dict[str, float | bool] = {"beam": 1e-120, "wbeam": 1e-100, "pbeam": 1e-120, "bestpath": False}
# A 25 ms window that speech only touches counts as speech. Against the exact times of 33 synthetic sentences (three
# voices) words after silence started 22 ms early and words before silence ended 17 ms late (medians).
EARLY_MS, LATE_MS = 20.0, 15.0
SHORTEST_MS = 30.0
REMEDY = "correct the text, or give the word's phones under `pronounce` in fixtures/clips.yaml"

Timed = tuple[tuple[str, float, float], ...]


def align(samples: np.ndarray, words: Sequence[str], pronounce: Mapping[str, str], where: str) -> Timed:
    """(word, start_ms, end_ms) of each word in float samples at 16 kHz.

    A fresh decoder each time: it carries its noise estimate from one utterance to the next, and times would then
    depend on the order of the clips. Raises CorpusError where a word is unknown or the text does not fit the audio.
    """
    from pocketsphinx import Decoder  # noqa: PLC0415  only a rebuild needs it

    decoder = Decoder(lm=None, loglevel="FATAL", **SEARCH)
    for word, phones in pronounce.items():
        if decoder.lookup_word(word) is None:
            decoder.add_word(word, phones, True)
    unknown = [word for word in words if decoder.lookup_word(word) is None]
    if unknown:
        raise CorpusError(where, f"the dictionary lacks {', '.join(sorted(set(unknown)))}", REMEDY)
    decoder.set_align_text(" ".join(words))
    decoder.start_utt()
    silence = np.zeros(RATE_HZ // 1000)
    padded = np.concatenate([np.tile(silence, BEFORE_MS), samples, np.tile(silence, AFTER_MS)])
    decoder.process_raw(to_pcm16(padded).tobytes(), full_utt=True)
    decoder.end_utt()
    found = [(s.word.split("(")[0], s.start_frame, s.end_frame + 1) for s in decoder.seg() or ()]
    return timed(found, words, where)


def timed(found: Sequence[tuple[str, int, int]], words: Sequence[str], where: str) -> Timed:
    """Aligned frames (word, first, one after the last), fillers like <sil> among them, as corrected times in ms."""
    spoken = [i for i, (word, _, _) in enumerate(found) if not word.startswith(("<", "["))]
    if [found[i][0] for i in spoken] != list(words):
        raise CorpusError(where, "the text cannot be aligned with the audio", REMEDY)
    return tuple(_one(found, i, after=i - 1 not in spoken, before=i + 1 not in spoken) for i in spoken)


def _one(found: Sequence[tuple[str, int, int]], index: int, *, after: bool, before: bool) -> tuple[str, float, float]:
    """One word's time; `after` and `before` say whether silence lies on that side."""
    word, first, end = found[index]
    start_ms, end_ms = first * FRAME_MS - BEFORE_MS, end * FRAME_MS - BEFORE_MS
    spare = max(0.0, end_ms - start_ms - SHORTEST_MS)
    scale = min(1.0, spare / (EARLY_MS + LATE_MS))
    return word, start_ms + EARLY_MS * scale * after, end_ms - LATE_MS * scale * before
