"""Word errors, by hand."""

from __future__ import annotations

import pytest

from harness.measure.wer import word_errors

# reference, transcript, substituted, deleted, inserted, reference words
TABLE = [
    ("the cat sat", "the cat sat", 0, 0, 0, 3),
    ("wait what no", "Wait... what\u2014no....", 0, 0, 0, 3),
    ("wait what", "wait\u2026what", 0, 0, 0, 2),
    ("the cat sat", "The cat sat.", 0, 0, 0, 3),
    ("the cat sat", "THE CAT, SAT!", 0, 0, 0, 3),
    ("the cat sat", "the bat sat", 1, 0, 0, 3),
    ("the cat sat", "the sat", 0, 1, 0, 3),
    ("the cat sat", "the black cat sat", 0, 0, 1, 3),
    ("the cat sat", "", 0, 3, 0, 3),
    ("the cat sat", "...", 0, 3, 0, 3),
    ("", "", 0, 0, 0, 0),
    ("", "thank you", 0, 0, 2, 0),
    ("the cat sat", "a dog stood up", 3, 0, 1, 3),
    ("the cat sat on the mat", "the cat on a mat", 1, 1, 0, 6),
    ("the cat sat", "the cat sat the cat sat", 0, 0, 3, 3),
    ("the the cat", "the cat", 0, 1, 0, 3),
    ("the cat", "the the cat", 0, 0, 1, 2),
    ("a b c d e", "b c d e f", 0, 1, 1, 5),
    ("go left then right", "go right then left", 2, 0, 0, 4),
    ("twenty one dogs", "21 dogs", 0, 0, 0, 2),
    ("twenty-one dogs", "21 dogs", 0, 0, 0, 2),
    ("twenty one dogs", "twenty two dogs", 1, 0, 0, 2),
    ("two hundred and five", "205", 0, 0, 0, 1),
    ("one thousand two hundred and fifty", "1,250", 0, 0, 0, 1),
    ("three point five", "3.5", 0, 0, 0, 1),
    ("twenty five percent", "25%", 0, 0, 0, 1),
    ("twenty dollars", "$20", 0, 0, 0, 1),
    ("nineteen eighty four", "1984", 0, 0, 0, 1),
    ("the first day", "the 1st day", 0, 0, 0, 3),
    ("the one I want", "the 1 I want", 0, 0, 0, 4),
    ("ten dogs", "10 dogs", 0, 0, 0, 2),
    ("ten dogs", "ten", 0, 1, 0, 2),
    ("i can't go", "I can not go", 0, 0, 0, 4),
    ("i can't go", "I can go", 0, 1, 0, 4),
    ("it's here", "it is here", 0, 0, 0, 3),
    ("don't", "do not", 0, 0, 0, 2),
    ("don\u2019t", "don't", 0, 0, 0, 2),
    ("we're going to", "we are gonna", 0, 0, 0, 4),
    ("they won't", "they will not", 0, 0, 0, 3),
    ("its tail", "it's tail", 1, 0, 1, 2),
    ("a well-known man", "a well known man", 0, 0, 0, 4),
    ("ice cream", "icecream", 1, 1, 0, 2),
    ("notebook", "note book", 1, 0, 1, 1),
    ("doctor smith", "Dr. Smith", 0, 0, 0, 2),
    ("mister brown", "Mr. Brown", 0, 0, 0, 2),
    ("the colour grey", "the color gray", 0, 0, 0, 3),
    ("a naive cafe", "a naïve café", 0, 0, 0, 3),
    ("so uh hello", "so hello", 0, 0, 0, 2),
    ("hello", "[noise] hello", 0, 0, 0, 1),
    ("uh", "", 0, 0, 0, 0),
]


@pytest.mark.parametrize("case", TABLE, ids=lambda case: f"{case[0]} / {case[1]}")
def test_word_errors_by_hand(case: tuple[str, str, int, int, int, int]):
    """S, D and I are each what a person counts, and capitals, punctuation and digits cost nothing."""
    reference, transcript, *counts, words = case
    found = word_errors(reference, transcript)
    assert [found.count("substitute"), found.count("delete"), found.count("insert")] == counts
    assert found.errors == sum(counts)
    assert found.reference_words == words


def test_the_edits_spell_out_both_texts():
    """Read down its columns, the alignment is the reference on one side and the transcript on the other."""
    found = word_errors("the old cat sat", "the cat sat down")
    assert [step.reference for step in found.edits if step.reference] == ["the", "old", "cat", "sat"]
    assert [step.heard for step in found.edits if step.heard] == ["the", "cat", "sat", "down"]
    assert [step.kind for step in found.edits] == ["equal", "delete", "equal", "equal", "insert"]


def test_finals_are_joined_in_order_of_arrival_and_a_repeated_one_counts_as_insertions(stage):
    """A final that is sent twice is heard twice: nothing is de-duplicated, whatever its segment says."""
    once = stage.rows("a b c d", stage.final(900, "a b", 0), stage.final(2500, "c d", 1))["wer"]
    twice = stage.rows("a b c d", stage.final(900, "a b", 0), stage.final(950, "a b", 0), stage.final(2500, "c d", 1))[
        "wer"
    ]
    assert (once.numerator, once.denominator) == (0, 4)
    assert (twice.numerator, twice.denominator) == (2, 4)
    assert twice.reason == "0 substituted, 0 deleted, 2 inserted"


def test_without_a_final_all_words_are_deletions(stage):
    """The error rate of a session that gave nothing is 1, never missing; partials are no transcript."""
    row = stage.rows("a b c", stage.partial(900, "a b c"))["wer"]
    assert (row.numerator, row.denominator, row.value) == (3, 3, 1)


def test_a_number_over_two_finals_is_one_number(stage):
    """The transcript is normalised as a whole, so a cut in the middle of a number costs nothing."""
    row = stage.rows("twenty | one", stage.final(900, "twenty ", 0), stage.final(3000, "one ", 1))["wer"]
    assert (row.numerator, row.denominator) == (0, 1)


def test_a_reference_the_normaliser_empties_has_no_row(stage):
    """Hesitations alone leave no words to divide by."""
    assert "wer" not in stage.rows("uh", stage.final(2000, "hello"))
