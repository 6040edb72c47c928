"""When the words of a user's clip are spoken: aligned where PocketSphinx is installed, else estimated by energy."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.util import find_spec

import numpy as np

from harness.corpus.align import RATE_HZ, Timed, align
from harness.corpus.edges import Edges
from harness.corpus.takes import AFTER_MS, BEFORE_MS
from harness.corpus.transcript import letters_in
from harness.errors import CorpusError

AGREE_MS = 60.0  # word times and energy edges further apart than this carry no latency objective
ALIGNED = "word times by forced alignment"
SPREAD = "word times spread by letters between the energy edges"
INSTALL = "pip install '.[corpus]' and add the clip again with --replace"


@dataclass(frozen=True, slots=True, kw_only=True)
class WordTimes:
    """Words in ms, whether latency may be judged by them, how they came about, and what the user should know."""

    words: Timed
    latency: bool
    how: str
    advice: str | None


def time_words(samples: np.ndarray, words: Sequence[str], edges: Edges, pronounce: Mapping[str, str]) -> WordTimes:
    """Float samples at 16 kHz. Never fails: what cannot be aligned is spread, and carries no latency objective."""
    if find_spec("pocketsphinx") is None:
        advice = f"Word times are estimates, so no latency objective reads this clip; for those, {INSTALL}."
        return WordTimes(words=spread(words, edges), latency=False, how=SPREAD, advice=advice)
    try:
        aligned = _aligned(samples, words, edges, pronounce)
    except (CorpusError, RuntimeError) as error:  # the decoder's own for phones that do not exist
        problem = error.problem if isinstance(error, CorpusError) else str(error)
        advice = (
            f"Word times are estimates, so no latency objective reads this clip: {problem}. Check that the text is "
            "what is said; for words the dictionary lacks give --pronounce 'riva=R IY V AH' and --replace."
        )
        return WordTimes(words=spread(words, edges), latency=False, how=SPREAD, advice=advice)
    apart = max(abs(aligned[0][1] - edges.onset_ms), abs(aligned[-1][2] - edges.offset_ms))
    advice = (
        f"Words and energy differ by {apart:.0f} ms at an end (limit {AGREE_MS:g}), so no latency objective reads this "
        "clip; for those, cut noise before the first and after the last word away and --replace it."
    )
    agree = apart <= AGREE_MS
    return WordTimes(words=aligned, latency=agree, how=ALIGNED, advice=None if agree else advice)


def spread(words: Sequence[str], edges: Edges) -> Timed:
    """From the first onset to the last offset, each word as long as it has letters."""
    ends = np.cumsum([0, *(max(1, letters_in(word)) for word in words)])
    at = edges.onset_ms + ends / ends[-1] * (edges.offset_ms - edges.onset_ms)
    return tuple((word, float(a), float(b)) for word, a, b in zip(words, at[:-1], at[1:], strict=True))


def _aligned(samples: np.ndarray, words: Sequence[str], edges: Edges, pronounce: Mapping[str, str]) -> Timed:
    """As the builder aligns: on the speech with little around it, because words swallow the noise of long pauses."""
    first = max(0, round((edges.onset_ms - BEFORE_MS) * RATE_HZ / 1000))
    last = min(len(samples), round((edges.offset_ms + AFTER_MS) * RATE_HZ / 1000))
    begin_ms, length_ms = first * 1000 / RATE_HZ, int((last - first) * 10_000 / RATE_HZ) / 10
    # The aligner pads with silence, into which the first and the last word may reach by a frame.
    timed = align(samples[first:last], words, pronounce, "alignment")
    kept = tuple((word, max(0.0, start), min(length_ms, end)) for word, start, end in timed)
    if any(end - start < 1.0 for _, start, end in kept):
        raise CorpusError("alignment", "the text cannot be aligned with the audio", "correct the text")
    return tuple((word, start + begin_ms, end + begin_ms) for word, start, end in kept)
