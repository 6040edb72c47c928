"""A recipe as samples, word times and edges."""

from __future__ import annotations

import zlib
from dataclasses import dataclass

import numpy as np

from harness.corpus import derive, levels
from harness.corpus.align import Timed
from harness.corpus.edges import Edges, find_edges
from harness.corpus.recipes import Noise, Recipe, Recipes
from harness.corpus.sources import load_source
from harness.corpus.takes import RATE_HZ, at, cut_of, words_in
from harness.errors import CorpusError

LEAD_MS, TAIL_MS = 300, 800  # tail: from the end of speech to the end of the clip
GAPS_MS = (100.0, 1000.0)  # long clips: between takes, beside what each take keeps of its own recording
FADE_MS = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Rendered:
    """Float samples at 16 kHz with words and edges in clip time."""

    samples: np.ndarray
    words: Timed
    edges: Edges | None


def render(recipe: Recipe, recipes: Recipes) -> Rendered:
    """A clip, without its last step (PCM16, telephone)."""
    spoken = speak(recipe, recipes) if recipe.takes else _silence(recipe)
    noise = recipe.noise
    if noise is None:
        return spoken
    under = _noise(noise, len(spoken.samples), recipes)
    if noise.snr_db is not None:
        samples = levels.mix(spoken.samples, under, RATE_HZ, noise.snr_db)
    elif noise.dbfs is not None:
        samples = levels.to_rms(under, noise.dbfs)
    else:
        raise CorpusError(f"fixtures/clips.yaml: {recipe.id}", "the noise has no level", "give snr_db or dbfs")
    return Rendered(samples=samples, words=spoken.words, edges=spoken.edges)


def speak(recipe: Recipe, recipes: Recipes) -> Rendered:
    """A recipe's takes, trimmed, levelled, one after the other and padded, at its tempo, without noise."""
    pieces = [_piece(recipe, name, recipes) for name in recipe.takes]
    starts_ms, length_ms = _layout(recipe, pieces)
    samples = np.zeros(at(length_ms))
    for start_ms, piece in zip(starts_ms, pieces, strict=True):
        samples[at(start_ms) : at(start_ms) + len(piece.samples)] += piece.samples
    words = tuple(
        (word, begin + start_ms, end + start_ms)
        for start_ms, piece in zip(starts_ms, pieces, strict=True)
        for word, begin, end in piece.words
    )
    first, last = _edges(pieces[0]), _edges(pieces[-1])
    edges = Edges(onset_ms=first.onset_ms + starts_ms[0], offset_ms=last.offset_ms + starts_ms[-1])
    return Rendered(samples=samples + _dither(len(samples), recipe.id), words=words, edges=edges)


def _piece(recipe: Recipe, take_id: str, recipes: Recipes) -> Rendered:
    """One take at speech level, faded at both ends so that it joins the dither without a step."""
    take = recipes.takes[take_id]
    samples, words = cut_of(take, recipes), words_in(take, recipes)
    if recipe.tempo:
        samples = derive.faster(samples, recipe.tempo)
        words = tuple((word, start / recipe.tempo, end / recipe.tempo) for word, start, end in words)
    samples = levels.to_speech_level(samples, RATE_HZ)
    fade = np.minimum(1.0, (np.arange(len(samples)) + 1) / at(FADE_MS))
    return Rendered(samples=samples * fade * fade[::-1], words=words, edges=find_edges(samples, RATE_HZ))


def _layout(recipe: Recipe, pieces: list[Rendered]) -> tuple[list[float], float]:
    """Where each piece starts and how long the clip is, in ms: lead, pieces with seeded gaps, tail."""
    rng = np.random.default_rng(recipe.gap_seed or 0)
    starts_ms, cursor_ms = [], float(LEAD_MS)
    for piece in pieces:
        starts_ms.append(cursor_ms)
        cursor_ms += float(np.ceil(len(piece.samples) * 1000 / RATE_HZ)) + float(np.round(rng.uniform(*GAPS_MS)))
    end_ms = starts_ms[-1] + _edges(pieces[-1]).offset_ms + TAIL_MS
    return starts_ms, max(end_ms, starts_ms[-1] + len(pieces[-1].samples) * 1000 / RATE_HZ)


def _edges(piece: Rendered) -> Edges:
    if piece.edges is None:
        raise CorpusError("fixtures/clips.yaml", "a take holds no speech", "cut it elsewhere")
    return piece.edges


def _dither(count: int, clip_id: str) -> np.ndarray:
    rng = np.random.default_rng(zlib.crc32(clip_id.encode()))
    return rng.normal(0.0, levels.gain(levels.DITHER_DBFS), count)


def _silence(recipe: Recipe) -> Rendered:
    return Rendered(samples=np.zeros(at((recipe.seconds or 0) * 1000)), words=(), edges=None)


def _noise(noise: Noise, count: int, recipes: Recipes) -> np.ndarray:
    """`count` samples of the noise a recipe names."""
    match noise.kind:
        case "pink":
            return derive.pink(count, noise.seed)
        case "room":
            return derive.room(count, noise.seed)
        case "music":
            source = recipes.sources[noise.source or ""]
            return derive.excerpt(load_source(source, recipes.origins[source.origin]), count, noise.seed)
        case "babble":
            return derive.babble([cut_of(recipes.takes[t], recipes) for t in noise.takes], count, noise.seed)
    raise CorpusError("fixtures/clips.yaml", f"unknown noise {noise.kind!r}", "use pink, room, music or babble")
