"""Pooled ratios: the Dirichlet bound, its two claims, and what a lost session weighs."""

from __future__ import annotations

import pytest

from harness.model.verdict import Outcome

WER = "pooled wer <= 12 %"


def test_no_errors_certify_from_24_sessions(bench):
    """Without an error 24 units certify 12 %, 23 do not and are told so."""
    assert bench.of(WER).play(times=24, wer=(0, 10)).only().outcome is Outcome.PASS
    verdict = bench.of(WER).play(times=23, wer=(0, 10)).only()
    assert (verdict.outcome, verdict.leaning, verdict.fresh_n) == (Outcome.INCONCLUSIVE, "good", 24)


def test_a_pass_states_words_and_bound(bench):
    """The sentence has words, sessions, ratio and bound; the value is the ratio of sums."""
    verdict = bench.of(WER).play(times=60, wer=(0, 10)).play(times=36, wer=(1, 15)).only()
    assert verdict.outcome is Outcome.PASS
    assert verdict.estimate.value == pytest.approx(36 / 1140)
    assert verdict.estimate.units == verdict.estimate.n == 96
    assert verdict.estimate.low < verdict.estimate.value < verdict.estimate.high
    assert verdict.reason.startswith("36 of 1,140 words are wrong (3.2 %) in 96 sessions; the bound certified at 95 %")


def test_bad_words_fail(bench):
    """FAIL where even the lower bound is over the limit, and the sentence says so."""
    verdict = bench.of(WER).play(times=93, wer=(3, 10)).only()
    assert verdict.outcome is Outcome.FAIL
    assert "279 of 930 words are wrong (30.0 %) in 93 sessions; even the lower bound, 2" in verdict.reason
    assert verdict.reason.endswith("is over 12 %.")


def test_fail_shares_its_error_among_the_gating_lines(bench):
    """Alone these words FAIL; among twenty gating lines the evidence is too thin for it."""

    def outcome(gates):
        others = [f"p95 connect_ms <= {number}" for number in range(1, gates)]
        return (
            bench.of(WER, *others).play(times=45, wer=(2, 10)).play(times=17, wer=(0, 10)).judge().verdicts[0].outcome
        )

    assert [outcome(1), outcome(20)] == [Outcome.FAIL, Outcome.INCONCLUSIVE]


def test_between_the_bounds_it_leans(bench):
    """Near the limit it is INCONCLUSIVE: leaning good with a fresh size, or bad without."""
    good = bench.of(WER).play(times=24, wer=(2, 10)).play(times=30, wer=(0, 10)).only()
    assert (good.outcome, good.leaning) == (Outcome.INCONCLUSIVE, "good")
    assert good.fresh_n > 54
    bad = bench.of(WER).play(times=35, wer=(2, 10)).play(times=19, wer=(0, 10)).only()
    assert (bad.outcome, bad.leaning, bad.fresh_n) == (Outcome.INCONCLUSIVE, "bad", None)


def test_population_sums_repeats_and_copies_of_one_source(bench):
    """Repeats and degraded copies are one unit, so 96 sessions of 12 recordings cannot speak for other audio."""
    heard = bench(objectives=(bench.objective(WER, claim="population"),))
    for number in range(12):
        for rate in (8000, 16_000):
            heard.play(bench.clip(f"c{number}-{rate}", rate, source=f"r{number}"), times=4, wer=(0, 10))
    verdict = heard.only()
    assert (verdict.outcome, verdict.estimate.units, verdict.estimate.n) == (Outcome.INCONCLUSIVE, 12, 96)
    assert "12 independent recordings cannot speak for other audio, which needs ≥ 48" in verdict.reason
    assert verdict.fresh_n is None


@pytest.mark.parametrize(("limit", "least"), [("12 %", 24), ("18 %", 16)])
def test_population_of_enough_sources_can_pass(bench, limit, least):
    """From 24 sources for 12 % and 16 for 18 % a claim about other audio is possible; one source less, never."""
    objective = bench.objective(f"pooled wer <= {limit}", claim="population")
    for sources, outcome in ((least, Outcome.PASS), (least - 1, Outcome.INCONCLUSIVE)):
        heard = bench(objectives=(objective,))
        for number in range(sources):
            heard.play(bench.clip(f"c{number}"), wer=(0, 10))
        assert heard.only().outcome is outcome


def test_too_few_sources_never_fail_either(bench):
    """A population claim on few sources is INCONCLUSIVE however bad they are."""
    heard = bench(objectives=(bench.objective(WER, claim="population"),))
    for number in range(20):
        heard.play(bench.clip(f"c{number}"), wer=(9, 10))
    assert heard.only().outcome is Outcome.INCONCLUSIVE


def test_a_session_without_a_ratio_is_all_wrong(bench):
    """Without a final `upwr` has no ratio: all words of its clip count as wrong, and the sentence names the finals."""
    verdict = bench.of("pooled upwr <= 20 %").play(times=59, upwr=(0, 10)).play(upwr=None, outcome="no_final").only()
    assert (verdict.estimate.value, verdict.estimate.missing) == (pytest.approx(10 / 600), 1)


def test_a_ratio_over_no_words_is_all_wrong(bench):
    """Finals without a word give 0/0 for `upwr`, which is no number and no excuse."""
    verdict = bench.of("pooled upwr <= 20 %").play(times=59, upwr=(0, 10)).play(upwr=(0, 0)).only()
    assert verdict.estimate.value == pytest.approx(10 / 600)


def test_more_errors_than_words_is_a_finding_and_no_pass(bench):
    """The bound caps a session's errors at its words and says so; below the value it is no bound, and none is told."""
    heard = bench.of("pooled wer <= 50 %").play(times=60, wer=(0, 10)).play(times=2, wer=(400, 10))
    judgement = heard.judge()
    assert judgement.verdicts[0].estimate.high is None
    assert judgement.verdicts[0].estimate.value > 0.5
    assert judgement.outcome is Outcome.INCONCLUSIVE
    assert any("2 sessions had more errors than words" in finding for finding in judgement.findings)


def test_the_seed_decides_the_draws_and_order_does_not(bench):
    """The same seed gives the same judgement, whatever order the measurements come in."""
    heard = bench.of(WER).play(times=30, wer=(1, 10)).play(times=30, wer=(0, 17))
    before = heard.judge()
    heard.rows.reverse()
    assert heard.judge() == before


def test_a_ratio_that_should_be_high(bench):
    """For `>=` the bounds swap sides."""
    assert bench.of("pooled wer >= 50 %").play(times=60, wer=(9, 10)).only().outcome is Outcome.PASS
    assert bench.of("pooled wer >= 50 %").play(times=60, wer=(1, 10)).only().outcome is Outcome.FAIL
