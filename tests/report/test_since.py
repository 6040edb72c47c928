"""The last runs, and the moment they changed."""

from __future__ import annotations

import math
from dataclasses import replace
from xml.etree import ElementTree as ET

import pytest

from harness.model.baseline import PastLine, PastRun
from harness.model.verdict import Outcome
from harness.report import course, facts, since

P, F = Outcome.PASS, Outcome.FAIL
TEXT = "p95 final_ms <= 800 where condition in noisy, music per rate"


def past(day: int, outcome: Outcome, value: float | None = 640.0, text: str = TEXT, **identity: str) -> PastRun:
    said = {"model": "invented-en", "server": "1.2.3", "gateway": "0.9.1"} | identity
    line = PastLine(line_id="final-noisy[rate=8000]", outcome=outcome, value=value, objective=text, bound=700.0)
    return PastRun(
        run_id=f"golden-{day}",
        began_utc=f"2026-11-{day:02}T02:14:00+00:00",
        outcome=outcome,
        lines=(line,) if value is not None else (),
        identity=tuple(said.items()),
        versions=(("riva-slo-harness", "0.1.0"), ("python", "3.11.9"), ("scipy", "1.16.2")),
    )


def built(world, *runs: PastRun) -> since.Since:
    return since.build(replace(world.record, history=runs), world.judgement, facts.standings(world.judgement))


def drawn(world, *runs: PastRun) -> ET.Element:
    return ET.fromstring(course.figure(built(world, *runs)))  # noqa: S314  our own output


def symbols(svg: ET.Element) -> list[str]:
    return [one.get("href") for one in svg.iter("use")]


def test_without_earlier_runs_there_is_no_since(failing):
    """One run has no history."""
    assert built(failing) is None


def test_the_worst_line_is_followed(failing):
    """Its values of earlier runs, oldest first, then this one's."""
    found = built(failing, past(7, P, 641.0), past(8, F, 900.0))
    assert found.line.line_id == "final-noisy[rate=8000]"
    assert [run.value for run in found.runs] == [641.0, 900.0, math.inf]
    assert found.title == "p95 of final in “noisy” and “music” at 8\u202fkHz, the last 3\u202fruns"


def test_where_all_hold_the_nearest_to_its_limit_is_followed(passing):
    """That is the one to watch."""
    line = since.followed(facts.standings(passing.judgement))
    assert line.outcome is P
    assert line.objective.objective_id == "first-partial"


def test_a_name_that_meant_another_objective_then_is_not_compared(failing):
    """The run keeps its verdict mark, and has no figure."""
    found = built(failing, past(7, P, text="p50 final_ms <= 300"), past(8, P))
    assert [run.value for run in found.runs] == [None, 640.0, math.inf]


def test_the_turn_is_where_the_present_state_began(failing):
    """And what was new in that run is said, never that it is the cause."""
    found = built(failing, past(6, F), past(7, P, gateway="0.8.4"), past(8, F), past(9, F))
    assert (found.turn, found.turned) == (2, "gateway 0.8.4 → 0.9.1")
    assert built(failing, past(7, F), past(8, F)).turn is None
    assert built(failing, past(7, P)).turned == ""


def test_every_run_has_its_verdict_mark_in_the_order_of_time(failing):
    """Symbols of the page, this run's last."""
    svg = drawn(failing, past(7, P), past(8, Outcome.INVALID))
    assert symbols(svg) == ["#v-pass", "#v-invalid", "#v-fail"]
    assert "1 PASS, 1 FAIL and 1 INVALID" in svg.get("aria-label")


def test_the_figures_of_an_invalid_run_are_not_drawn(failing):
    """Whose doing they were is not known."""
    told, untold, _ = built(failing, past(7, P), past(8, Outcome.INVALID)).runs
    assert (told.value, untold.value) == (640.0, None)


def test_figures_over_the_limit_and_infinite_ones_have_other_shapes(failing):
    """Circle, square, triangle; the limit has its value."""
    svg = drawn(failing, past(7, P, 641.0), past(8, F, 900.0))
    shapes = [one.tag for one in svg if (one.get("class") or "").startswith("f-") and one.get("class") != "f-veil"]
    assert shapes == ["circle", "rect", "path"]
    said = [one.text for one in svg.iter("text")]
    assert {"limit 800\u202fms", "∞", "7 Nov", "20 Nov"} <= set(said)


def test_history_without_figures_is_drawn_as_marks(failing):
    """What older versions did not keep is not invented."""
    found = built(failing, past(7, P, None), past(8, P, None))
    assert not found.drawn
    svg = drawn(failing, past(7, P, None), past(8, P, None))
    assert symbols(svg) == ["#v-pass", "#v-pass", "#v-fail"]
    assert "limit" not in {one.text for one in svg.iter("text")}


@pytest.mark.parametrize("runs", [1, 14])
def test_nothing_leaves_the_picture(failing, runs):
    """Whether one run is known or fourteen, with a change whose names are long."""
    found = [past(day, P, 10.0 * day, gateway="a-very-long-name" * 9) for day in range(1, runs + 1)]
    svg = drawn(failing, *found)
    width = float(svg.get("width"))
    for one in svg.iter("text"):
        x, room = float(one.get("x")), course.text_width(one.text)
        left = {"end": x - room, "mid": x - room / 2}.get((one.get("class") or "").split(" ")[-1], x)
        assert left >= -1
        assert left + room <= width + 1


def test_the_page_shows_it_in_the_banner(failing, read):
    """Beside the verdict, above the first rule."""
    world = replace(failing, record=replace(failing.record, history=(past(7, P, gateway="0.8.4"), past(8, F))))
    page = world.html()
    banner = page[: page.index("</header>")]
    assert "no PASS since 8 Nov 2026, 02:14 UTC" in banner
    assert "gateway 0.8.4 → 0.9.1</text>" in banner
    read(page)
