from __future__ import annotations

import math
import re
from dataclasses import replace
from xml.etree import ElementTree as ET

import pytest
from support import campaign

from harness.report import ladder, ladder_plot


@pytest.fixture(scope="module")
def facts():
    return campaign.confirm().facts


@pytest.fixture(scope="module")
def built(facts):
    return ladder.of_table(facts.levels, facts.capacity)


def elements(svg: str, name: str):
    return list(ET.fromstring(svg).iter(name))  # noqa: S314  our own output


def texts(svg: str):
    return [one.text for one in elements(svg, "text")]


def test_levels_are_columns_and_figures_are_panels(built):
    """First partial, final and failures on one axis of levels."""
    assert [column.level for column in built.columns] == [16, 24, 32, 40, 48]
    assert [panel.title for panel in built.panels] == ["First partial, p95", "Final, p95", "Sessions failed"]
    assert [spot.over for spot in built.panels[1].spots] == [False, False, False, True, True]


def test_the_certified_and_the_refuted_level_are_marked(built):
    """In words and with a bracket between them; colour comes on top."""
    assert (built.certified, built.refuted) == (2, 4)
    svg = ladder_plot.figure(built)
    assert {"certified", "refuted"} <= set(texts(svg))
    assert any("f-passground" in one.get("class", "") for one in elements(svg, "rect"))


def test_a_capacity_alone_gives_the_same_columns(facts, built):
    """A panel for each objective, the one that sets the limit first."""
    found = ladder.of_capacity(facts.capacity)
    assert found.columns == built.columns
    assert [panel.title for panel in found.panels] == ["Final, p95", "First partial, p95", "Errors"]
    assert [spot.value for spot in found.panels[0].spots] == [spot.value for spot in built.panels[1].spots]


def test_the_estimate_lies_between_its_levels(built):
    """At a quarter of the way from one column to the next; outside of all levels there is none to draw."""
    places = [0.0, 100.0, 200.0, 300.0, 400.0]
    assert ladder_plot._between(built, places, 34.0) == 225.0
    assert ladder_plot._between(built, places, 48.0) == 400.0
    assert ladder_plot._between(built, places, 49.0) is None


def test_infinity_is_a_triangle_and_over_a_square(facts):
    """The shape says it without the colour."""
    rows = list(facts.levels.rows)
    spread = rows[4].final
    rows[4] = replace(rows[4], final=replace(spread, p95=replace(spread.p95, value=math.inf, high=math.inf)))
    svg = ladder_plot.figure(ladder.of_table(replace(facts.levels, rows=tuple(rows)), facts.capacity))
    assert "∞" in texts(svg)
    assert any(one.get("class") == "f-bad" for one in elements(svg, "path"))
    assert any(one.get("class") == "f-bad" for one in elements(svg, "rect"))
    assert not re.search(r"\binf\b", svg)


def test_a_figure_far_beyond_the_limit_is_named_and_stays_in_its_panel(facts):
    """Ten seconds would press everything else onto the axis: the mark stands at the end, with its value."""
    rows = list(facts.levels.rows)
    spread = rows[4].final
    rows[4] = replace(rows[4], final=replace(spread, p95=replace(spread.p95, value=9000.0, high=9500.0)))
    svg = ladder_plot.figure(ladder.of_table(replace(facts.levels, rows=tuple(rows)), facts.capacity))
    assert "9,000\u202fms" in texts(svg)
    heights = [float(one.get("y")) for one in elements(svg, "rect")]
    assert min(heights) > 0


def test_a_level_without_a_figure_says_so(facts):
    """Not measured is words in the picture too."""
    rows = (replace(facts.levels.rows[0], final=None), *facts.levels.rows[1:])
    svg = ladder_plot.figure(ladder.of_table(replace(facts.levels, rows=rows)))
    assert "not measured" in texts(svg)


def test_levels_without_a_session_are_no_columns(facts):
    """Nothing was measured there; where that is everywhere, there is no picture."""
    empty = tuple(replace(row, measured=0) for row in facts.levels.rows)
    found = ladder.of_table(replace(facts.levels, rows=(*facts.levels.rows[:4], empty[4])))
    assert found.columns[-1].level == 40
    assert ladder.of_table(replace(facts.levels, rows=empty)) is None


def test_a_recovery_is_not_the_certified_level(facts):
    """It has the same number of sessions, and a column of its own behind it."""
    again = replace(facts.levels.rows[2], kind="recovery")
    rows = (*facts.levels.rows[:3], again, *facts.levels.rows[3:])
    found = ladder.of_table(replace(facts.levels, rows=rows), facts.capacity)
    assert found.columns[found.certified].kind == ""
    assert "recovery" in texts(ladder_plot.figure(found))


def test_the_label_states_every_level(built):
    """For those who cannot see it: figures and verdict, one level after the other."""
    label = ET.fromstring(ladder_plot.figure(built)).get("aria-label")  # noqa: S314
    assert label.count("sessions: ") == 5
    assert "FAIL" in label.split(";")[-1]
