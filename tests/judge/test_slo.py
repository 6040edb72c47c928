"""The whole judgement: cut runs, known limits, advisory lines, and what nothing measured comes to."""

from __future__ import annotations

from dataclasses import replace

import pytest

from harness.judge.slo import NO_CLAIM
from harness.model.run import Vitals
from harness.model.scenario import KnownLimit
from harness.model.verdict import Outcome

FINAL = "p95 final_ms <= 800"


def test_a_run_is_as_bad_as_its_worst_gating_line(bench):
    """FAIL beats INCONCLUSIVE beats PASS, and the exit code follows."""
    good = bench.of(FINAL, "sum error == 0").play(times=93, final_ms=500.0)
    assert (good.judge().outcome, good.judge().exit_code) == (Outcome.PASS, 0)
    short = bench.of(FINAL, "sum error == 0").play(times=30, final_ms=500.0)
    assert (short.judge().outcome, short.judge().exit_code) == (Outcome.INCONCLUSIVE, 3)
    short.play(outcome="timeout", final_ms=None)
    assert (short.judge().outcome, short.judge().exit_code) == (Outcome.FAIL, 1)


def test_advisory_lines_do_not_decide(bench):
    """`gate: false` keeps its verdict, and the run passes without it."""
    advisory = bench.objective("p95 connect_ms <= 5", "advisory", gate=False)
    made = bench(objectives=(bench.objective(FINAL), advisory)).play(times=93, final_ms=500.0, connect_ms=9.0)
    judgement = made.judge()
    assert [verdict.outcome for verdict in judgement.verdicts] == [Outcome.PASS, Outcome.FAIL]
    assert judgement.outcome is Outcome.PASS


def test_a_known_limit_keeps_its_verdict_and_is_left_out(bench):
    """The line FAILs, with the limit's reason beside it, and the run passes without it."""
    limit = KnownLimit(objective="o1", where=(("rate", ("8000",)),), reason="the small model is slow at 8 kHz")
    made = bench.of(f"{FINAL} per rate", known_limits=(limit,))
    made.play(bench.clip(rate_hz=8000), times=60, final_ms=900.0).play(times=60, final_ms=500.0)
    judgement = made.judge()
    assert [(one.outcome, one.known_limit) for one in judgement.verdicts] == [
        (Outcome.FAIL, limit.reason),
        (Outcome.PASS, ""),
    ]
    assert judgement.outcome is Outcome.PASS


def test_a_run_that_nothing_decides_does_not_pass(bench):
    """Without a gating line there is nothing a PASS could stand on."""
    advisory = bench.objective(FINAL, gate=False)
    judgement = bench(objectives=(advisory,)).play(times=93, final_ms=500.0).judge()
    assert judgement.outcome is Outcome.INCONCLUSIVE
    assert judgement.headline.startswith("Nothing was judged")


def test_a_cut_run_never_passes(bench):
    """One session that was not measured turns every PASS into INCONCLUSIVE, in other slices too."""
    made = bench.of(f"{FINAL} per rate").play(bench.clip(rate_hz=8000), times=93, final_ms=500.0)
    made.play(times=92, final_ms=500.0).play(measured=False)
    judgement = made.judge()
    assert [one.outcome for one in judgement.verdicts] == [Outcome.INCONCLUSIVE] * 2
    assert [one.estimate.unmeasured for one in judgement.verdicts] == [0, 1]
    assert judgement.verdicts[0].reason == ("Cut short: 1 of 186 planned sessions was not measured; leaning good.")
    assert (judgement.exit_code, judgement.headline) == (3, "Cut short: 1 of 186 planned sessions was not measured.")


def test_a_cut_descriptive_session_cuts_the_run_too(bench):
    """The plan was not followed, whichever session is lacking."""
    made = bench.of(FINAL).play(times=93, final_ms=500.0).play(bench.clip(binding=False), measured=False)
    assert made.judge().outcome is Outcome.INCONCLUSIVE


def test_a_cut_run_can_fail(bench):
    """What was shown to be bad stays bad, and the headline says both."""
    made = bench.of(FINAL).play(times=60, final_ms=900.0).play(times=40, measured=False)
    judgement = made.judge()
    assert (judgement.outcome, judgement.exit_code) == (Outcome.FAIL, 1)
    assert judgement.headline == (
        "Final: p95 is 900 ms, the limit is 800 ms. Cut short: 40 of 100 planned sessions were not measured."
    )


def test_a_crashed_run_is_cut(bench):
    """Without an ending even a fully measured run is INCONCLUSIVE, and says why."""
    judgement = bench.of(FINAL, vitals=None).play(times=93, final_ms=500.0).judge()
    assert (judgement.outcome, judgement.headline) == (
        Outcome.INCONCLUSIVE,
        "Cut short: the run crashed before its end.",
    )


def test_an_interrupted_run_is_never_a_pass(bench):
    """Ctrl-C, even after the last session: whoever interrupts a run has not let it end."""
    made = bench.of(FINAL).play(times=93, final_ms=500.0)
    made.vitals = replace(made.vitals, interrupted=True)
    assert made.judge().outcome is Outcome.INCONCLUSIVE


