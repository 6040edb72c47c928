"""A take: its speech cut out of the recording, and when each word is spoken."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np

from harness.corpus.align import Timed, align
from harness.corpus.edges import find_edges
from harness.corpus.flite import synthesise
from harness.corpus.levels import to_pcm16
from harness.corpus.recipes import Recipes, Take
from harness.corpus.sources import checked_path, load_source
from harness.corpus.words import words_of
from harness.errors import CorpusError

RATE_HZ = 16_000
BEFORE_MS, AFTER_MS = 100, 250  # of the recording itself, kept around the speech


def at(ms: float) -> int:
    """The sample at a time."""
    return round(ms * RATE_HZ / 1000)


def cut_of(take: Take, recipes: Recipes) -> np.ndarray:
    """A take's samples from 100 ms before its speech to 250 ms after, as far as the recording reaches."""
    samples = _whole(take, recipes)
    start, stop = _bounds(samples, take)
    return samples[start:stop]


def digest_of(take: Take, recipes: Recipes) -> str:
    """What tells one cut of a recording from another."""
    return hashlib.sha256(to_pcm16(cut_of(take, recipes)).tobytes()).hexdigest()


def words_in(take: Take, recipes: Recipes) -> Timed:
    """(word, start_ms, end_ms) in `cut_of` the same take: exact for synthetic speech, else by forced alignment."""
    where = f"fixtures/clips.yaml: {take.id}"
    source = recipes.sources[take.source]
    if source.speech != "synthetic":
        return align(cut_of(take, recipes), words_of(take.text), take.pronounce, where)
    samples, exact = synthesise(Path(source.path), take.text)
    if tuple(word for word, _, _ in exact) != words_of(take.text):
        raise CorpusError(where, "the voice says other words than the text has", "write every word out")
    before_ms = _bounds(samples, take)[0] * 1000 / RATE_HZ
    return tuple((word, start - before_ms, end - before_ms) for word, start, end in exact)


def _whole(take: Take, recipes: Recipes) -> np.ndarray:
    source = recipes.sources[take.source]
    if source.speech == "synthetic":
        return synthesise(checked_path(source, recipes.origins[source.origin]), take.text)[0]
    samples = load_source(source, recipes.origins[source.origin])
    return samples if take.cut_s is None else samples[at(take.cut_s[0] * 1000) : at(take.cut_s[1] * 1000)]


def _bounds(samples: np.ndarray, take: Take) -> tuple[int, int]:
    edges = find_edges(samples, RATE_HZ)
    if edges is None:
        raise CorpusError(f"fixtures/clips.yaml: {take.id}", "there is no speech in it", "cut elsewhere")
    return max(0, at(edges.onset_ms - BEFORE_MS)), min(len(samples), at(edges.offset_ms + AFTER_MS))
