"""Approximate word times: the decoder gives none, so a segment's words share its voiced span by their letters."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

_BEYOND_LATIN: Final = "\u0250"


@dataclass(frozen=True, slots=True, kw_only=True)
class TimedWord:
    """One word and its approximate place, in ms from the start of the stream."""

    word: str
    start_ms: int
    end_ms: int


def spread(text: str, start_ms: int, end_ms: int) -> tuple[TimedWord, ...]:
    """The words of `text` over start..end, each as long as its letters; the last one ends exactly at `end_ms`."""
    words = text.split()
    edges = [0]
    for word in words:
        edges.append(edges[-1] + max(1, sum(map(str.isalnum, word))))
    at = [start_ms + (end_ms - start_ms) * edge // max(1, edges[-1]) for edge in edges]
    return tuple(TimedWord(word=word, start_ms=at[n], end_ms=at[n + 1]) for n, word in enumerate(words))


def said(text: str) -> str:
    """The text, or nothing where it holds no English word: on noise the decoder answers with notes or other scripts."""
    letters = [sign for sign in text if sign.isalnum()]
    return text if letters and all(sign < _BEYOND_LATIN for sign in letters) else ""


def stability(previous: str, current: str) -> float:
    """The share of the current partial's words that the previous one already had in front, 0..1."""
    now, before = current.split(), previous.split()
    same = 0
    for old, new in zip(before, now, strict=False):
        if old != new:
            break
        same += 1
    return same / len(now) if now else 0.0
