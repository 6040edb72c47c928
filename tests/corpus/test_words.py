"""References cut into words, words into segments."""

from __future__ import annotations

import pytest

from harness.corpus.words import segments_of, words_of


def test_words_are_the_tokens_without_outer_punctuation() -> None:
    """Case and outer punctuation go; apostrophes and hyphens inside a word stay."""
    assert words_of('It\'s a cross-town bus, "they" said.') == ("it's", "a", "cross-town", "bus", "they", "said")


def test_an_empty_reference_has_no_words() -> None:
    """Silence is spoken as nothing."""
    assert words_of("") == ()


@pytest.mark.parametrize(
    ("gap_ms", "segments"), [(599.9, ((0, 2),)), (600.0, ((0, 1), (2, 2)))], ids=["just below", "exactly 600 ms"]
)
def test_a_gap_of_600_ms_starts_a_segment(gap_ms: float, segments: tuple[tuple[int, int], ...]) -> None:
    """The boundary belongs to the longer pause."""
    times = [(0.0, 100.0), (150.0, 400.0), (400.0 + gap_ms, 1500.0)]
    assert segments_of(times) == segments


def test_nothing_spoken_has_no_segments() -> None:
    """No word, no segment."""
    assert segments_of([]) == ()
