from __future__ import annotations

from harness.model.measurement import EditStep
from harness.report import stories


def test_long_stretches_are_folded():
    """Deletions in a row are one box; many right words in a row are counted."""
    right = [EditStep(kind="equal", reference=f"w{i}", heard=f"w{i}") for i in range(50)]
    lost = [EditStep(kind="delete", reference=word) for word in ("a", "b", "c")]
    pieces = stories.fold([*right, *lost, EditStep(kind="insert", heard="oh")])
    kinds = [piece.kind for piece in pieces]
    assert kinds == [*["equal"] * 6, "fold", *["equal"] * 6, "delete", "insert"]
    assert (pieces[6].words, pieces[13].words, pieces[13].reference) == (38, 3, "a b c")


def test_a_diff_of_hundreds_of_words_keeps_few_around_each_mistake():
    """Ten minutes of right words are no reading."""
    right = [EditStep(kind="equal", reference=f"w{i}", heard=f"w{i}") for i in range(20)]
    wrong = EditStep(kind="substitute", reference="a", heard="b")
    pieces = stories.fold([*right, wrong] * 20)
    assert [piece.kind for piece in pieces[:6]] == ["equal", "equal", "fold", "equal", "equal", "substitute"]
    assert sum(piece.words for piece in pieces) == 20 * 21
