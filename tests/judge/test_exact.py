"""`max`, `sum`, and what must not happen at all: statements about this run."""

from __future__ import annotations

import math

import pytest

from harness.model.verdict import Outcome


def test_one_counter_example_fails_must_be_zero(bench):
    """One failed session of 200 FAILs `sum error == 0`, and the sentence names outcomes and codes."""
    clean = bench.of("sum error == 0").play(times=197)
    failing = clean.play(times=2, outcome="disconnected", code="1006").play(outcome="timeout")
    verdict = failing.only()
    assert (verdict.outcome, verdict.estimate.value, verdict.estimate.violations) == (Outcome.FAIL, 3.0, 3)
    assert verdict.reason == "3 of 200 sessions failed: 2 disconnected (1006), 1 timeout."


def test_a_clean_sum_says_what_it_could_not_see(bench):
    """96 clean sessions PASS and may hide 3.1 %."""
    verdict = bench.of("sum error == 0").play(times=96).only()
    assert (verdict.outcome, verdict.estimate.high) == (Outcome.PASS, None)
    assert verdict.reason == "None of 96 sessions failed; up to 3.1 % may still do so, unseen by 96 sessions."


def test_lost_finals_are_named_and_their_close_code_is_not(bench):
    """A lost final ends with an ordinary close; its code would mislead."""
    verdict = bench.of("sum error == 0").play(times=90).play(times=3, outcome="no_final", code="1000").only()
    assert verdict.reason == "3 of 93 sessions failed: 3 without a final."


def test_words_on_silence(bench):
    """Silence has its own clips; speech has no row there and does not count."""
    heard = bench.of("sum silence_words == 0 where condition = silence").play(times=5, wer=(0, 10))
    quiet = bench.clip("quiet", condition="silence")
    assert heard.play(quiet, times=12, silence_words=0.0).only().outcome is Outcome.PASS
    verdict = heard.play(quiet, silence_words=4.0).only()
    assert (verdict.outcome, verdict.estimate.n) == (Outcome.FAIL, 13)
    assert verdict.reason == "1 of 13 sessions heard words where nobody speaks: 4 in all, and none may."


def test_a_sum_against_a_count(bench):
    """A sum with room compares the sum, and names no session as guilty."""
    verdict = bench.of("sum early_words <= 5").play(times=2, early_words=2.0).play(early_words=1.0).only()
    assert (verdict.outcome, verdict.estimate.value, verdict.estimate.violations) == (Outcome.PASS, 5.0, None)
    assert verdict.reason == "It is 5 over 3 sessions, the limit 5."


def test_a_maximum(bench):
    """`max` compares the largest value; a tie holds, a missing one is infinite."""
    text = "max final_ms <= 800"
    held = bench.of(text).latencies("final_ms", [500.0, 800.0]).only()
    assert held.outcome is Outcome.PASS
    assert held.reason.startswith("The largest of 2 is 800 ms, the limit 800 ms; up to 77.6 %")
    lost = bench.of(text).latencies("final_ms", [500.0, None]).only()
    assert (lost.outcome, lost.estimate.value) == (Outcome.FAIL, math.inf)
    assert lost.reason == "1 of 2 sessions is over 800 ms, 1 never got a final, and the largest of 2 is ∞."


@pytest.mark.parametrize("text", ["rate error == 0 %", "rate error <= 0 %", "pooled wer <= 0 %", "pooled wer == 0"])
def test_nothing_allowed_is_must_be_zero_for_every_aggregate(bench, text):
    """No bound can certify zero, so a zero limit is judged by counter-examples, and such a line is no gate of m."""
    assert bench.of(text).play(times=30, wer=(0, 10)).only().outcome is Outcome.PASS
    verdict = bench.of(text).play(times=30, wer=(0, 10)).play(wer=(1, 10), outcome="timeout").only()
    assert (verdict.outcome, verdict.estimate.violations) == (Outcome.FAIL, 1)


def test_a_missing_value_is_a_counter_example(bench):
    """Where nothing may be taken back, a session without a final has not shown that."""
    verdict = bench.of("pooled upwr <= 0 %").play(times=9, upwr=(0, 10)).play(upwr=None, outcome="no_final").only()
    assert (verdict.outcome, verdict.estimate.violations) == (Outcome.FAIL, 1)
