"""Certify upward, refute downward: the first level that does not decide ends it."""

from __future__ import annotations

import pytest

from harness.judge.sequence import certified, level_outcome, refuted
from harness.model.verdict import Outcome

OUTCOME = {"P": Outcome.PASS, "F": Outcome.FAIL, "I": Outcome.INCONCLUSIVE, "X": Outcome.INVALID}


def levels(letters: str):
    return [(10 * (at + 1), OUTCOME[letter]) for at, letter in enumerate(letters)]


@pytest.mark.parametrize(
    ("letters", "certificate", "refutation"),
    [
        ("PPIFF", 20, 40),
        ("PPPPP", 50, None),
        ("FFFFF", None, 10),
        ("IPPFF", None, 40),  # a pass above an open level is none
        ("PPFIF", 20, 50),  # a fail below an open level is none
        ("PIPIF", 10, 50),
        ("", None, None),
    ],
)
def test_each_sequence_stops_at_the_first_that_does_not_decide(letters, certificate, refutation) -> None:
    """Whatever lies beyond it."""
    assert certified(levels(letters)) == certificate
    assert refuted(levels(letters)) == refutation
    assert certified(levels(letters)[::-1]) == certificate  # in any order


@pytest.mark.parametrize(
    ("letters", "expected"), [("PP", "P"), ("PI", "I"), ("PF", "F"), ("IF", "F"), ("", "I"), ("PX", "X")]
)
def test_a_level_holds_where_all_its_lines_do(letters, expected) -> None:
    """And is refuted by any one of them; a level that no line reads shows nothing."""
    assert level_outcome((OUTCOME[letter], True) for letter in letters) is OUTCOME[expected]


def test_what_has_no_bound_keeps_from_certifying_and_refutes_nothing() -> None:
    """A maximum beyond its limit says what this run showed."""
    assert level_outcome([(Outcome.PASS, True), (Outcome.FAIL, False)]) is Outcome.INCONCLUSIVE
