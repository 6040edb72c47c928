from __future__ import annotations

import math
from dataclasses import replace

from harness.model.measurement import Mistake
from harness.model.verdict import Outcome
from harness.report import facts, view


def sessions_by_id(world):
    return {session.plan.session_id: session for session in facts.join(world.record, world.measured)}


def test_the_worst_sessions_of_a_failing_run_are_those_that_fail_it(failing):
    """They come from the failing slice, those that never ended first."""
    chosen = [
        sessions_by_id(failing)[name]
        for name in view.worst_sessions(failing.record, failing.measured, failing.judgement)
    ]
    assert len(chosen) == 3
    assert {one.clip.rate_hz for one in chosen} == {8000}
    assert {one.clip.condition for one in chosen} <= {"noisy", "music"}
    values = [one.value("final_ms") for one in chosen]
    assert values == sorted(values, reverse=True)
    assert values[0] == math.inf


def test_clips_in_which_silence_spoke_are_played_too(failing):
    """Beside those of the worst sessions, each session once."""
    quiet = next(one for one in failing.record.manifest.plan.counted if not one.clip.has_speech)
    false = Mistake(session_id=quiet.session_id, kind="insert", at=0, of=0, heard="you", at_ns=quiet.end_ns)
    measured = replace(failing.measured, mistakes=(*failing.measured.mistakes, false, false))
    worst = view.worst_sessions(failing.record, measured, failing.judgement)
    assert view.sessions_to_hear(failing.record, measured, failing.judgement) == (*worst, quiet.session_id)


def test_every_clip_of_the_slice_gets_its_turn(failing):
    """The second worst of a clip comes only after the worst of each."""
    two = view.worst_sessions(failing.record, failing.measured, failing.judgement, limit=2)
    assert {sessions_by_id(failing)[name].clip.clip_id for name in two} == {"noisy-babble5", "music-moh5"}


def test_when_all_passes_the_slowest_finals_are_shown(passing):
    """A PASS has worst sessions too."""
    chosen = [
        sessions_by_id(passing)[name]
        for name in view.worst_sessions(passing.record, passing.measured, passing.judgement)
    ]
    slowest = max(value for one in sessions_by_id(passing).values() if (value := one.value("final_ms")) is not None)
    assert chosen[0].value("final_ms") == slowest
    assert len({one.clip.key for one in chosen}) == 3


def test_sessions_that_never_started_are_not_shown(make_world):
    """There is nothing to draw of them."""
    world = make_world(interrupted=True, good=True, repeats=4)
    ends = {line.session_id: line.end_reason for line in world.record.timelines}
    chosen = view.worst_sessions(world.record, world.measured, world.judgement, limit=50)
    assert chosen
    assert "never_started" not in {ends[name] for name in chosen}


def test_the_worst_objective_stands_first(failing):
    """FAIL, INCONCLUSIVE, PASS; within one outcome the scenario's order."""
    rows = facts.standings(failing.judgement)
    severities = [row.outcome.severity for row in rows if row.counted]
    assert severities == sorted(severities, reverse=True)
    assert rows[0].objective.objective_id == "final-noisy"
    passing = [row.objective.objective_id for row in rows if row.counted and row.outcome is Outcome.PASS]
    assert passing == ["first-partial", "final-clear", "wer-clear", "silence"]


def test_what_the_run_leaves_out_stands_after_what_it_reads(failing):
    """An advisory objective, even one that fails, pushes none that decides from its place."""
    failed = tuple(
        replace(line, outcome=Outcome.FAIL) if not line.objective.gate else line for line in failing.judgement.verdicts
    )
    rows = facts.standings(replace(failing.judgement, verdicts=failed))
    reads = [bool(row.counted) for row in rows]
    assert "stable" in {row.objective.objective_id for row in rows if not row.counted}
    assert reads == sorted(reads, reverse=True)


def test_a_known_limit_is_not_the_objectives_verdict(failing):
    """The line keeps its verdict, the objective is what the other lines make it."""
    verdicts = tuple(
        replace(line, known_limit="the stand-in is slow here") if line.outcome is Outcome.FAIL else line
        for line in failing.judgement.verdicts
    )
    row = next(
        row
        for row in facts.standings(replace(failing.judgement, verdicts=verdicts))
        if row.objective.objective_id == "final-noisy"
    )
    assert row.outcome is not Outcome.FAIL
    assert [line.outcome for line in row.lines].count(Outcome.FAIL) == 1


def test_clips_that_bind_nothing_belong_to_no_line(failing):
    """A descriptive clip is read by no objective."""
    line = failing.judgement.verdicts[0]
    session = facts.inside(line, sessions_by_id(failing).values())[0]
    loose = replace(session.clip, binding=False)
    assert facts.covers(line.objective, session.clip, line.slice)
    assert not facts.covers(line.objective, loose, line.slice)


def test_the_page_holds_the_sections_in_values(failing):
    """The view alone, undrawn, already says what the page will."""
    page = view.build(failing.record, failing.measured, failing.judgement, failing.traces, failing.digests)
    assert page.objectives.heading == "One objective fails, one lacks evidence, four hold"
    assert page.matrix.heading.startswith("The worst final is over the limit in 2 of 12")
    assert (
        page.latency.heading
        == "25.0\u202f% of sessions at 8\u202fkHz still wait for their final at 800\u202fms; 5\u202f% may"
    )
    assert page.stories.heading == "The latest finals: three that never came"
    assert page.trust.heading == "Yes: all four checks that could have made this run INVALID are clear"
