"""Capacity from a judged run over levels: certified, estimated, refuted, and what stays open."""

from __future__ import annotations

from dataclasses import replace

import pytest
from judge.ladder import FINAL, Ladder, at, mixed

from harness.judge.capacity import judge_capacity
from harness.judge.knee import plan_levels
from harness.judge.slo import judge
from harness.judge.visited import Part
from harness.model.capacity import Capacity
from harness.model.run import Measured, Vitals
from harness.model.scenario import Arrival, Levels
from harness.model.verdict import Outcome
from harness.scenario.plan import make_plan
from harness.store import codec

ERRORS = "rate error <= 1 %"


def ladder(bench, late: dict[int, int], *texts: str, bad: float | None = 900.0, n: int = 200) -> Ladder:
    """Three visits to each level, shuffled by block, with so many of n late each."""
    made = Ladder(bench, *texts)
    for _ in range(3):
        for level in sorted(late, reverse=True):
            made.visit(level, mixed(n, late[level], bad=bad))
    return made


KNEE = {24: 0, 30: 1, 38: 2, 42: 10, 45: 40, 53: 120}


@pytest.fixture
def found(bench) -> Capacity:
    return judge_capacity(ladder(bench, KNEE).part, per="Riva instance")


def test_the_interval_and_the_estimate(found):
    """Certified is the last of the passes from below, refuted the last of the fails from above."""
    assert (found.outcome, found.certified, found.refuted) == (Outcome.PASS, 38, 45)
    assert found.estimate == pytest.approx(42.0)
    assert (found.limited_by, found.estimate_beyond) == ("o1", "")


def test_the_headline_is_the_whole_answer(found):
    """One sentence for the person who plans the machines: 180 s of steady time leave out stalls rarer than 60 s."""
    assert found.headline == (
        "38 sessions per Riva instance certified, 42 estimated, refuted from 45; limited by final p95; "
        "stalls rarer than one a minute not excluded."
    )
    assert found.reason.startswith("42 sessions at once are not shown to hold: 30 of 600 sessions are over 800 ms")
    assert (found.steady_s, found.stall_gap_s) == (180.0, 60.0)


def test_each_end_takes_half_of_the_error(found):
    """95 % for the interval are 97.5 % a side, and the levels' lines are judged at that."""
    assert (found.confidence, found.side_confidence) == (0.95, 0.975)
    assert {line.objective.confidence for level in found.levels for line in level.lines} == {0.975}


def test_a_level_may_pass_its_run_and_not_be_certified(bench):
    """5 of 200 late three times pass at 95 %; the certificate's end asks for 97.5 %."""
    counts = {late: ladder(bench, {40: late}).part for late in range(3, 10)}
    passes = {late for late, part in counts.items() if part.judgement.outcome is Outcome.PASS}
    certified = {late for late, part in counts.items() if judge_capacity(part).certified == 40}
    assert certified < passes


def test_the_levels_tell_what_they_rest_on(found):
    """Visits, sessions, steady seconds; bounds, design effect and each visit's value of every line."""
    level = at(found.levels, 38)
    (line,) = level.lines
    assert (level.visits, level.sessions, level.ok, level.steady_s) == (3, 600, 600, 180.0)
    assert (line.line_id, line.estimate.n, line.estimate.violations) == ("o1[level=38]", 600, 6)
    assert [(one.visit, one.n, one.violations) for one in line.visits] == [(1, 200, 2), (2, 200, 2), (3, 200, 2)]
    assert line.blocked is not None
    assert line.blocked.low < line.blocked.share == 0.01 < line.blocked.high < line.blocked.allowed == 0.05
    assert line.drift == 0.0


def test_it_survives_its_file(found):
    """`capacity.json` holds all of it."""
    assert codec.loads(Capacity, codec.dumps(found)) == found


def test_errors_limit_where_latency_does_not(bench):
    """Sessions that are refused past a level break the error rate first."""
    made = ladder(bench, {20: 0, 30: 0, 40: 8, 50: 30}, FINAL, ERRORS, bad=None)
    found = judge_capacity(made.part)
    assert (found.certified, found.refuted, found.limited_by) == (30, 40, "o2")
    assert "limited by errors" in found.headline
    assert found.headline.startswith("30 sessions at once certified")


