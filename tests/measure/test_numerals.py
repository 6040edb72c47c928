"""Numbers read out."""

from __future__ import annotations

import pytest

from harness.measure.numerals import figures

TABLE = [
    ("one", "1"),
    ("1", "1"),
    ("oh", "0"),
    ("nineteen oh five", "1905"),
    ("19 oh 5", "1905"),
    ("19 05", "1905"),
    ("nineteen eighty four", "1984"),
    ("twenty twenty five", "2025"),
    ("two thousand twenty five", "2025"),
    ("two thousand and five", "2005"),
    ("two thousand five hundred", "2500"),
    ("nineteen hundred", "1900"),
    ("one hundred and five", "105"),
    ("one hundred twenty one", "121"),
    ("100 and 5", "105"),
    ("five thirty", "530"),
    ("5 30", "530"),
    ("two nine three four zero", "29340"),
    ("29 340", "29340"),
    ("555 1212", "5551212"),
    ("0 5", "05"),
    ("five million", "5000000"),
    ("$5", "$5"),
    ("3.5", "3.5"),
    ("first", "1th"),
    ("1st", "1th"),
    ("twenty first", "21th"),
    ("21st", "21th"),
    ("twentieth", "20th"),
    ("fortieth", "40th"),
    ("fourth", "4th"),
    ("twelfth", "12th"),
    ("hundredth", "100th"),
]


@pytest.mark.parametrize(("words", "read"), TABLE, ids=lambda value: value)
def test_numbers_are_read_as_their_figures(words: str, read: str):
    """Words, figures and ordinals of one number read the same."""
    assert figures(tuple(words.split())) == read


@pytest.mark.parametrize(
    "words", ["the", "a", "and", "a cat", "five and", "and five", "twenty and five", "first second", "one dog", "1960s"]
)
def test_what_is_no_number_reads_as_nothing(words: str):
    """Nothing is guessed."""
    assert figures(tuple(words.split())) == ""


@pytest.mark.parametrize(
    ("one", "other"), [("fifty", "fifteen"), ("five", "fifth"), ("one hundred five", "one oh oh five"), ("0 5", "5")]
)
def test_other_numbers_read_otherwise(one: str, other: str):
    """What a listener would call another number stays one."""
    assert figures(tuple(one.split())) != figures(tuple(other.split()))
