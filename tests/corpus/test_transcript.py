"""What people type becomes a reference, or a sentence."""

from __future__ import annotations

import pytest

from harness.corpus.transcript import letters_in, readable
from harness.errors import CorpusError


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("  Don\u2019t \u201cworry\u201d,\nI won\u2019t. ", "Don't \"worry\", I won't."),
        ("wait\u2026what \u2014 now", "wait what now"),
        ("Cafe\u0301 cr\u00e8me, 50% off for $5", "Caf\u00e9 cr\u00e8me, 50% off for $5"),
    ],
)
def test_typography_is_made_plain(typed: str, kept: str) -> None:
    """Quotes, dashes and decomposed accents say the same as plain characters."""
    assert readable(typed) == kept


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        (" \n ", r"--text: is empty; .*--condition silence"),
        ("hello (coughs) there", r"drops whatever stands in brackets \(\( \)\); "),
        ("R&D \u2603", r"cannot read & \(ampersand\), \u2603 \(snowman\); write the words as they are spoken"),
        ("\u4f60\u597d", r"cannot read .*cjk unified ideograph"),
        ("well - no", r"a punctuation mark stands alone"),
        ("um, uh", r"nothing but fillers"),
    ],
)
def test_what_cannot_be_counted_is_refused(typed: str, sentence: str) -> None:
    """Words that the normaliser would drop or misread would be counted as errors of the recogniser."""
    with pytest.raises(CorpusError, match=sentence):
        readable(typed)


def test_digits_are_words_to_say() -> None:
    """So that a number takes the time it needs."""
    assert letters_in("It's 42!") == 3 + 8
