"""The circuit breaker's states, one by one and under random histories."""

from __future__ import annotations

import random

import pytest

from harness.gateway.breaker import Breaker, BreakerRules, BreakerState

CLOSED, OPEN, HALF_OPEN = BreakerState.CLOSED, BreakerState.OPEN, BreakerState.HALF_OPEN
RULES = BreakerRules(
    window_ns=1000,
    window_calls=20,
    minimum_calls=4,
    failure_rate=0.5,
    slow_rate=0.75,
    slow_ns=10,
    open_ns=100,
    trials=2,
    trial_ns=50,
)


def call(breaker, now_ns, *, ok=True, took_ns=0):
    permit = breaker.admit(now_ns)
    assert permit is not None
    if ok:
        breaker.succeed(permit, now_ns, took_ns=took_ns)
    else:
        breaker.fail(permit, now_ns)


def opened(at_ns=0):
    breaker = Breaker(RULES)
    for _ in range(RULES.minimum_calls):
        call(breaker, at_ns, ok=False)
    assert breaker.state(at_ns) is OPEN
    return breaker


@pytest.mark.parametrize(
    ("history", "state"),
    [
        ("", CLOSED),
        ("fff", CLOSED),  # below the minimum of calls
        ("ffff", OPEN),
        ("ooof", CLOSED),
        ("ooff", OPEN),  # the rate itself is too high
        ("oooofff", CLOSED),
        ("ooofff", OPEN),
        ("sss", CLOSED),
        ("ssss", OPEN),
        ("ooss", CLOSED),
        ("osss", OPEN),
        ("oooooooo", CLOSED),
    ],
)
def test_rates_over_the_window_open_it(history, state):
    """It opens when, among at least the minimum of calls, failures or slow calls reach their rate."""
    breaker = Breaker(RULES)
    for kind in history:
        call(breaker, 0, ok=kind != "f", took_ns=11 if kind == "s" else 10)
    assert breaker.state(0) is state
    assert breaker.opened_total == (state is OPEN)


def test_what_is_older_than_the_window_is_forgotten():
    """Three failures that have left the window do not make the fourth the last straw."""
    breaker = Breaker(RULES)
    for _ in range(3):
        call(breaker, 0, ok=False)
    call(breaker, RULES.window_ns + 1, ok=False)
    assert breaker.state(RULES.window_ns + 1) is CLOSED
    assert breaker.rates(RULES.window_ns + 1) == (1.0, 0.0)


