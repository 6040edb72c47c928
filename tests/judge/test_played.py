"""Which sessions symptoms are read from."""

from __future__ import annotations

import pytest
from judge.ward import TEXT, Ward

from harness.judge.played import plain, quoted
from harness.model.timeline import Errored

CUT = TEXT.rsplit(" ", 1)[0]


@pytest.fixture
def ward(bench) -> Ward:
    return Ward(bench).everywhere(CUT)


def test_a_session_that_broke_shows_no_symptom(ward):
    """Its story is the error."""
    assert len(ward.symptoms) == 1
    ward.change(0, heard=(*ward.bench.timelines[0].heard, (0, Errored(code="UNAVAILABLE"))))
    assert ward.symptoms == ()


def test_a_session_that_the_harness_disturbed_shows_no_symptom(ward):
    """Its times are partly ours."""
    assert ward.change(0, send_lag_us=(60_000,)).symptoms == ()


def test_a_session_that_was_cut_shows_no_symptom(ward):
    """Its last word may just not have come yet."""
    assert ward.change(0, end_reason="cut").symptoms == ()


def test_warm_up_and_descriptive_clips_show_no_symptom(bench):
    """The one is not counted, the other too hard to hold a system to."""
    assert Ward(bench).everywhere(CUT, warm_up=True).symptoms == ()
    made = Ward(bench)
    for number in range(3):
        made.hears(made.clip(f"c{number}", binding=False), CUT)
    assert made.symptoms == ()


def test_words_are_compared_without_case_and_punctuation():
    """Nor do capitals or a full stop make another word."""
    assert plain("Don't, X-ray … THE END.") == ("dont", "xray", "the", "end")


def test_long_quotations_are_cut():
    """Six words are enough to find it."""
    assert quoted(["a", "b", "c", "d", "e", "f"]) == '"a b c d e f"'
    assert quoted(["a", "b", "c", "d", "e", "f", "g"]) == '"a b c d e f …"'
