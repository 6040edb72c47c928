"""Scenario and corpus to plan."""

from __future__ import annotations

import itertools
from dataclasses import replace

import pytest

from harness.errors import ScenarioError
from harness.model.clip import Clip, Segment, Word
from harness.model.scenario import Arrival, Objective, Pacing, Scenario, Selection
from harness.scenario.plan import check, make_plan, matches, narrow
from harness.scenario.session import DEADLINE_AFTER_NS, OPEN_BEFORE_NS

MS = 1_000_000


def clip(clip_id: str, rate_hz: int = 16_000, condition: str = "clean", *, binding: bool = True) -> Clip:
    spoken = condition != "silence"
    words = (Word(text="yes", start_ns=300 * MS, end_ns=730 * MS),) if spoken else ()
    return Clip(
        clip_id=clip_id,
        rate_hz=rate_hz,
        path=f"{clip_id}.flac",
        sha256=clip_id,
        condition=condition,
        source=clip_id,
        speaker="someone",
        speech="human" if spoken else "none",
        duration_ns=1500 * MS,
        reference="yes" if spoken else "",
        words=words,
        segments=(Segment(first_word=0, last_word=0),) if spoken else (),
        binding=binding,
    )


CORPUS = (*tuple(clip(f"c{n}", rate) for n in range(4) for rate in (8000, 16000)), clip("quiet", condition="silence"))


def scenario(**changes: object) -> Scenario:
    base = Scenario(
        name="golden",
        description="",
        clips=(
            Selection(leave_out=(("condition", ("silence",)),), repeat=3),
            Selection(select=(("clip", ("quiet",)),)),
        ),
        arrival=Arrival(lanes=3, seed=7),
        pacing=Pacing(),
        objectives=(
            Objective(
                objective_id="final",
                text="p95 final_ms <= 800 per rate",
                aggregate="p95",
                metric="final_ms",
                op="<=",
                threshold=800,
                per=("rate",),
            ),
        ),
        warm_up_sessions=2,
    )
    return replace(base, **changes)


def test_the_same_seed_makes_the_same_plan_and_another_seed_another() -> None:
    """A plan depends on scenario, clips and seed alone."""
    assert make_plan(scenario(), CORPUS) == make_plan(scenario(), CORPUS)
    assert make_plan(scenario(), CORPUS) != make_plan(scenario(arrival=Arrival(lanes=3, seed=8)), CORPUS)


def test_every_chosen_clip_is_played_as_often_as_asked() -> None:
    """The plan holds each selection's clips times its repeats, plus the warm-up, which is not counted."""
    plan = make_plan(scenario(), CORPUS)
    assert len(plan.counted) == 8 * 3 + 1
    assert len(plan.sessions) - len(plan.counted) == 2
    assert len({session.session_id for session in plan.sessions}) == len(plan.sessions)


def test_a_lane_plays_one_session_at_a_time_with_think_time_between() -> None:
    """In each lane the next start is the previous planned end plus the think time."""
    plan = make_plan(scenario(), CORPUS)
    for lane in range(3):
        mine = [session for session in plan.counted if session.lane == lane]
        assert all(b.start_ns == a.end_ns + 2000 * MS for a, b in itertools.pairwise(mine))


def test_a_very_long_clip_begins_and_warms_nothing_up() -> None:
    """Started last, it would outlast all other lanes; and a warm-up need not take minutes."""
    long = replace(clip("hour"), duration_ns=60_000 * MS)
    plan = make_plan(scenario(warm_up_sessions=2, pacing=Pacing(end_after_ms=None)), (*CORPUS, long))
    assert {session.clip.clip_id for session in plan.counted[:3]} == {"hour"}
    assert all(session.clip.clip_id != "hour" for session in plan.sessions if session.warm_up)


def test_lanes_do_not_start_together() -> None:
    """Aligned phases would make sessions share moments, so each lane has a seeded phase of its own."""
    plan = make_plan(scenario(warm_up_sessions=0), CORPUS)
    first = [min(s.start_ns for s in plan.sessions if s.lane == lane) for lane in range(3)]
    assert len(set(first)) == 3
    assert min(s.open_ns for s in plan.sessions) >= 0


