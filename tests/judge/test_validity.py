"""What makes a run INVALID, and what does not."""

from __future__ import annotations

from dataclasses import replace

import pytest

from harness.judge.validity import checks
from harness.model.run import Vitals
from harness.model.verdict import Outcome

LATE = "Frame 3 was dispatched 61.0 ms after it was due."


def found(made):
    return {check.check_id: check for check in checks(made.record, made.measured)}


def test_all_clear(bench):
    """A calm run clears all eight checks."""
    made = bench.of("sum error == 0").play(times=2, warm_up=True).play(times=6)
    assert {name: check.clear for name, check in found(made).items()} == dict.fromkeys(
        ("pace", "files", "ports", "plan", "folder", "audio", "engine", "clock"), True
    )
    assert found(made)["plan"].found == "8 of 8 planned sessions accounted for, 2 of them warm-up and not counted"


@pytest.mark.parametrize(
    ("calm", "disturbed", "clear"), [(99, 1, True), (98, 1, False), (198, 2, True), (197, 3, False)]
)
def test_exactly_one_percent_disturbed_is_not_invalid(bench, calm, disturbed, clear):
    """1 of 100 is within the limit, 1 of 99 is over it."""
    made = bench.of("sum error == 0").play(times=calm).play(times=disturbed, disturbed=LATE)
    assert found(made)["pace"].clear is clear
    assert (made.judge().outcome is Outcome.INVALID) is not clear


def test_a_scenario_can_allow_less(bench):
    """The limit that was used stands beside what was found."""
    made = bench.of("sum error == 0").play(times=199).play(disturbed=LATE)
    scenario = made.record.manifest.scenario
    strict = replace(scenario, limits=replace(scenario.limits, disturbed_share=0.001))
    record = replace(made.record, manifest=replace(made.record.manifest, scenario=strict))
    pace = next(one for one in checks(record, made.measured) if one.check_id == "pace")
    assert (pace.clear, pace.limit) == (False, "≤ 0.1 %")


def test_disturbed_sessions_are_named(bench):
    """The sentence has the share, the sessions and what happened to them."""
    made = bench.of("sum error == 0").play(times=48).play(times=2, disturbed=LATE)
    assert found(made)["pace"].found == (
        "2 of 50 sessions disturbed (4.0 %): s0049, s0050; in s0049 frame 3 was dispatched 61.0 ms after it was due"
    )


def test_sessions_that_never_ran_do_not_dilute_the_disturbed(bench):
    """Of a cut run only what ran counts: 1 of 50, not 1 of 150."""
    made = bench.of("sum error == 0").play(times=49).play(disturbed=LATE).play(times=100, measured=False)
    assert not found(made)["pace"].clear


def test_a_cut_session_can_be_disturbed(bench):
    """A stalled engine that was then cut is still named."""
    made = bench.of("sum error == 0").play(times=5).play(measured=False, disturbed=LATE)
    assert found(made)["pace"].found.startswith("1 of 6 sessions disturbed (16.7 %): s0006")


@pytest.mark.parametrize(("drift", "clear"), [(50.0, True), (50.1, False), (-50.1, False), (float("nan"), False)])
def test_the_wall_clock_may_move_50_ms(bench, drift, clear):
    """Either way; what is not a number is not clear."""
    made = bench.of("sum error == 0", vitals=Vitals(clock_drift_ms=drift)).play()
    assert found(made)["clock"].clear is clear


def test_digest_faults_and_lost_engines_are_named(bench):
    """Each with what was found."""
    vitals = Vitals(digest_faults=("c7@8000",), engines_lost=("The engine stopped answering.",))
    made = found(bench.of("sum error == 0", vitals=vitals).play())
    assert (made["audio"].clear, made["audio"].found) == (False, "not what the manifest says: c7@8000")
    assert (made["engine"].clear, made["engine"].found) == (False, "The engine stopped answering")


def test_a_run_that_was_changed_by_hand_is_none_to_judge_by(bench):
    """It says what was changed; a run that was left alone has no such check at all."""
    vitals = Vitals(exploratory="the test was stopped in Locust's page")
    made = bench.of("sum error == 0", vitals=vitals).play()
    assert found(made)["by_hand"].found == "it is exploratory: the test was stopped in Locust's page"
    assert made.judge().outcome is Outcome.INVALID
    assert "by_hand" not in found(bench.of("sum error == 0").play())


def test_every_planned_session_must_be_in_the_record(bench):
    """A session without a timeline, an unknown one, and a doubled one each make the plan unfollowed."""
    whole = bench.of("sum error == 0").play(times=4)
    whole.timelines.pop(2)
    assert found(whole)["plan"].found == "3 of 4 planned sessions accounted for; without a record: s0003"
    assert whole.judge().outcome is Outcome.INVALID

    foreign = bench.of("sum error == 0").play(times=4)
    foreign.timelines.append(replace(foreign.timelines[0], session_id="s9999"))
    assert "never planned: s9999" in found(foreign)["plan"].found
    assert not found(foreign)["plan"].clear

    doubled = bench.of("sum error == 0").play(times=4)
    doubled.timelines.append(doubled.timelines[0])
    assert "recorded twice: s0001" in found(doubled)["plan"].found
    assert not found(doubled)["plan"].clear


def test_a_cut_session_is_accounted_for(bench):
    """Cut is a way of being accounted for: the run lacks evidence, the harness does not lack honesty."""
    assert found(bench.of("sum error == 0").play(times=3).play(measured=False))["plan"].clear


def test_a_crashed_run_has_only_the_checks_that_could_be_made(bench):
    """Nobody looked at clock, engine and digests at the end of it."""
    assert set(found(bench.of("sum error == 0", vitals=None).play())) == {"pace", "files", "ports", "plan", "folder"}
