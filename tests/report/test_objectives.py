"""Rows of objectives: what is folded, what is left out, what stands beside."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from harness.model.baseline import Baseline, PastLine, PastRun
from harness.model.scenario import Objective
from harness.model.verdict import Outcome
from harness.report import facts, objectives

CLIPS = Objective(
    objective_id="each-clip",
    text="p95 final_ms <= 800 per clip",
    aggregate="p95",
    metric="final_ms",
    op="<=",
    threshold=800,
    per=("clip", "rate"),
)


@pytest.fixture(scope="module")
def split(make_world):
    """Twelve lines, a clip and a rate each."""
    return make_world(objectives=(CLIPS,))


def built(world, **record) -> objectives.Objectives:
    made = replace(world.record, **record)
    return objectives.build(made, world.judgement, facts.standings(world.judgement))


def changed(world, line_id: str, **more):
    verdicts = tuple(replace(line, **more) if line.line_id == line_id else line for line in world.judgement.verdicts)
    return replace(world, judgement=replace(world.judgement, verdicts=verdicts))


def blessed(world, **more) -> Baseline:
    lines = (PastLine(line_id="final-noisy[rate=8000]", outcome=Outcome.PASS, value=642.0),)
    run = PastRun(
        run_id="golden-blessed", began_utc="2026-11-09", outcome=Outcome.PASS, lines=lines, identity=(), versions=()
    )
    kept = {
        "target": "invented",
        "scenario": "golden",
        "driver": "gateway",
        "normaliser": world.record.manifest.normaliser,
        "blessed_utc": "2026-11-09T00:00:00+00:00",
        "forced": "",
        "run": run,
        "sessions": (),
    }
    return Baseline(**(kept | more))


def test_of_many_lines_the_worst_are_shown_and_the_rest_is_counted(split):
    """Eight, then the others behind one line that says what they are."""
    row = built(split).rows[0]
    assert (len(row.lines), len(row.folded)) == (8, 4)
    severities = [line.verdict.outcome.severity for line in (*row.lines, *row.folded)]
    assert severities == sorted(severities, reverse=True)
    assert row.folded_said.startswith("4\u202fmore lines, worst first: 4 ")
    assert {line.verdict.line_id for line in (*row.lines, *row.folded)} == {
        line.line_id for line in split.judgement.verdicts
    }


def test_long_names_stand_under_the_objective(split, failing):
    """Where they have the room; rates stay beside it."""
    assert built(split).rows[0].stacked
    assert not any(row.stacked for row in built(failing).rows)


def test_what_lines_have_in_common_is_said_once(split):
    """A reason for each of twelve lines would be read by nobody."""
    verdicts = tuple(
        replace(line, outcome=Outcome.INCONCLUSIVE, reason=f"none of {at} is over; a PASS takes at least 59 sessions")
        for at, line in enumerate(split.judgement.verdicts)
    )
    (reason,) = built(replace(split, judgement=replace(split.judgement, verdicts=verdicts))).rows[0].reasons
    assert reason.text.endswith("; accent-orchard, 8\u202fkHz and 4 more: A PASS takes at least 59 sessions.")


def test_folded_lines_are_on_the_page(split, read):
    """One click away, and the tables balance."""
    page = split.html()
    read(page)
    inside = page[page.index("<details><summary>4\u202fmore lines") :]
    assert inside.index("clean-") < inside.index("</details>")


def test_a_known_limit_is_set_apart_from_the_objective(failing):
    """The other line decides; what was left out has its own mark, its words and its reason."""
    row = built(changed(failing, "final-noisy[rate=8000]", known_limit="the stand-in is slow")).rows
    row = next(one for one in row if one.standing.objective.objective_id == "final-noisy")
    assert (row.mark, row.word, row.beside) == ("inconclusive", "INCONCLUSIVE", "1\u202fknown limit")
    assert [line.mark for line in row.lines] == ["inconclusive", "limit"]
    known = next(reason for reason in row.reasons if reason.known)
    assert known.text == (
        "8\u202fkHz: Known limit, FAIL. Even the lower bound is over the limit. "
        "Left out of the run’s verdict: The stand-in is slow."  # noqa: RUF001
    )


def test_an_objective_of_known_limits_alone_is_one(failing):
    """It has no verdict of its own to show, and says what came of it all the same."""
    world = changed(failing, "errors", known_limit="it sheds", outcome=Outcome.PASS)
    row = next(one for one in built(world).rows if one.standing.objective.objective_id == "errors")
    assert (row.mark, row.word, row.beside, row.ground) == (
        "limit",
        "KNOWN LIMIT",
        "passed this time, left out",
        "limit",
    )


def test_a_known_limit_stands_on_the_page_in_every_place(failing, read):
    """Banner, row, matrix, glossary: symbol, word and colour."""
    world = changed(failing, "final-noisy[rate=8000]", known_limit="the stand-in is slow")
    page = world.html()
    text = "\n".join(read(page).lines)
    banner = page[: page.index("</header>")]
    assert '<dd class="t-limit">' in banner
    assert "1\u202fline left out of the verdict" in banner
    assert "final in “noisy” and “music” at 8\u202fkHz, FAIL" in banner
    assert "⊟ over a known limit, left out" in text
    assert "⊟ ∞" in text
    assert "▲" not in text.split("Clips × rate")[1].split("over the limit")[1]  # noqa: RUF001
    assert "Only known limits are exceeded, in 2 of 12\u202fcells with speech" in text
    assert "known limit\nA line of the embedded target" in text


def test_the_baselines_value_stands_beside(failing):
    """On the same line, with a legend that names the run."""
    found = built(failing, baseline=blessed(failing))
    values = {line.verdict.line_id: line.baseline for row in found.rows for line in row.lines}
    assert values["final-noisy[rate=8000]"] == 642.0
    assert values["final-noisy[rate=16000]"] is None
    assert found.baseline == "golden-blessed"
    assert built(failing).baseline == ""


@pytest.mark.parametrize("more", [{"driver": "riva"}, {"run": None}])
def test_a_baseline_of_something_else_does_not(failing, more):
    """Another driver, or another objective under the same name."""
    if "run" in more:
        run = blessed(failing).run
        more = {"run": replace(run, lines=(replace(run.lines[0], objective="p50 final_ms <= 300"),))}
    assert built(failing, baseline=blessed(failing, **more)).baseline == ""


def test_a_narrowed_run_is_not_set_beside_a_whole_one(make_world):
    """Its lines read other sessions."""
    world = make_world(narrowed=("rate 8000",))
    assert built(world, baseline=blessed(world)).baseline == ""


def test_a_claim_on_other_audio_names_its_recordings(failing, read):
    """Sessions are no evidence for it: its recordings are."""
    verdicts = tuple(
        replace(
            line,
            objective=replace(line.objective, claim="population"),
            estimate=replace(line.estimate, units=16),
        )
        if line.objective.objective_id == "wer-clear"
        else line
        for line in failing.judgement.verdicts
    )
    text = "\n".join(read(replace(failing, judgement=replace(failing.judgement, verdicts=verdicts)).html()).lines)
    assert "other audio like it" in text
    assert text.count("16\u202frecordings") == 2
    assert re.search(r"rests on independent recordings", text)