def test_nothing_certified_says_what_it_lacks(bench):
    """Too few sessions at the lowest level: INCONCLUSIVE, with the reason and the remedy."""
    found = judge_capacity(ladder(bench, {20: 0, 30: 0}, n=60).part)
    assert (found.outcome, found.certified, found.stall_gap_s, found.errors) == (Outcome.INCONCLUSIVE, None, None, None)
    assert found.headline == "No level certified, above 30 estimated, nothing refuted."
    assert "plan longer visits" in found.reason
    assert "at least 300 sessions" in found.reason


def test_levels_that_all_break_call_for_lower_ones(bench):
    """The lowest is refuted: nothing is certified, and longer visits would not help."""
    found = judge_capacity(ladder(bench, {20: 150, 30: 160}).part)
    assert (found.outcome, found.refuted, found.estimate_beyond) == (Outcome.INCONCLUSIVE, 20, "below")
    assert "plan lower levels" in found.reason
    assert "below 20 estimated" in found.headline


def test_levels_that_all_hold_call_for_higher_ones(bench):
    """No limit was found, and none is named."""
    found = judge_capacity(ladder(bench, {20: 0, 30: 0}).part)
    assert (found.certified, found.refuted, found.limited_by, found.estimate) == (30, None, "", None)
    assert found.headline.startswith("30 sessions at once certified, above 30 estimated, nothing refuted; stalls")
    assert "higher ones" in found.reason


def test_an_invalid_run_certifies_and_refutes_nothing(bench):
    """The harness's own fault is no finding about the target."""
    made = ladder(bench, KNEE)
    made.bench.vitals = replace(made.bench.vitals, clock_drift_ms=51.0)
    found = judge_capacity(made.part)
    assert (found.outcome, found.certified, found.refuted, found.estimate) == (Outcome.INVALID, None, None, None)
    assert {level.outcome for level in found.levels} == {Outcome.INVALID}
    assert "51.0 ms" in found.reason


def test_a_cut_run_certifies_nothing(bench):
    """What it lacks may be the bad part; what it showed to be bad stays bad."""
    made = ladder(bench, KNEE)
    made.bench.vitals = Vitals(interrupted=True, identity_after=made.bench.vitals.identity_after)
    found = judge_capacity(made.part)
    assert (found.outcome, found.certified, found.refuted) == (Outcome.INCONCLUSIVE, None, 45)
    assert "interrupted" in found.reason


def test_advisory_lines_are_told_and_decide_nothing(bench):
    """`gate: false` at every level: told in the level, no part of its outcome."""
    made = Ladder(bench, FINAL)
    made.bench.objectives += (bench.objective("p95 final_ms <= 1", "strict", gate=False, per=("level",)),)
    found = judge_capacity(made.visits(20, mixed(200, 0)).part)
    assert found.certified == 20
    assert [(line.gating, line.outcome) for line in found.levels[0].lines] == [
        (True, Outcome.PASS),
        (False, Outcome.FAIL),
    ]


def test_a_maximum_beyond_its_limit_certifies_nothing_and_refutes_nothing(bench):
    """It has no bound: the run showed it, and says nothing with confidence."""
    found = judge_capacity(ladder(bench, {20: 1}, FINAL, "max final_ms <= 800").part)
    assert (found.certified, found.refuted) == (None, None)


def test_drift_between_the_visits_is_a_finding(bench):
    """A latency that grew by more than a tenth of its limit from the first visit to the last is named."""
    made = Ladder(bench)
    for good in (500.0, 540.0, 590.0):
        made.visit(40, mixed(200, 0, good=good))
    (finding,) = judge_capacity(made.part).findings
    assert finding == "Final (p95) at 40 sessions at once rose from 518 ms in the first visit to 608 ms in the last."


def test_one_fault_of_a_must_be_zero_objective_refutes(bench):
    """A counter-example is one at any level."""
    found = judge_capacity(ladder(bench, {20: 0, 30: 1}, FINAL, "sum error == 0", bad=None).part)
    assert (found.certified, found.refuted) == (20, 30)


def test_the_error_rate_at_the_certified_level_is_told(found):
    """Without an objective on it, it is a bound and no certificate."""
    errors = found.errors
    assert errors is not None
    assert (errors.level, errors.part, errors.n, errors.errors) == (38, "confirm", 600, 0)
    assert (errors.limit, errors.certified) == (None, False)
    assert errors.high is not None
    assert 0.004 < errors.high < 0.012
    assert "no objective sets a limit" in errors.reason


