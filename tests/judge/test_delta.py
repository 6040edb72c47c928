"""Objectives against the blessed baseline."""

from __future__ import annotations

import pytest

from harness.model.verdict import Outcome

FINAL = "delta p95 final_ms <= 50"
WER = "delta pooled wer <= 2 %"


def against(bench, text, old, new, **given):
    """The verdict of a run with sessions `new` against a baseline with sessions `old`: one list of metrics each."""
    made = bench.of(text, **given)
    for row in new:
        made.play(**row)
    yesterday = bench.of(text)
    for row in old:
        yesterday.play(**row)
    made.baseline = yesterday.blessed()
    return made.only()


def finals(*values):
    return [{"final_ms": value} for value in values]


def words(*errors):
    return [{"wer": (wrong, 10)} for wrong in errors]


def test_a_small_shift_passes(bench):
    """Twenty pairs, each 10 to 29 ms later: the typical session moved by 19.5 ms."""
    old, new = finals(*[500.0] * 20), finals(*(510.0 + i for i in range(20)))
    verdict = against(bench, FINAL, old, new)
    assert (verdict.outcome, verdict.estimate.value, verdict.estimate.n) == (Outcome.PASS, 19.5, 20)
    assert verdict.reason.startswith(
        "The typical session moved by +20 ms over 20 pairs; the bound certified at 95 % is"
    )
    assert verdict.reason.endswith("the limit 50 ms.")


def test_a_large_shift_fails(bench):
    """Even the lower bound lies beyond the limit, and the headline says the change, not a quantile."""
    made = bench.of(FINAL)
    made.latencies("final_ms", [600.0 + i for i in range(20)])
    made.baseline = bench.of(FINAL).latencies("final_ms", [500.0] * 20).blessed()
    judgement = made.judge()
    assert judgement.outcome is Outcome.FAIL
    assert judgement.headline.startswith("Change of final: the typical session moved by +110 ms over 20 pairs; even")


def test_a_scattered_shift_is_not_decided(bench):
    """Both bounds stand in the reason, and where it leans."""
    old, new = finals(*[500.0] * 10), finals(*(440.0 + 20 * i for i in range(10)))
    verdict = against(bench, FINAL, old, new)
    assert (verdict.outcome, verdict.leaning) == (Outcome.INCONCLUSIVE, "good")
    assert "its bounds are " in verdict.reason
    assert "leaning good" in verdict.reason


def test_four_pairs_have_no_bound(bench):
    """They cannot PASS, however equal they are."""
    verdict = against(bench, FINAL, finals(*[500.0] * 4), finals(*[500.0] * 4))
    assert (verdict.outcome, verdict.estimate.low, verdict.estimate.high) == (Outcome.INCONCLUSIVE, None, None)
    assert "its bounds are -∞ and +∞" in verdict.reason
    assert "no size of a fresh run can be given: its upper bound is infinite" in verdict.reason


def test_sessions_lost_only_now_count_as_infinitely_late(bench):
    """Half of them lost: no bound holds, and the reason says what they lack."""
    verdict = against(bench, FINAL, finals(*[500.0] * 20), finals(*[500.0] * 10, *[None] * 10))
    assert verdict.outcome is not Outcome.PASS
    assert verdict.estimate.missing == 10
    assert "10 of them never got a final this time only" in verdict.reason


def test_sessions_lost_in_both_runs_are_left_out_and_named(bench):
    """They say nothing about a change."""
    verdict = against(bench, FINAL, finals(*[500.0] * 20, None), finals(*[500.0] * 20, None))
    assert (verdict.outcome, verdict.estimate.n) == (Outcome.PASS, 20)
    assert "left out: 1 pair that never got a final in either run" in verdict.reason


def test_word_errors_pass_when_nothing_changed(bench):
    """No difference in 150 pairs has an upper bound of 2 points, as published for the method."""
    verdict = against(bench, WER, words(*[1] * 150), words(*[1] * 150))
    assert (verdict.outcome, verdict.estimate.value) == (Outcome.PASS, 0.0)
    assert verdict.estimate.high == pytest.approx(0.02, abs=0.001)


def test_word_errors_fail_when_much_worse(bench):
    """Three more wrong words of ten in each session."""
    verdict = against(bench, WER, words(*[1] * 60), words(*[4] * 60))
    assert verdict.outcome is Outcome.FAIL
    assert verdict.reason.startswith("The share of wrong words changed by +30.0 points over 60 pairs")
    assert verdict.reason.endswith("is over 2 points.")


