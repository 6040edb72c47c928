from __future__ import annotations

import pytest

from harness.embedded.loops import cut_loop


@pytest.mark.parametrize(
    ("tokens", "kept"),
    [
        ([9, 1, 1, 1, 1, 1], [9, 1]),
        ([9, 1, 2, 1, 2, 1, 2, 1, 2], [9, 1, 2]),
        ([9, 1, 2, 3, 1, 2, 3, 1, 2, 3], [9, 1, 2, 3]),
    ],
)
def test_a_phrase_said_over_and_over_is_cut_to_one(tokens: list[int], kept: list[int]) -> None:
    """One round of the loop stays, and so does what came before it."""
    assert cut_loop(tokens) == kept


@pytest.mark.parametrize("tokens", [[], [1], [1, 1, 1, 1], [1, 2, 1, 2, 1, 2], [1, 2, 3, 1, 2, 3], [1, 1, 1, 1, 1, 2]])
def test_repetitions_that_people_say_stay(tokens: list[int]) -> None:
    """ "No, no, no" and a number read twice are speech, and a loop that has ended is none."""
    assert cut_loop(tokens) is None