def test_counted_sessions_open_only_after_the_warm_up_ends() -> None:
    """Warm-up cannot overlap what is counted."""
    plan = make_plan(scenario(), CORPUS)
    warm_end_ns = max(session.end_ns for session in plan.sessions if session.warm_up)
    assert min(session.open_ns for session in plan.counted) >= warm_end_ns


def test_a_session_ends_after_speech_and_its_frames_are_due_at_their_ends() -> None:
    """Audio ends 200 ms after the last word; frame i is due when its last sample has been spoken."""
    session = next(s for s in make_plan(scenario(), CORPUS).counted if s.clip.has_speech)
    assert session.end_ns - session.start_ns == 930 * MS
    assert session.open_ns == session.start_ns - OPEN_BEFORE_NS
    assert session.deadline_ns == session.end_ns + DEADLINE_AFTER_NS
    assert session.frame_count == 10
    assert session.due_ns(0) == session.start_ns + 100 * MS
    assert session.due_ns(8) == session.start_ns + 900 * MS
    assert session.due_ns(9) == session.end_ns


def test_silence_and_trailing_silence_are_streamed_whole() -> None:
    """A clip without speech, or a scenario that tests the server's endpointing, plays to the clip's end."""
    plan = make_plan(scenario(pacing=Pacing(end_after_ms=None)), CORPUS)
    assert {session.spoken_ns for session in plan.counted} == {1500 * MS}
    quiet = next(s for s in make_plan(scenario(), CORPUS).counted if not s.clip.has_speech)
    assert quiet.spoken_ns == 1500 * MS


def test_a_narrowed_scenario_says_so_and_loses_objectives_that_read_nothing() -> None:
    """`--rate 8000 --repeat 1` plays less, and the run must not look like the whole."""
    silence = replace(
        scenario().objectives[0], objective_id="silence", metric="silence_words", where=(("condition", ("silence",)),)
    )
    whole = scenario(objectives=(*scenario().objectives, silence))
    narrowed = check(narrow(whole, (("rate", ("8000",)),), repeat=1), CORPUS, "golden.yaml")
    assert narrowed.narrowed == ("rate 8000", "repeat 1")
    assert [objective.objective_id for objective in narrowed.objectives] == ["final"]
    assert {s.clip.rate_hz for s in make_plan(narrowed, CORPUS).counted} == {8_000}
    assert len(make_plan(narrowed, CORPUS).counted) == 4


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"clips": (Selection(select=(("condition", ("nosiy",)),)),)}, "clips.0.select: no clip has condition 'nosiy'"),
        ({"clips": (Selection(leave_out=(("clip", ("c9",)),)),)}, "clips.0.except: no clip has clip 'c9'"),
        (
            {"clips": (Selection(select=(("clip", ("c0",)), ("condition", ("silence",)))),)},
            "the selection leaves no clip",
        ),
        (
            {"objectives": (replace(scenario().objectives[0], where=(("rate", ("44100",)),)),)},
            "objectives.final: no clip has rate '44100'; use one of: 16000, 8000",
        ),
        (
            {
                "clips": (Selection(select=(("condition", ("clean",)),)),),
                "objectives": (
                    *scenario().objectives,
                    replace(scenario().objectives[0], objective_id="idle", where=(("condition", ("silence",)),)),
                ),
            },
            "objectives.idle: reads no clip that this scenario plays",
        ),
    ],
)
def test_names_that_the_corpus_does_not_have_are_refused(changes: dict[str, object], sentence: str) -> None:
    """A misspelt condition or an idle objective is an error before anything runs, never an empty PASS."""
    with pytest.raises(ScenarioError, match=r"golden\.yaml") as caught:
        check(scenario(**changes), CORPUS, "golden.yaml")
    assert sentence in str(caught.value)


def test_descriptive_clips_do_not_feed_objectives() -> None:
    """An objective over nothing but descriptive clips reads nothing."""
    with pytest.raises(ScenarioError, match="no objective reads"):
        check(scenario(clips=(Selection(),), warm_up_sessions=0), (clip("loud", binding=False),), "golden.yaml")


def test_where_needs_every_key() -> None:
    """Keys are joined by and, values of one key by or."""
    where = (("condition", ("clean", "fast")), ("rate", ("8000",)))
    assert matches(clip("a", 8_000), where)
    assert not matches(clip("a", 16_000), where)
