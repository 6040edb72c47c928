"""Symptoms among the findings."""

from __future__ import annotations

from judge.ward import TEXT, Ward

from harness.judge.slo import judge
from harness.measure.run import measure_run
from harness.model.verdict import Outcome


def test_a_sound_recogniser_has_no_symptom(bench):
    """Right words, partials that grow, finals in time."""
    assert Ward(bench).everywhere(TEXT, partials=("alpha", "alpha bravo"), sources=8).symptoms == ()


def test_capitals_and_punctuation_are_no_symptom(bench):
    """Spelling is not what is measured."""
    loud = f"{TEXT.upper().replace(' ', ', ')}."
    assert Ward(bench).everywhere(loud, partials=("ALPHA.",), sources=8).symptoms == ()


def test_symptoms_are_findings_and_never_a_verdict(bench):
    """The objective that reads nothing of it still holds."""
    ward = Ward(bench).everywhere(TEXT, partials=())
    record = ward.bench.record
    judgement = judge(record, measure_run(record))
    assert judgement.outcome is Outcome.PASS
    assert set(ward.symptoms) < set(judgement.findings)
    assert len(ward.symptoms) == 1


def test_words_come_before_times(bench):
    """In the order a reader needs them."""
    ward = Ward(bench).everywhere(TEXT.rsplit(" ", 1)[0], partials=())
    assert [said.split()[0] for said in ward.symptoms] == ["The", "No"]