def test_what_is_not_decided_says_how_many_pairs_would_be(bench):
    """No difference in 60 pairs is not enough for 2 points; 150 pairs without any would be, as the method has it."""
    verdict = against(bench, WER, words(*[1] * 60), words(*[1] * 60))
    assert verdict.outcome is Outcome.INCONCLUSIVE
    said = verdict.reason.partition("leaning good: a fresh baseline and run of about ")[2]
    assert 145 <= int(said.split()[0]) <= 155
    assert said.endswith("pairs would PASS at 95 % with a chance of 90 %.")


def test_a_change_beyond_the_limit_has_no_size_of_a_run(bench):
    """It leans bad."""
    old, new = finals(*[500.0] * 10), finals(*(470.0 + 20 * i for i in range(10)))
    verdict = against(bench, FINAL, old, new)
    assert verdict.outcome is Outcome.INCONCLUSIVE
    assert "leaning bad: no run of any size would PASS at this change" in verdict.reason


def test_pairs_matter_not_totals(bench):
    """Ten clips better and ten worse by as much: no change in sum, and a wide interval."""
    verdict = against(bench, WER, words(*[0] * 10, *[9] * 10), words(*[9] * 10, *[0] * 10))
    assert verdict.estimate.value == 0.0
    assert verdict.outcome is Outcome.INCONCLUSIVE


def test_sessions_without_a_partner_are_named(bench):
    """On either side, by id and by run."""
    made = bench.of(FINAL).play(times=20, final_ms=500.0).play(bench.clip("fresh"), final_ms=500.0)
    made.baseline = bench.of(FINAL).play(times=20, final_ms=500.0).play(bench.clip("gone"), final_ms=500.0).blessed()
    verdict = made.only()
    assert verdict.outcome is Outcome.PASS
    assert "without a partner in golden-1: 1 session (s0021)" in verdict.reason
    assert "without a partner in this run: 1 session of the baseline (s0021)" in verdict.reason


def test_a_slice_is_compared_with_its_own_slice(bench):
    """8 kHz became worse, 16 kHz did not, and neither lacks the other's partners."""
    made, old = bench.of(f"{FINAL} per rate"), bench.of(f"{FINAL} per rate")
    for rate, now in ((8000, 900.0), (16_000, 500.0)):
        old.play(bench.clip(rate_hz=rate), times=20, final_ms=500.0)
        made.play(bench.clip(rate_hz=rate), times=20, final_ms=now)
    made.baseline = old.blessed()
    verdicts = made.judge().verdicts
    assert [one.outcome for one in verdicts] == [Outcome.FAIL, Outcome.PASS]
    assert not any("partner" in one.reason for one in verdicts)


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"driver": "riva"}, "The blessed baseline came through the riva driver, this run through gateway."),
        ({"normaliser": "other"}, "The blessed baseline was measured with other, this run with whisper-english."),
    ],
)
def test_what_cannot_be_compared_is_inconclusive(bench, given, says):
    """Another way in has other latencies, another normaliser other words."""
    made = bench.of(FINAL).play(times=20, final_ms=500.0)
    made.baseline = bench.of(FINAL).play(times=20, final_ms=500.0).blessed(**given)
    assert (made.only().outcome, made.only().reason) == (Outcome.INCONCLUSIVE, says)


def test_no_common_session_is_inconclusive(bench):
    """Nothing is paired, nothing is claimed."""
    made = bench.of(FINAL).play(times=20, final_ms=500.0)
    made.baseline = bench.of(FINAL).play(bench.clip("other"), times=20, final_ms=500.0).blessed()
    assert made.only().outcome is Outcome.INCONCLUSIVE
    said = "No pair says anything about a change, so no size of a fresh run can be given"
    assert made.only().reason.startswith(said)


def test_a_forced_baseline_is_a_finding(bench):
    """Who compares with a run that did not PASS is told so, and why it was blessed."""
    made = bench.of(FINAL).play(times=20, final_ms=500.0)
    made.baseline = bench.of(FINAL).play(times=20, final_ms=500.0).blessed(forced="The first one ever.")
    said = "The baseline golden-1 was blessed although it was INCONCLUSIVE: The first one ever."
    assert said in made.judge().findings


def test_a_rounded_zero_has_no_sign(bench):
    """-0.3 ms reads as 0 ms."""
    verdict = against(bench, FINAL, finals(*[500.0] * 20), finals(*[499.7] * 20))
    assert verdict.reason.startswith(
        "The typical session moved by 0 ms over 20 pairs; the bound certified at 95 % is 0 ms"
    )
