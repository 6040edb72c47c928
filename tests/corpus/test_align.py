"""Aligned frames as times, without a decoder."""

from __future__ import annotations

import pytest

from harness.corpus.align import AFTER_MS, BEFORE_MS, EARLY_MS, LATE_MS, timed
from harness.errors import CorpusError

LEAD = BEFORE_MS // 10


def test_words_beside_silence_are_corrected_and_inner_ones_are_not() -> None:
    """A start after silence moves later, an end before silence earlier; the boundary between two words stays."""
    found = [("<s>", 0, 1), ("<sil>", 1, LEAD + 10), ("he", LEAD + 10, LEAD + 30), ("was", LEAD + 30, LEAD + 50)]
    found += [("<sil>", LEAD + 50, LEAD + AFTER_MS // 10)]
    assert timed(found, ("he", "was"), "here") == (
        ("he", 100 + EARLY_MS, 300.0),
        ("was", 300.0, 500 - LATE_MS),
    )


def test_a_short_word_keeps_30_ms() -> None:
    """The correction never turns a word around."""
    found = [("<sil>", 0, LEAD), ("a", LEAD, LEAD + 4), ("</s>", LEAD + 4, LEAD + 5)]
    ((_, start_ms, end_ms),) = timed(found, ("a",), "here")
    assert end_ms - start_ms == pytest.approx(30)


def test_a_path_without_the_last_word_is_refused() -> None:
    """An alignment that lost a word names the place and a remedy."""
    with pytest.raises(CorpusError, match=r"^here: the text cannot be aligned"):
        timed([("he", LEAD, LEAD + 10)], ("he", "was"), "here")
