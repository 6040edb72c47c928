"""Quantiles and rates: sessions on the wrong side, against exact binomial bounds."""

from __future__ import annotations

import math

import pytest

from harness.model.verdict import Outcome

P95 = "p95 final_ms <= 800"


def run(bench, over: int, n: int, text: str = P95, gates: int = 1):
    """A line with `over` of n sessions late, in a run of that many gating lines."""
    others = [f"p95 connect_ms <= {900 + extra}" for extra in range(gates - 1)]
    made = bench.of(text, *others)
    made.play(times=over, final_ms=900.0, connect_ms=5.0).play(times=n - over, final_ms=500.0, connect_ms=5.0)
    return made.judge().verdicts[0]


@pytest.mark.parametrize(("n", "k"), [(59, 0), (93, 1), (124, 2), (153, 3), (208, 5), (336, 10), (577, 20)])
def test_least_n_passes_and_one_session_less_does_not(bench, n, k):
    """The published least n certify p95 at 95 % with k violations, and n-1 does not."""
    assert run(bench, k, n).outcome is Outcome.PASS
    assert run(bench, k, n - 1).outcome is Outcome.INCONCLUSIVE


@pytest.mark.parametrize(("n", "m", "k"), [(60, 1, 7), (96, 1, 10), (200, 1, 16), (336, 1, 25), (96, 10, 12)])
def test_k_fails_and_one_less_does_not(bench, n, m, k):
    """FAIL starts at the published counts, whose error the m gating lines share."""
    assert run(bench, k, n, gates=m).outcome is Outcome.FAIL
    assert run(bench, k - 1, n, gates=m).outcome is Outcome.INCONCLUSIVE


@pytest.mark.parametrize(("n", "k"), [(60, 10), (96, 13), (200, 21)])
def test_k_fails_among_twenty_lines(bench, n, k):
    """With twenty gating lines 96 sessions take 13 violations to FAIL, where one line alone takes 10."""
    assert run(bench, k, n, gates=20).outcome is Outcome.FAIL
    assert run(bench, k - 1, n, gates=20).outcome is Outcome.INCONCLUSIVE


def test_a_value_on_the_limit_holds_for_le_and_not_for_lt(bench):
    """`<= 800` is kept by 800 exactly, `< 800` is broken by it."""
    assert bench.of(P95).play(times=59, final_ms=800.0).only().outcome is Outcome.PASS
    broken = bench.of("p95 final_ms < 800").play(times=59, final_ms=800.0).only()
    assert (broken.outcome, broken.estimate.violations) == (Outcome.FAIL, 59)


def test_missing_counts_as_worst(bench):
    """A session without a value violates, and the quantile's bound is infinite when its rank falls on one."""
    verdict = bench.of(P95).play(times=92, final_ms=500.0).play(final_ms=None).only()
    assert (verdict.outcome, verdict.estimate.missing, verdict.estimate.violations) == (Outcome.PASS, 1, 1)
    assert verdict.estimate.high == 500.0
    worse = bench.of(P95).play(times=91, final_ms=500.0).play(times=2, final_ms=None).only()
    assert (worse.outcome, worse.estimate.high) == (Outcome.INCONCLUSIVE, math.inf)


def test_a_missing_value_is_worst_where_large_is_good_too(bench):
    """For `>=` a session without a value does not count as a large one."""
    wanted = "p95 connect_ms >= 1"
    assert bench.of(wanted).play(times=200, connect_ms=2.0).only().outcome is Outcome.PASS
    verdict = bench.of(wanted).play(times=200, connect_ms=None).only()
    assert (verdict.outcome, verdict.estimate.value) == (Outcome.FAIL, -math.inf)


def test_lost_finals_are_named(bench):
    """A FAIL by lost finals says that finals never came."""
    verdict = bench.of(P95).play(times=10, final_ms=None, outcome="no_final").play(times=83, final_ms=500.0).only()
    assert verdict.outcome is Outcome.FAIL
    assert verdict.reason == "10 of 93 sessions never got a final, which counts as over 800 ms; 5 % would be 4."
    mixed = bench.of(P95).play(times=12, final_ms=900.0).play(final_ms=None).play(times=67, final_ms=500.0).only()
    assert mixed.reason == "13 of 80 sessions are over 800 ms, 1 of them never got a final; 5 % would be 4."


