"""When a failure is tried again."""

from __future__ import annotations

import pytest

from harness.riva.failures import failure_of
from harness.riva.retry import Budget, Campaign, RetryRules, Why

RULES = RetryRules(attempts=4, first_ms=200, most_ms=1000, window_ms=60_000)
GONE, FULL, WRONG = (failure_of(status) for status in ("UNAVAILABLE", "RESOURCE_EXHAUSTED", "INVALID_ARGUMENT"))
LATER_NS = 3600 * 10**9


def test_the_bound_of_the_wait_doubles_up_to_its_limit():
    """Full jitter: from nothing at all up to the bound, which doubles each time."""
    campaign = Campaign(RULES, 0, deadline_ns=LATER_NS)
    assert [campaign.next(GONE, 0, 1.0) for _ in range(5)] == [0.2, 0.4, 0.8, 1.0, Why.ATTEMPTS]
    assert Campaign(RULES, 0, deadline_ns=LATER_NS).next(GONE, 0, 0.0) == 0.0


def test_what_stays_wrong_is_not_tried_again():
    """A fatal failure ends it, at the first try or later."""
    campaign = Campaign(RULES, 0, deadline_ns=LATER_NS)
    campaign.next(GONE, 0, 0.5)
    assert campaign.next(WRONG, 0, 0.5) is Why.FATAL


def test_another_endpoint_is_tried_at_once():
    """Waiting does not empty the one that is full."""
    campaign = Campaign(RULES, 0, deadline_ns=LATER_NS)
    assert [campaign.next(FULL, 0, 0.5) for _ in range(2)] == [0.0, 0.2]


@pytest.mark.parametrize(("window_ms", "deadline_ms"), [(1000, 60_000), (60_000, 1000)])
def test_all_tries_share_one_deadline(window_ms, deadline_ms):
    """No wait goes beyond the window, nor beyond the stream's own deadline; with little left there is no try."""
    rules = RetryRules(attempts=9, first_ms=300, most_ms=800, window_ms=window_ms)
    campaign = Campaign(rules, 0, deadline_ns=deadline_ms * 10**6)
    assert campaign.next(GONE, 0, 1.0) == 0.3
    assert campaign.next(GONE, 300 * 10**6, 1.0) == 0.6
    assert campaign.left_s(600 * 10**6) == pytest.approx(0.4)
    assert campaign.next(GONE, 600 * 10**6, 1.0) == pytest.approx(0.4)
    assert campaign.next(GONE, 700 * 10**6, 0.0) is Why.WINDOW
    assert campaign.left_s(LATER_NS) == 0


def test_without_attempts_nothing_is_tried():
    """RIVA_MAX_RETRIES=0 means no."""
    assert Campaign(RetryRules(attempts=0), 0, deadline_ns=LATER_NS).next(GONE, 0, 0.5) is Why.ATTEMPTS


def test_a_budget_runs_dry_and_fills_again():
    """So many retries at once, then only as fast as it fills."""
    budget = Budget(3, 2.0)
    assert [budget.take(0) for _ in range(4)] == [True, True, True, False]
    assert not budget.take(499_000_000)
    assert budget.take(500_000_000)
    assert not budget.take(500_000_000)


def test_a_budget_holds_no_more_than_its_capacity():
    """Neither time nor what is given back fills it beyond the brim."""
    budget = Budget(2, 100.0)
    budget.give_back()
    assert budget.tokens(0) == 2
    assert budget.tokens(LATER_NS) == 2
    assert budget.take(LATER_NS)
    budget.give_back()
    assert budget.tokens(LATER_NS) == 2


def test_no_budget_is_no_retry():
    """Capacity 0 never gives one."""
    assert not Budget(0, 10.0).take(LATER_NS)
