"""Word alignments."""

from __future__ import annotations

import pytest

from harness.measure.align import answered, kept, reaches


@pytest.mark.parametrize(
    ("old", "new", "pairs"),
    [
        ("", "", []),
        ("a b", "", []),
        ("a b", "a b c", [(0, 0), (1, 1)]),
        ("a b", "x a b", [(0, 1), (1, 2)]),
        ("a b c", "a x c", [(0, 0), (2, 2)]),
        ("the", "the the", [(0, 0)]),
        ("a b c d e", "a c d x e", [(0, 0), (2, 1), (3, 2), (4, 4)]),
        ("a b", "c d", []),
        ("p a q b r", "s a t b u", [(1, 1), (3, 3)]),
    ],
)
def test_kept_words_by_hand(old: str, new: str, pairs: list[tuple[int, int]]):
    """The words that two hypotheses share are found wherever the rest moves them, front words first."""
    assert kept(old.split(), new.split()) == pairs


def test_answered_pairs_wrong_words_too():
    """A misheard word stands against the one that was said; a word left out or made up stands against nothing."""
    assert answered(["a", "b", "c", "d"], ["a", "x", "c"]) == [(0, 0), (1, 1), (2, 2)]


@pytest.mark.parametrize(
    ("heard", "reference", "covered"),
    [
        ("a b c d e f", "a b c | d e f", True),
        ("a b c", "a b c | d e f", False),
        ("d e f", "a b c | d e f", True),
        ("a b c d e", "a b c | d e f g h i j", True),
        ("a b k", "a b c | d e f", False),
        ("e f", "a b c | d e f", True),
        ("we saw the", "we saw the | end of the road", False),
        ("a b c stopped", "a b c | stop", True),
        ("stopped", "a b c | stop", True),
        ("x", "a b c", True),
    ],
)
def test_whether_a_text_reaches_the_last_segment(heard: str, reference: str, covered: bool):
    """A text without times is laid where it fits best; a tie goes to the last segment."""
    before, _, _ = reference.rpartition("|")
    first = len(before.replace("|", " ").split())
    assert reaches(heard.split(), reference.replace("|", " ").split(), first) is covered