def test_a_pass_gives_its_bound(bench):
    """A PASS says how many were over, how many may be, and the bound."""
    slow = bench.of("p95 first_partial_ms <= 300").play(first_partial_ms=1310.0)
    slow.latencies("first_partial_ms", [280.0 + value / 10 for value in range(95)])
    assert slow.only().reason == (
        "1 of 96 sessions is over 300 ms, and up to 1 may be; the bound certified at 95 % is 289 ms."
    )


def test_inconclusive_leans_good_with_the_size_of_a_fresh_run(bench):
    """On the good side without enough evidence, it says which fresh run could tell: 2 % observed takes 311 sessions."""
    verdict = run(bench, 2, 100)
    assert (verdict.outcome, verdict.leaning, verdict.fresh_n) == (Outcome.INCONCLUSIVE, "good", 311)
    assert verdict.reason == (
        "2 of 100 sessions are over 800 ms; up to 1 would PASS, 10 or more would FAIL; "
        "leaning good: a fresh run of 311 sessions would PASS at 95 % with a chance of 90 %."
    )


def test_inconclusive_leans_bad_without_a_fresh_run(bench):
    """On the bad side no size of run is advised."""
    verdict = run(bench, 7, 100)
    assert (verdict.outcome, verdict.leaning, verdict.fresh_n) == (Outcome.INCONCLUSIVE, "bad", None)
    assert "no run of any size" in verdict.reason


def test_on_the_limit_it_leans_good_and_no_size_is_advised(bench):
    """Exactly 5 % over is on the good side, as the order statistic says, and no fresh run could certify it."""
    verdict = run(bench, 3, 60)
    assert (verdict.estimate.value, verdict.leaning, verdict.fresh_n) == (500.0, "good", None)
    assert "too near the limit" in verdict.reason


def test_the_reason_counts_the_lines_that_share_the_error(bench):
    """What would FAIL depends on the number of gating lines: 13 of 96 among twenty."""
    assert "up to 1 would PASS, 13 or more would FAIL" in run(bench, 3, 96, gates=20).reason


def test_too_few_sessions_for_any_pass(bench):
    """With 58 clean sessions it says that 59 are the least."""
    verdict = run(bench, 0, 58)
    assert verdict.estimate.high is None
    assert verdict.fresh_n == 59
    assert verdict.reason.startswith(
        "None of 58 sessions is over 800 ms; a PASS takes at least 59 sessions, even without a violation; leaning good"
    )


def test_a_rate_is_certified_by_clopper_pearson(bench):
    """`rate error < 0.5 %` takes 598 sessions without an error, or 947 with one."""
    text = "rate error < 0.5 %"
    assert bench.of(text).play(times=598).only().outcome is Outcome.PASS
    short = bench.of(text).play(times=597).only()
    assert (short.outcome, short.fresh_n) == (Outcome.INCONCLUSIVE, 598)
    one = bench.of(text).play(outcome="timeout").play(times=946).only()
    assert (one.outcome, one.estimate.violations) == (Outcome.PASS, 1)
    assert one.estimate.high == pytest.approx(0.005, abs=5e-6)


def test_a_failed_rate_names_how_sessions_failed(bench):
    """The outcomes stand with their codes and counts, most frequent first."""
    failing = bench.of("rate error < 0.5 %").play(times=190).play(times=2, outcome="timeout")
    verdict = failing.play(times=8, outcome="disconnected", code="1006").only()
    assert verdict.outcome is Outcome.FAIL
    assert verdict.reason == "10 of 200 sessions failed: 8 disconnected (1006), 2 timeout; 0.5 % would be 1."


def test_a_rate_that_should_be_high(bench):
    """For `>=` the sessions that lack the thing are the violations, and the bounds are those of the share itself."""
    verdict = bench.of("rate early_words >= 90 %").play(times=200, early_words=1.0).only()
    assert (verdict.outcome, verdict.estimate.value, verdict.estimate.high) == (Outcome.PASS, 1.0, 1.0)
    assert verdict.estimate.low == pytest.approx(0.05 ** (1 / 200))
    assert bench.of("rate early_words >= 90 %").play(times=200, early_words=0.0).only().outcome is Outcome.FAIL


def test_confidence_is_the_objective_s(bench):
    """At 99 % p95 takes 90 sessions."""
    strict = bench.objective(P95, confidence=0.99)
    assert bench(objectives=(strict,)).play(times=90, final_ms=1.0).only().outcome is Outcome.PASS
    assert bench(objectives=(strict,)).play(times=89, final_ms=1.0).only().outcome is Outcome.INCONCLUSIVE
