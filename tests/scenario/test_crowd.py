"""Plans from arrival shapes."""

from __future__ import annotations

import hashlib
import itertools
from collections import Counter
from dataclasses import replace

import pytest

from harness.errors import ScenarioError
from harness.model.clip import Clip, Segment, Word
from harness.model.plan import Plan
from harness.model.scenario import (
    Arrival,
    Constant,
    Levels,
    Objective,
    Pacing,
    Poisson,
    Ramp,
    Scenario,
    Selection,
    Spike,
    Storm,
    Stress,
    Trace,
)
from harness.scenario import crowd
from harness.scenario.plan import make_plan, refuse_unplanned
from harness.scenario.session import OPEN_BEFORE_NS
from harness.store.codec import dumps

MS = 1_000_000
S = 1_000_000_000
LEVELS = Levels(levels=(2, 3, 5), visits=3, sessions=120, visit_s=20.0, warm_s=8.0)
SHAPES = (
    Constant(lanes=3, for_s=30.0, warm_s=5.0),
    Stress(from_lanes=1, to_lanes=4),
    Ramp(from_lanes=1, to_lanes=4, for_s=40.0),
    Spike(lanes=1, at_s=20.0, spike_s=10.0, for_s=60.0),
    LEVELS,
    Poisson(per_s=2.0, for_s=30.0, warm_s=5.0),
    Trace(file="t.csv", starts_s=(0.0, 0.5, 4.0)),
    Storm(sessions=20, within_s=2.0),
)


def clip(clip_id: str, length_ms: int = 3000) -> Clip:
    return Clip(
        clip_id=clip_id,
        rate_hz=16_000,
        path=f"{clip_id}.flac",
        sha256=clip_id,
        condition="clean",
        source=clip_id,
        speaker="someone",
        speech="human",
        duration_ns=length_ms * MS,
        reference="yes",
        words=(Word(text="yes", start_ns=300 * MS, end_ns=730 * MS),),
        segments=(Segment(first_word=0, last_word=0),),
    )


CORPUS = (clip("a", 2000), clip("b", 3100), clip("c", 4300))


def scenario(shape: object, *, seed: int = 7, think_ms: int = 0, clips: tuple[Selection, ...] = (Selection(),)):
    return Scenario(
        name="load",
        description="",
        clips=clips,
        arrival=Arrival(lanes=8, seed=seed, think_ms=think_ms, shape=shape),
        pacing=Pacing(end_after_ms=None),
        objectives=(
            Objective(
                objective_id="final",
                text="p95 final_ms <= 800 per level",
                aggregate="p95",
                metric="final_ms",
                op="<=",
                threshold=800,
                per=("level",),
            ),
        ),
    )


def plan_of(shape: object, **given: object) -> Plan:
    return make_plan(scenario(shape, **given), CORPUS)


@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: type(shape).__name__)
def test_a_plan_hangs_together(shape) -> None:
    """Ids sort like starts, each session lies in its stage, warm-up before the steady time, one at a time in a lane."""
    plan = plan_of(shape)
    stages = {stage.stage_id: stage for stage in plan.stages}
    assert len(stages) == len(plan.stages)
    assert [stage.stage_id for stage in plan.stages] == sorted(stages)
    ids = [session.session_id for session in sorted(plan.sessions, key=lambda session: session.start_ns)]
    assert ids == sorted({session.session_id for session in plan.sessions})
    for session in plan.sessions:
        stage = stages[session.stage]
        assert stage.from_ns <= session.start_ns < stage.until_ns
        assert session.level == stage.level
        assert session.warm_up == (session.start_ns < stage.steady_ns)
        assert session.open_ns == session.start_ns - OPEN_BEFORE_NS >= 0
        assert session.lane < plan.lanes
    for _, mine in itertools.groupby(sorted(plan.sessions, key=lambda s: (s.lane, s.start_ns)), key=lambda s: s.lane):
        assert all(a.end_ns <= b.start_ns for a, b in itertools.pairwise(mine))


@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: type(shape).__name__)
def test_the_same_seed_makes_the_same_plan_byte_for_byte(shape) -> None:
    """And another seed another; the order in which the corpus was read changes nothing."""
    text = dumps(plan_of(shape))
    assert text == dumps(make_plan(scenario(shape), CORPUS[::-1]))
    assert text != dumps(plan_of(shape, seed=8))


def test_the_plan_is_the_same_on_any_python() -> None:
    """Its digest, as it was when this was written: only whole numbers and SHA-256 make it."""
    digest = hashlib.sha256(dumps(plan_of(LEVELS)).encode()).hexdigest()
    assert digest == "7bedbbe0fe7ecf14a2ca2b5f0b729c69b15855cf25237accffd2d5617a50f99c"


def test_a_level_has_its_sessions_and_its_time() -> None:
    """Counted ones, in every visit its part; a visit that has them sooner still lasts."""
    plan = plan_of(LEVELS)
    counted = Counter((session.level, session.stage) for session in plan.counted)
    assert all(count >= 40 for count in counted.values())
    for stage in plan.stages:
        assert stage.steady_ns - stage.from_ns == 8 * S
        assert stage.until_ns - stage.steady_ns >= 20 * S
    longest = {stage.level: stage.until_ns - stage.steady_ns for stage in plan.stages}
    assert longest[2] > longest[5]


