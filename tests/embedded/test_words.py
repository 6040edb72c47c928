from __future__ import annotations

import pytest

from harness.embedded.words import said, spread, stability


def test_words_share_the_span_by_their_letters() -> None:
    """Punctuation takes no time, and the words cover the span without gaps."""
    words = spread("I, robot!", 1000, 1600)
    assert [(word.word, word.start_ms, word.end_ms) for word in words] == [("I,", 1000, 1100), ("robot!", 1100, 1600)]


def test_a_word_without_letters_still_has_a_place() -> None:
    """No word gets an empty interval for being a sign."""
    assert [word.end_ms for word in spread("a & b", 0, 300)] == [100, 200, 300]


def test_no_words_are_no_words() -> None:
    """An empty text has no times."""
    assert spread("", 0, 100) == ()


@pytest.mark.parametrize(
    ("previous", "current", "expected"),
    [
        ("", "he was", 0.0),
        ("he", "he was", 0.5),
        ("he was", "he was", 1.0),
        ("the was", "he was", 0.0),
        ("he", "", 0.0),
    ],
)
def test_stability_is_the_share_of_the_front_that_stayed(previous: str, current: str, expected: float) -> None:
    """Only words that agree from the first one on count."""
    assert stability(previous, current) == expected


@pytest.mark.parametrize("text", ["♪♪", "...", "2-3ตวบ", ""])
def test_notes_and_other_scripts_are_nothing_said(text: str) -> None:
    """What an English decoder answers to noise never reaches a listener."""
    assert said(text) == ""


@pytest.mark.parametrize("text", ["Yes.", "It's 5 o'clock", "café"])
def test_english_is_said(text: str) -> None:
    """Digits, apostrophes and accented Latin letters pass."""
    assert said(text) == text
