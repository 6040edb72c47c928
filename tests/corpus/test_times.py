"""Word times of users' clips: aligned, or spread and honest about it."""

from __future__ import annotations

import numpy as np
import pytest

from harness.corpus import times
from harness.corpus.align import Timed
from harness.corpus.edges import Edges
from harness.errors import CorpusError

EDGES = Edges(onset_ms=300.0, offset_ms=1300.0)
SECOND = np.zeros(32_000)
WORDS = ("one", "seven")


def aligning(monkeypatch: pytest.MonkeyPatch, outcome: Timed | Exception) -> None:
    """Stands in for the optional aligner, which test machines may lack."""

    def align(*_: object) -> Timed:
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    monkeypatch.setattr(times, "find_spec", lambda _: object())
    monkeypatch.setattr(times, "align", align)


def test_words_are_spread_by_their_letters() -> None:
    """Three eighths for one, five for seven; nothing before the onset or after the offset."""
    assert times.spread(WORDS, EDGES) == (("one", 300.0, 675.0), ("seven", 675.0, 1300.0))


def test_without_the_aligner_no_latency_is_judged(monkeypatch: pytest.MonkeyPatch) -> None:
    """And the user reads how to get it."""
    monkeypatch.setattr(times, "find_spec", lambda _: None)
    made = times.time_words(SECOND, WORDS, EDGES, {})
    assert (made.latency, made.how) == (False, times.SPREAD)
    assert made.advice is not None
    assert "pip install" in made.advice


def test_aligned_words_that_agree_with_the_energy_carry_latency(monkeypatch: pytest.MonkeyPatch) -> None:
    """Within 60 ms at both ends; the aligner hears the clip from 100 ms before the onset on."""
    aligning(monkeypatch, (("one", 50.0, 400.0), ("seven", 500.0, 1150.0)))
    made = times.time_words(SECOND, WORDS, EDGES, {})
    assert (made.latency, made.how, made.advice) == (True, times.ALIGNED, None)
    assert made.words == (("one", 250.0, 600.0), ("seven", 700.0, 1350.0))


def test_aligned_words_that_differ_carry_none(monkeypatch: pytest.MonkeyPatch) -> None:
    """A sentence says by how much, and what would help."""
    aligning(monkeypatch, (("one", 100.0, 400.0), ("seven", 500.0, 1200.0)))
    made = times.time_words(SECOND, WORDS, EDGES, {})
    assert (made.latency, made.how) == (False, times.ALIGNED)
    assert "differ by 100 ms" in str(made.advice)


@pytest.mark.parametrize(
    "failure",
    [
        CorpusError("x", "the dictionary lacks riva", "y"),
        RuntimeError("Failed to add word riva"),
        (("one", 300.0, 600.0), ("seven", 2000.0, 2200.0)),
    ],
)
def test_what_cannot_be_aligned_is_spread_with_the_reason(
    monkeypatch: pytest.MonkeyPatch, failure: Timed | Exception
) -> None:
    """Unknown words, phones that do not exist, words after the end of the audio."""
    aligning(monkeypatch, failure)
    made = times.time_words(SECOND, WORDS, EDGES, {})
    assert (made.latency, made.how, made.words) == (False, times.SPREAD, times.spread(WORDS, EDGES))
    assert "--pronounce" in str(made.advice)