def test_no_session_of_a_level_is_heard_in_the_next() -> None:
    """All lanes run empty between visits, so an overloaded level cannot spoil the one after it, nor its own end."""
    plan = plan_of(LEVELS)
    for before, after in itertools.pairwise(plan.stages):
        ends = [session.end_ns for session in plan.sessions if session.stage == before.stage_id]
        opens = [session.open_ns for session in plan.sessions if session.stage == after.stage_id]
        assert max(ends) <= min(opens)


def test_lanes_that_stay_go_on_where_the_number_changes() -> None:
    """A rise does not stop the lanes it has; only new ones begin anew."""
    plan = plan_of(Stress(from_lanes=2, to_lanes=3, each_s=60.0))
    lane = [session for session in plan.sessions if session.lane == 0]
    assert {session.level for session in lane} == {2, 3}
    assert all(a.end_ns == b.start_ns for a, b in itertools.pairwise(lane))


def test_lanes_end_by_starting_nothing_new() -> None:
    """After a spike what was begun is played to its end, and no more than the old lanes go on."""
    plan = plan_of(Spike(lanes=1, at_s=20.0, spike_s=10.0, for_s=60.0))
    peak, after = plan.stages[1:]
    assert max(s.end_ns for s in plan.sessions if s.stage == peak.stage_id) > peak.until_ns
    assert {s.lane for s in plan.sessions if s.stage == after.stage_id} == {0}


def test_sessions_do_not_share_a_frame_grid() -> None:
    """Lanes whose frames are sent at the same moments would cost the generator its pacing."""
    plan = plan_of(Constant(lanes=50, for_s=5.0, warm_s=0.0))
    first = [min(s.start_ns for s in plan.sessions if s.lane == lane) for lane in range(50)]
    in_frame = [start_ns % (100 * MS) // (10 * MS) for start_ns in first]
    assert len(set(first)) == 50
    assert max(Counter(in_frame).values()) <= 15


def test_think_time_parts_the_sessions_of_a_lane() -> None:
    """By default they are back to back, so that a level is the number of people speaking."""
    for think_ms in (0, 700):
        plan = plan_of(Constant(lanes=1, for_s=30.0, warm_s=0.0), think_ms=think_ms)
        assert all(b.start_ns - a.end_ns == think_ms * MS for a, b in itertools.pairwise(plan.sessions))


def test_clips_are_drawn_by_weight() -> None:
    """An entry's clips share its weight: 3 to 1 between the entries is 3 to ½ to ½ between the clips."""
    clips = (
        Selection(select=(("clip", ("a",)),), weight=3.0),
        Selection(select=(("clip", ("b", "c")),), weight=1.0),
    )
    plan = plan_of(Storm(sessions=8000, within_s=60.0), clips=clips)
    drawn = Counter(session.clip.clip_id for session in plan.sessions)
    assert [round(drawn[name] / 8000, 2) for name in "abc"] == [
        pytest.approx(share, abs=0.02) for share in (0.75, 0.125, 0.125)
    ]


def test_repeats_tell_the_sessions_of_a_clip_apart() -> None:
    """Clip and repeat name a session, by which two runs of a plan are compared."""
    plan = plan_of(LEVELS)
    assert len({(session.clip.key, session.repeat) for session in plan.sessions}) == len(plan.sessions)


def test_open_arrivals_wait_for_nobody() -> None:
    """They start when they start, in as many lanes as that takes; the stage has the number expected at once."""
    plan = plan_of(Trace(file="t.csv", starts_s=(0.0, 0.5, 4.0, 20.0)))
    assert [session.start_ns - OPEN_BEFORE_NS for session in plan.sessions] == [0, S // 2, 4 * S, 20 * S]
    assert plan.lanes == 2
    (stage,) = plan_of(Poisson(per_s=2.0, for_s=600.0)).stages
    assert stage.level == 6
    (storm,) = plan_of(Storm(sessions=20, within_s=2.0)).stages
    assert (storm.kind, storm.level) == ("storm", 20)


def test_a_plan_that_no_memory_holds_is_refused(monkeypatch) -> None:
    """A mistyped length is one sentence, not a machine that swaps."""
    monkeypatch.setattr(crowd, "MOST_SESSIONS", 10)
    with pytest.raises(ScenarioError, match="asks for more than 10 sessions"):
        plan_of(Storm(sessions=11, within_s=1.0))


def test_a_plan_that_counts_nothing_is_refused() -> None:
    """Nothing could be judged."""
    told = scenario(Constant(lanes=1, for_s=0.001, warm_s=0.0))
    with pytest.raises(ScenarioError, match=r"load\.yaml: arrival\.shape: is over before any session counts"):
        refuse_unplanned(told, make_plan(told, CORPUS), "load.yaml")


def test_a_level_that_is_never_reached_is_refused() -> None:
    """An objective about level 40 of a plan that ends at 5 would be an empty line."""
    told = scenario(LEVELS)
    aimed = replace(told, objectives=(replace(told.objectives[0], where=(("level", ("5", "40")),)),))
    with pytest.raises(ScenarioError) as caught:
        refuse_unplanned(aimed, make_plan(aimed, CORPUS), "load.yaml")
    assert "objectives.final: no stage has level '40'; the plan's levels are 2, 3, 5" in str(caught.value)