def test_a_planned_slice_that_was_never_measured_is_inconclusive(bench):
    """It keeps its line, and says that nothing was measured and why."""
    made = bench.of(f"{FINAL} per rate").play(bench.clip(rate_hz=8000), times=93, final_ms=500.0)
    made.play(times=20, measured=False)
    line = made.judge().verdicts[1]
    assert (line.outcome, line.estimate.n, line.estimate.value, line.leaning) == (Outcome.INCONCLUSIVE, 0, None, "")
    assert line.reason == "Nothing was measured: 20 of 20 planned sessions were cut or never started."


def test_an_objective_that_the_plan_leaves_out_is_inconclusive(bench):
    """A narrowed run does not certify what it did not play."""
    made = bench.of(FINAL, f"{FINAL} where condition = noisy").play(times=93, final_ms=500.0)
    judgement = made.judge()
    assert judgement.outcome is Outcome.INCONCLUSIVE
    assert judgement.verdicts[1].reason == "Nothing was measured: this run's plan has no session for it."


def test_a_metric_without_rows_was_not_measured(bench):
    """A contract without word times gives no rows, which is neither zero nor missing."""
    verdict = bench.of("p95 word_time_error_ms <= 100").play(times=93).only()
    assert (verdict.outcome, verdict.reason) == (Outcome.INCONCLUSIVE, "Nothing was measured.")


def test_silence_does_not_poison_a_latency(bench):
    """A session to which the metric does not apply has no row, and is in no denominator."""
    made = bench.of(FINAL, "sum error == 0").play(times=93, final_ms=500.0)
    made.play(bench.clip("quiet", condition="silence"), times=50, silence_words=0.0)
    judgement = made.judge()
    assert [one.estimate.n for one in judgement.verdicts] == [93, 143]
    assert judgement.outcome is Outcome.PASS


def test_failed_sessions_stay_in_every_denominator(bench):
    """A refused session is missing in the latency and one in the errors."""
    made = bench.of(FINAL, "rate error <= 5 %").play(times=92, final_ms=500.0)
    made.play(outcome="refused", code="RESOURCE_EXHAUSTED", final_ms=None)
    assert [(one.estimate.n, one.estimate.violations) for one in made.judge().verdicts] == [(93, 1), (93, 1)]


def test_delta_without_a_baseline_is_inconclusive(bench):
    """There is nothing to compare with, and the run's own value does not stand there as if it were a change."""
    verdict = bench.of("delta p95 final_ms <= 50").play(times=93, final_ms=500.0).only()
    assert (verdict.outcome, verdict.estimate.value) == (Outcome.INCONCLUSIVE, None)
    assert verdict.reason == "No blessed baseline to compare with."


def test_an_invalid_run_makes_no_claim(bench):
    """Every line and the run become INVALID; the estimates stay, advice goes."""
    made = bench.of(FINAL, "sum error == 0").play(times=30, final_ms=500.0).play(outcome="timeout", final_ms=None)
    made.vitals = replace(made.vitals, clock_drift_ms=51.0)
    judgement = made.judge()
    assert (judgement.outcome, judgement.exit_code) == (Outcome.INVALID, 4)
    assert {one.outcome for one in judgement.verdicts} == {Outcome.INVALID}
    assert judgement.verdicts[0].estimate.n == 31
    assert (judgement.verdicts[0].leaning, judgement.verdicts[0].fresh_n) == ("", None)
    said = "The harness cannot vouch for this run: the wall clock moved 51.0 ms against the monotonic one; "
    assert judgement.headline == said + "let its time service settle."
    assert judgement.verdicts[0].reason == NO_CLAIM


def test_a_cut_run_can_be_invalid(bench):
    """A lost engine cuts its sessions and makes the run INVALID, not INCONCLUSIVE."""
    vitals = Vitals(engines_lost=("The engine died with code -9.",))
    judgement = bench.of(FINAL, vitals=vitals).play(times=93, final_ms=500.0).play(measured=False).judge()
    assert judgement.outcome is Outcome.INVALID
    assert "The engine died with code -9" in judgement.headline


@pytest.mark.parametrize("seed", [7, 8])
def test_the_same_record_gives_the_same_judgement(bench, seed):
    """Judging twice gives equal values, reasons and bounds."""
    made = bench.of("pooled wer <= 12 % per rate", FINAL, bound_seed=seed)
    made.play(times=60, wer=(1, 10), final_ms=500.0).play(bench.clip(rate_hz=8000), times=60, wer=(1, 9), final_ms=1.0)
    assert repr(made.judge()) == repr(made.judge())


def test_the_seed_of_the_bounds_is_the_manifest_s(bench):
    """Another seed draws other weights: the unrounded bounds differ, so the seed is really used."""
    texts = [f"pooled wer <= {percent / 10} %" for percent in range(100, 140)]
    outcomes = set()
    for seed in range(6):
        made = bench.of(*texts, bound_seed=seed)
        for errors in (0, 1, 2, 0, 1, 3) * 8:
            made.play(wer=(errors, 13))
        outcomes.add(tuple(one.estimate.high for one in made.judge().verdicts))
    assert len(outcomes) > 1