def test_the_errors_part_certifies_the_rate(bench):
    """Its own sessions at the certified level, and only those."""
    confirm = ladder(bench, {20: 0, 30: 100}).part
    long = Ladder(bench, "rate error < 0.5 %", per=()).visit(20, mixed(1500, 1, bad=None), seconds=600.0)
    errors = judge_capacity(confirm, errors=long.part).errors
    assert errors is not None
    assert (errors.part, errors.n, errors.errors, errors.limit, errors.certified) == ("errors", 1500, 1, 0.005, True)
    short = Ladder(bench, "rate error < 0.5 %", per=()).visit(20, mixed(400, 0), seconds=600.0)
    assert not judge_capacity(confirm, errors=short.part).errors.certified


def test_an_errors_part_at_another_level_is_not_read(bench):
    """It was planned for a level that is not the certified one."""
    confirm = ladder(bench, {20: 0, 30: 100}).part
    other = Ladder(bench, "rate error < 0.5 %", per=()).visit(15, mixed(1500, 0), seconds=600.0)
    errors = judge_capacity(confirm, errors=other.part).errors
    assert (errors.part, errors.n, errors.certified) == ("confirm", 600, False)


def test_an_invalid_errors_part_certifies_no_rate(bench):
    """Its figures are told, and it certifies nothing."""
    confirm = ladder(bench, {20: 0, 30: 100}).part
    long = Ladder(bench, "rate error < 0.5 %", per=()).visit(20, mixed(1500, 0), seconds=600.0)
    long.bench.vitals = replace(long.bench.vitals, clock_drift_ms=51.0)
    errors = judge_capacity(confirm, errors=long.part).errors
    assert (errors.part, errors.certified) == ("errors", False)
    assert "cannot vouch" in errors.reason


def test_what_the_planner_plans_the_judge_certifies(bench):
    """A levels shape around a scout's knee of 6, with a target that answers late in one of six past 6 sessions."""
    shape = Levels(levels=plan_levels(6.0), visits=3, sessions=600, visit_s=60.0, warm_s=8.0)
    made = Ladder(bench).bench
    manifest = made.record.manifest
    scenario = replace(manifest.scenario, arrival=Arrival(lanes=1, seed=7, shape=shape))
    short = bench.clip(duration_ns=3_000_000_000, words=bench.clip().words[:2], segments=())
    plan = make_plan(scenario, (short,))
    for number, one in enumerate(plan.sessions):
        late = one.level > 6 and number % 6 == 0
        made.play(short, final_ms=900.0 if late else 500.0 + number * 7 % 20, warm_up=one.warm_up)
    made.sessions = list(plan.sessions)
    ids = {f"s{number:04d}": one.session_id for number, one in enumerate(plan.sessions, 1)}
    record = replace(
        made.record,
        manifest=replace(manifest, scenario=scenario, plan=plan),
        timelines=tuple(replace(one, session_id=ids[one.session_id]) for one in made.timelines),
    )
    measured = Measured(
        outcomes=tuple(replace(one, session_id=ids[one.session_id]) for one in made.outcomes),
        measurements=tuple(replace(one, session_id=ids[one.session_id]) for one in made.rows),
    )
    found = judge_capacity(Part(record=record, measured=measured, judgement=judge(record, measured)))
    assert [one.level for one in found.levels] == [4, 5, 6, 7, 8]
    assert (found.certified, found.refuted) == (6, 7)
    assert all(level.visits == 3 and level.sessions >= 600 and level.steady_s >= 180 for level in found.levels)


def test_a_level_that_the_harness_was_late_for_certifies_nothing_and_ends_the_row(bench):
    """12 of 600 sessions are 2 % of their level and a part of that of the run, which stays valid."""
    made = Ladder(bench).visit(30, mixed(12, 0), disturbed="a tick was 60 ms late", seconds=5.0)
    for level in (24, 30, 38):
        made.visits(level, mixed(200, 0))
    found = judge_capacity(made.part)
    assert made.part.valid
    assert [one.outcome for one in found.levels] == [Outcome.PASS, Outcome.INVALID, Outcome.PASS]
    assert (found.certified, found.refuted) == (24, None)
    assert found.reason == "30 sessions at once cannot be vouched for: The harness was late for 12 of 612 sessions."
