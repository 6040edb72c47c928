from __future__ import annotations

from dataclasses import replace

import pytest

from harness.model.capacity import Capacity, ErrorRate
from harness.model.load import Cost
from harness.model.verdict import Outcome
from harness.report import capacity_facts

CAPACITY = Capacity(
    outcome=Outcome.PASS,
    headline="",
    reason="",
    confidence=0.95,
    side_confidence=0.975,
    levels=(),
    certified=40,
    refuted=60,
    estimate=50.9,
    limited_by="final",
    steady_s=180,
    stall_gap_s=60,
)
ERRORS = ErrorRate(
    level=40, part="errors", n=1171, errors=2, high=0.0041, confidence=0.95, limit=0.005, certified=True, reason=""
)


def facts(capacity, cost=None):
    return {one.label: one for one in capacity_facts.build(capacity, cost)}


def test_half_a_session_is_none():
    """The estimate is rounded down, as in the headline."""
    assert facts(CAPACITY)["Estimate"].text == "50\u202fsessions"


@pytest.mark.parametrize(("beyond", "said"), [("above", "above all levels tried"), ("below", "below all levels tried")])
def test_an_estimate_beyond_all_levels_is_no_number(beyond, said):
    """Nothing was seen there."""
    assert facts(replace(CAPACITY, estimate=None, estimate_beyond=beyond))["Estimate"].text == said


def test_without_an_estimate_nothing_was_measured():
    """Words, and not zero."""
    assert facts(replace(CAPACITY, estimate=None))["Estimate"].text == "not measured"


def test_what_is_missing_is_said():
    """No level certified, none refuted: neither is a number."""
    bare = replace(CAPACITY, certified=None, refuted=None, stall_gap_s=None)
    assert capacity_facts.answer(bare) == "none certified"
    assert facts(bare)["Refuted"].text == "no level"
    assert "Steady time" not in facts(bare)
    assert "Errors" not in facts(bare)


def test_an_error_rate_stands_with_its_bound_and_its_limit():
    """And one that is not certified cannot be overlooked."""
    shown = facts(replace(CAPACITY, errors=ERRORS))["Errors"]
    assert shown.text == "2 of 1,171 at 40, at most 0.41\u202f%"
    assert (shown.note, shown.changed) == ("limit 0.5\u202f%: certified", False)
    thin = facts(replace(CAPACITY, errors=replace(ERRORS, high=None, limit=None, certified=False)))["Errors"]
    assert thin.text.endswith("no bound")
    assert (thin.note, thin.changed) == ("no limit asked for: not certified", True)


@pytest.mark.parametrize(("per_audio_hour", "shown"), [(12.5, "12.50"), (0.1025, "0.102"), (0.00456, "0.00456")])
def test_small_prices_keep_digits_that_count(per_audio_hour, shown):
    """Three of them; nothing is rounded to free of charge."""
    cost = Cost(per_audio_hour=per_audio_hour, per_hour=4.1, sessions=40, currency="EUR")
    assert facts(CAPACITY, cost)["Cost"].text == f"{shown} EUR an hour of audio"
    assert "Cost" not in facts(CAPACITY)
