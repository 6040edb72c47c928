from __future__ import annotations

from dataclasses import replace

import pytest

from harness.judge.cost import cost
from harness.model.capacity import Capacity
from harness.model.scenario import Target
from harness.model.verdict import Outcome

TARGET = Target(name="t", kind="real", endpoints=(), price_per_hour=4.1, currency="EUR")
CAPACITY = Capacity(
    outcome=Outcome.PASS, headline="", reason="", confidence=0.95, side_confidence=0.975, levels=(), certified=40
)


def test_an_hour_of_audio_costs_the_price_over_the_certified_sessions():
    """Pure arithmetic, with what it is made of beside it."""
    found = cost(TARGET, CAPACITY)
    assert found.per_audio_hour == pytest.approx(0.1025)
    assert (found.per_hour, found.sessions, found.currency) == (4.1, 40, "EUR")


def test_nothing_is_priced_that_is_not_certified():
    """An estimate is no ground for an invoice."""
    assert cost(TARGET, replace(CAPACITY, certified=None, estimate=50.0)) is None


def test_without_a_price_there_is_no_cost():
    """It is not zero."""
    assert cost(replace(TARGET, price_per_hour=None, currency=""), CAPACITY) is None
