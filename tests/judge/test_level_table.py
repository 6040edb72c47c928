from __future__ import annotations

from dataclasses import replace

import pytest
from support import load_run
from support.load_run import LoadStory

from harness.judge.level_table import level_table
from harness.judge.slo import judge
from harness.measure.run import measure_run
from harness.model.baseline import Baseline, BlessedSession, PastRun, Reading
from harness.model.verdict import Judgement, Outcome
from harness.stats import quantiles

BARE = Judgement(outcome=Outcome.PASS, headline="", verdicts=(), checks=())


@pytest.fixture(scope="module")
def record():
    return load_run.make(LoadStory(levels=(12, 24), visits=2, visit_s=45, warm_s=5, knee=20.0))


@pytest.fixture(scope="module")
def measured(record):
    return measure_run(record)


@pytest.fixture(scope="module")
def judgement(record, measured):
    return judge(record, measured)


@pytest.fixture(scope="module")
def table(record, measured, judgement):
    return level_table(record, measured, judgement)


def test_a_run_without_stages_has_no_levels(record, measured):
    """And its report no section on load."""
    plan = replace(record.manifest.plan, stages=())
    assert level_table(replace(record, manifest=replace(record.manifest, plan=plan)), measured, BARE) is None


def test_levels_stand_in_rising_order_with_all_their_visits(record, table):
    """However shuffled they were run; counted sessions only, and the steady time without warm-ups."""
    assert [(row.level, row.visits, row.steady_s) for row in table.rows] == [(12, 2, 90.0), (24, 2, 90.0)]
    assert sum(row.planned for row in table.rows) == len(record.manifest.plan.counted)


def test_bounds_are_those_of_the_judged_lines(judgement, table):
    """The table and the verdict never tell two stories of one level."""
    judged = {(line.objective.metric, dict(line.slice)["level"]): line.estimate for line in judgement.verdicts}
    row = table.rows[1]
    assert row.measured >= 300
    for spread, metric in ((row.final, "final_ms"), (row.first_partial, "first_partial_ms")):
        estimate = judged[metric, "24"]
        assert (spread.p95.value, spread.p95.low, spread.p95.high) == (estimate.value, estimate.low, estimate.high)
    errors = judged["error", "24"]
    assert [row.errors.value, row.errors.low, row.errors.high] == pytest.approx([errors.value, errors.low, errors.high])


def test_few_sessions_have_the_plain_bound(record, measured, table):
    """The blocked one costs too much power below 300; the row says how few they are."""
    row = table.rows[0]
    plans = {one.session_id: one for one in record.manifest.plan.counted}
    values = [
        one.value for one in measured.measurements if one.metric == "final_ms" and plans[one.session_id].level == 12
    ]
    assert row.measured == len(values) < 300
    assert row.final.p95.high == quantiles.upper_bound(values, 0.95, 0.95)


def test_a_lost_answer_stays_in_every_quantile(table):
    """Refused sessions count as infinite, in the first partial as in the final, and as failed."""
    row = table.rows[1]
    assert dict(row.failures)["refused"] == row.final.missing == row.measured - row.ok
    assert row.final.p99.value == float("inf")
    assert row.errors.value == pytest.approx((row.measured - row.ok) / row.measured)


def test_rtfx_is_the_audio_of_completed_sessions_a_second(table):
    """Below the level: lanes pause half a second, and refused sessions stream nothing."""
    assert 0.8 * 12 < table.rows[0].rtfx < 12
    assert table.rows[1].rtfx / 24 < table.rows[0].rtfx / 12


def test_outcomes_are_those_of_the_lines_at_that_level(table):
    """The worst of them, with its reason; without such lines there is none."""
    assert table.rows[1].outcome is Outcome.FAIL
    assert table.rows[1].reason
    assert (table.final_limit_ms, table.first_partial_limit_ms, table.error_limit) == (800, 300, 0.02)


def test_a_level_that_no_line_reads_alone_has_no_verdict(record, measured):
    """It is not PASS by default."""
    found = level_table(record, measured, BARE)
    assert [row.outcome for row in found.rows] == [None, None]
    assert found.final_limit_ms is None


def test_a_level_the_harness_was_too_slow_for_is_invalid(measured, record, judgement):
    """More than one in a hundred of its own sessions disturbed: whatever its lines say, and no other level with it."""
    late = {one.session_id for one in record.manifest.plan.counted if one.level == 24}
    chosen = sorted(late)[: len(late) // 50 + 1]
    outcomes = tuple(replace(one, disturbed="late") if one.session_id in chosen else one for one in measured.outcomes)
    found = level_table(record, replace(measured, outcomes=outcomes), judgement)
    assert found.rows[1].outcome is Outcome.INVALID
    assert "the harness was late" in found.rows[1].reason.lower()
    assert found.rows[0].outcome is not Outcome.INVALID


def test_what_was_not_measured_is_none(record, measured):
    """A level whose sessions never started has no figure at all, and no zero."""
    ids = {one.session_id for one in record.manifest.plan.counted if one.level == 24}
    outcomes = tuple(
        replace(one, outcome="never_started", measured=False) if one.session_id in ids else one
        for one in measured.outcomes
    )
    rows = tuple(one for one in measured.measurements if one.session_id not in ids)
    timelines = tuple(one for one in record.timelines if one.session_id not in ids)
    found = level_table(
        replace(record, timelines=timelines), replace(measured, outcomes=outcomes, measurements=rows), BARE
    ).rows[1]
    assert (found.measured, found.planned) == (0, len(ids))
    assert found.final is found.first_partial is found.errors is found.wer is found.interval_p50_ms is None
    assert found.send_lag_p99_us is found.dependence is None


def test_the_blessed_runs_words_stand_beside(record, measured, judgement):
    """Pooled over the clips of the level, however many sessions each had."""
    clip = record.manifest.plan.counted[0].clip

    def session(number, wrong, of=clip.key):
        reading = Reading(metric="wer", numerator=wrong, denominator=10)
        return BlessedSession(
            session_id=f"b{number}", clip=of, repeat=number, played="", keys=(), outcome="ok", readings=(reading,)
        )

    run = PastRun(run_id="r", began_utc="", outcome=Outcome.PASS, lines=(), identity=(), versions=())
    baseline = Baseline(
        target="t",
        scenario="s",
        driver="d",
        normaliser="n",
        blessed_utc="",
        forced="",
        run=run,
        sessions=(session(1, 1.0), session(2, 2.0), session(3, 9.0, of="another clip")),
    )
    found = level_table(replace(record, baseline=baseline), measured, judgement)
    assert found.rows[0].wer_baseline == pytest.approx(0.15)
    assert level_table(record, measured, judgement).rows[0].wer_baseline is None
