"""A load plan in plain text."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.cli.options import Asked, ask
from harness.cli.outlook import chart, table, totals
from harness.cli.plan import describe
from harness.errors import ScenarioError
from harness.model.outline import Outline, outline, stage_outlines

ROOT = Path(__file__).resolve().parents[2]
SCENARIO = """
name: few
clips: [{select: {clip: clean-cross}}]
arrival: {shape: {levels: {levels: [1, 3], visits: 2, sessions: 40, visit_s: 20, warm_s: 10}}}
objectives: {final: p95 final_ms <= 800 per level, errors: sum error == 0}
"""
NOTHING = {"clips": [], "conditions": [], "rates": [], "repeat": None, "lanes": None, "seed": None}


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "few.yaml"
    path.write_text(SCENARIO, encoding="utf-8")
    return path


@pytest.fixture
def asked(file: Path) -> Asked:
    return ask(file, corpus=ROOT, **NOTHING)


@pytest.mark.parametrize(("wall_s", "text"), [(2825.0, "about 47 min"), (61.2, "about 61 s")])
def test_the_totals_are_one_line(wall_s: float, text: str) -> None:
    """What one wants to know before one says yes to a run."""
    told = Outline(sessions=5003, counted=3752, audio_hours=4.12, peak_streams=12, peak_open=19, wall_s=wall_s)
    assert totals(told) == f"5,003 sessions (3,752 counted), 4.1 h of audio, at most 12 at once (19 open), {text}"


def test_the_chart_reaches_its_peak_and_tells_warm_up_by_its_sign(asked: Asked) -> None:
    """The top row stands where the most are at once; no colour is needed to read it."""
    lines = list(chart(asked.plan))
    top, bottom = lines[1], lines[3]
    assert top.startswith("   3 │")
    assert {"█", "░"} <= set(top[6:])
    assert bottom[6:].count(" ") < top[6:].ljust(72).count(" ")
    assert all(len(line) <= 80 for line in lines)
    assert lines[-1].split()[0] == "0:00"


def test_the_table_adds_up(asked: Asked) -> None:
    """A line a stage, with every session in one of them."""
    lines = list(table(stage_outlines(asked.plan)))
    cells = [line.split() for line in lines[1:]]
    told = outline(asked.plan)
    assert sorted((row[1], row[2]) for row in cells) == [("1", "1"), ("1", "2"), ("3", "1"), ("3", "2")]
    assert sum(int(row[5]) for row in cells) == told.counted
    assert sum(int(row[6]) for row in cells) == told.sessions - told.counted


def test_many_stages_are_cut_short(tmp_path: Path) -> None:
    """A ramp to a thousand has a thousand of them."""
    path = tmp_path / "ramp.yaml"
    path.write_text(
        SCENARIO.replace(
            "levels: {levels: [1, 3], visits: 2, sessions: 40, visit_s: 20, warm_s: 10}",
            "ramp: {from: 1, to: 1000, for_s: 60}",
        ),
        encoding="utf-8",
    )
    lines = list(table(stage_outlines(ask(path, corpus=ROOT, **NOTHING).plan)))
    assert (len(lines), lines[-1]) == (42, "and 960 stages more, up to level 1,000")


def test_a_level_with_too_few_sessions_is_told_before_the_run(asked: Asked) -> None:
    """Its sessions share moments, so its bound needs more of them than that of a list."""
    lines = {line.split()[0]: line for line in describe(asked) if line.strip()}
    assert lines["final"].endswith("2 slices, n 40 or more: too few to PASS, a level needs 300")
    assert "too few" not in lines["errors"]


@pytest.mark.parametrize("name", ["lanes", "repeat"])
def test_what_the_shape_settles_cannot_be_said_again(file: Path, name: str) -> None:
    """Rather than be ignored without a word."""
    with pytest.raises(ScenarioError, match=f"^--{name} .* has a shape.*leave it out"):
        ask(file, corpus=ROOT, **(NOTHING | {name: 2}))


def test_a_shape_can_be_narrowed_to_some_clips(file: Path) -> None:
    """The plan then draws from these."""
    narrowed = ask(file, corpus=ROOT, **(NOTHING | {"rates": [8000]}))
    assert {session.clip.key for session in narrowed.plan.sessions} == {"clean-cross@8000"}
    assert narrowed.scenario.narrowed == ("rate 8000",)


def test_the_load_scenario_draws_its_scout() -> None:
    """A search is several runs; the first is known before any of them."""
    told = ask(ROOT / "scenarios/load.yaml", corpus=ROOT, **NOTHING)
    assert {stage.kind for stage in told.plan.stages} == {"rise"}
    assert told.plan.stages[0].level == 3
