"""Two readings of a text: normalised, for counting word errors, and folded word by word, for whatever has a time.

The normaliser makes texts comparable and changes how many words there are ("can't" becomes two, "twenty one" becomes
one), so nothing that is measured per word may use it. The fold changes case and punctuation only: a word stays a word.
Its price is that "19" shown for a spoken "nineteen" is another word to the word-wise metrics, though not to the WER.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from functools import cache, lru_cache
from importlib.metadata import version
from typing import Final

NORMALISER: Final = f"whisper-english {version('whisper-normalizer')} via whisper-normalizer, typography straightened"
"""The normaliser behind every WER of this installation, with its version."""

# A typographic apostrophe is punctuation to a reader; the normaliser would make two wrong words of "don\u2019t".
_APOSTROPHES: Final = {ord(mark): "'" for mark in "\u2019\u2018\u02bc\uff07"}
_BREAKS: Final = {ord(mark): " " for mark in "\u2014\u2013\u2026"}  # dashes, ellipsis: between words, as no hyphen is


@lru_cache(maxsize=8192)
def normalise(text: str) -> str:
    """The text as the English Whisper normaliser leaves it (what the Open ASR Leaderboard uses), for WER only.

    Of "no...." and "wait\u2026what" the normaliser leaves a lone "." as a word; here punctuation is never a word.
    """
    words = str(_whisper_english()(text.translate(_APOSTROPHES | _BREAKS))).split()
    return " ".join(word for word in words if word.strip("."))


def fold(text: str) -> tuple[str, ...]:
    """The text's words without case and punctuation; tokens that are nothing but punctuation are no words."""
    tokens = text.translate(_BREAKS).split()
    return tuple(word for word in map(fold_word, tokens) if word)


@lru_cache(maxsize=65536)
def fold_word(word: str) -> str:
    """One word without case and punctuation; empty when there is nothing else in it."""
    letters = word.translate(_APOSTROPHES).casefold()
    return "".join(letter for letter in letters if not unicodedata.category(letter).startswith("P"))


@cache
def _whisper_english() -> Callable[[str], str]:
    from whisper_normalizer.english import EnglishTextNormalizer  # noqa: PLC0415  0.1 s that a report does not need

    normaliser: Callable[[str], str] = EnglishTextNormalizer()
    return normaliser
