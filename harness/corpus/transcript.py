"""A transcript that somebody typed: made plain, and refused where nobody could count its words."""

from __future__ import annotations

import re
import unicodedata

from harness.corpus.evidence import normalised
from harness.corpus.words import words_of
from harness.errors import CorpusError

# The typography of word processors says the same as plain marks, and dictionaries know only those.
_PLAIN = {ord(mark): to for marks, to in (("\u2019\u2018\u02bc", "'"), ("\u201c\u201d", '"')) for mark in marks}
_PLAIN |= {ord(mark): " " for mark in "\u2014\u2013\u2026"}  # dashes and ellipsis: between words, as no hyphen is
_PUNCTUATION = frozenset(".,;:!?'\"-$\u00a3\u20ac\u00a2%")
_BRACKETS = frozenset("()[]{}<>")
WHERE = "--text"


def plain(text: str) -> str:
    """Composed characters, plain quotes, dashes as blanks between words, single blanks."""
    straight = unicodedata.normalize("NFC", text).translate(_PLAIN)
    return " ".join(straight.split())


def readable(text: str) -> str:
    """The text, made plain; raises CorpusError where the normaliser behind the WER would lose or misread some of it."""
    spoken = plain(text)
    if not spoken:
        raise CorpusError(WHERE, "is empty", "give the words that are spoken, or --condition silence if there are none")
    marks = sorted({mark for mark in spoken if not _is_readable(mark)})
    if lost := [mark for mark in marks if mark in _BRACKETS]:
        problem = f"the normaliser drops whatever stands in brackets ({' '.join(lost)})"
        raise CorpusError(WHERE, problem, "write only what is spoken, without brackets")
    if marks:
        named = ", ".join(f"{mark} ({unicodedata.name(mark, 'unnamed').lower()})" for mark in marks)
        raise CorpusError(
            WHERE, f"the normaliser cannot read {named}", "write the words as they are spoken, in English"
        )
    if "" in words_of(spoken):
        raise CorpusError(WHERE, "a punctuation mark stands alone, and is no word", "join it to a word or leave it out")
    if not normalised(spoken):
        raise CorpusError(WHERE, "nothing but fillers, which the normaliser drops", "choose a stretch with words in it")
    return spoken


def _is_readable(mark: str) -> bool:
    if mark.isascii():
        return mark.isalnum() or mark == " " or mark in _PUNCTUATION
    return mark in _PUNCTUATION or (mark.isalpha() and unicodedata.name(mark, "").startswith("LATIN"))


def letters_in(text: str) -> int:
    """How much there is to say: letters, a digit being a word of four."""
    return sum(4 if mark.isdigit() else 1 for mark in re.sub(r"\W", "", text))