def test_only_the_newest_calls_count():
    """The window is bounded by number too: old successes give way."""
    breaker = Breaker(RULES)
    for _ in range(100):
        call(breaker, 0)
    for _ in range(RULES.window_calls // 2):
        call(breaker, 0, ok=False)
    assert breaker.state(0) is OPEN


def test_open_admits_nobody_until_its_time_is_over():
    """No call for open_ns, then trials."""
    breaker = opened()
    assert breaker.admit(RULES.open_ns - 1) is None
    assert breaker.state(RULES.open_ns) is HALF_OPEN
    permit = breaker.admit(RULES.open_ns)
    assert permit is not None
    assert permit.trial


def test_half_open_admits_a_few_at_once():
    """No more than the allowed trials are under way."""
    breaker = opened()
    trials = [breaker.admit(100) for _ in range(RULES.trials)]
    assert None not in trials
    assert breaker.admit(100) is None
    assert not breaker.admits(100)


def test_good_trials_close_it():
    """As many good trials as asked close it, with an empty window."""
    breaker = opened()
    for _ in range(RULES.trials):
        assert breaker.state(100) is HALF_OPEN
        call(breaker, 100)
    assert breaker.state(100) is CLOSED
    assert breaker.rates(100) == (0.0, 0.0)


@pytest.mark.parametrize(("ok", "took_ns"), [(False, 0), (True, 11)])
def test_one_bad_trial_opens_it_again(ok, took_ns):
    """A trial that fails or is slow is enough, and the waiting begins anew."""
    breaker = opened()
    call(breaker, 100)
    call(breaker, 120, ok=ok, took_ns=took_ns)
    assert breaker.state(120) is OPEN
    assert breaker.state(120 + RULES.open_ns - 1) is OPEN
    assert breaker.state(120 + RULES.open_ns) is HALF_OPEN
    assert breaker.opened_total == 2


def test_a_cancelled_trial_frees_its_place():
    """Whoever gives up a trial makes room for the next."""
    breaker = opened()
    trials = [breaker.admit(100) for _ in range(RULES.trials)]
    breaker.release(trials[0])
    assert breaker.admit(100) is not None


def test_a_trial_that_nobody_settles_cannot_wedge_it():
    """After trial_ns its place is free; what it says afterwards no longer counts."""
    breaker = opened()
    lost = [breaker.admit(100) for _ in range(RULES.trials)]
    assert breaker.admit(100 + RULES.trial_ns - 1) is None
    for _ in range(RULES.trials):
        call(breaker, 100 + RULES.trial_ns)
    assert breaker.state(150) is CLOSED
    breaker.fail(lost[0], 150)
    assert breaker.rates(150) == (0.0, 0.0)


def test_a_trial_that_lost_its_place_is_not_heard_while_others_try():
    """Its late success is not one of the good trials."""
    breaker = opened()
    lost = breaker.admit(100)
    assert breaker.admits(100 + RULES.trial_ns)
    breaker.succeed(lost, 150)
    call(breaker, 150)
    assert breaker.state(150) is HALF_OPEN


def test_an_old_calls_late_success_does_not_close_it():
    """What began before the breaker opened says nothing about the endpoint as it is now."""
    breaker = Breaker(RULES)
    old = [breaker.admit(0) for _ in range(10)]
    for _ in range(RULES.minimum_calls):
        call(breaker, 0, ok=False)
    for permit in old[:5]:
        breaker.succeed(permit, 50)
    assert breaker.state(50) is OPEN
    assert breaker.state(100) is HALF_OPEN
    for permit in old[5:]:
        breaker.succeed(permit, 100)
    assert breaker.state(100) is HALF_OPEN


def test_an_old_calls_late_failure_does_not_open_it():
    """The same the other way round: neither while trials run, nor after it has closed."""
    breaker = Breaker(RULES)
    old = [breaker.admit(0) for _ in range(20)]
    for _ in range(RULES.minimum_calls):
        call(breaker, 0, ok=False)
    breaker.state(100)
    breaker.fail(old[0], 100)
    assert breaker.state(100) is HALF_OPEN
    for _ in range(RULES.trials):
        call(breaker, 100)
    for permit in old[1:]:
        breaker.fail(permit, 100)
    assert breaker.state(100) is CLOSED


def test_a_permit_counts_once():
    """A trial that is settled twice is one trial."""
    breaker = opened()
    permit = breaker.admit(100)
    breaker.succeed(permit, 100)
    breaker.succeed(permit, 100)
    assert breaker.state(100) is HALF_OPEN


@pytest.mark.parametrize("seed", range(30))
def test_whatever_happens_it_keeps_its_promises(seed):
    """Random histories: never too many trials, nobody admitted while open, and never stuck for ever."""
    dice = random.Random(seed)  # noqa: S311
    breaker, now_ns, under_way = Breaker(RULES), 0, []
    for _ in range(2000):
        now_ns += dice.randrange(20)
        before = breaker.state(now_ns)
        permit = breaker.admit(now_ns)
        assert (permit is None) or before is not OPEN
        if permit is not None:
            assert permit.trial is (before is HALF_OPEN)
            under_way.append((now_ns, permit))
        fresh = [p for since, p in under_way if p.trial and now_ns - since < RULES.trial_ns]
        assert before is not HALF_OPEN or len(fresh) <= RULES.trials
        if under_way and dice.random() < 0.7:
            _, settled = under_way.pop(dice.randrange(len(under_way)))
            ending = dice.random()
            if ending < 0.4:
                breaker.fail(settled, now_ns)
            elif ending < 0.8:
                breaker.succeed(settled, now_ns, took_ns=dice.randrange(20))
            else:
                breaker.release(settled)
    now_ns += RULES.open_ns + RULES.trial_ns
    for _ in range(RULES.trials):
        breaker.state(now_ns)
        if breaker.state(now_ns) is not CLOSED:
            call(breaker, now_ns)
    assert breaker.state(now_ns) is CLOSED
