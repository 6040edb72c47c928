from __future__ import annotations

import math
import re
from xml.etree import ElementTree as ET

import pytest

from harness.model.scenario import Objective
from harness.model.verdict import Estimate, Outcome, Verdict
from harness.report import lines, plots


def objective(op: str = "<=", threshold: float = 800, metric: str = "final_ms", aggregate: str = "p95") -> Objective:
    return Objective(objective_id="final", text="slo", aggregate=aggregate, metric=metric, op=op, threshold=threshold)


def row(value, low, high, outcome=Outcome.PASS, of=None, *, baseline=None, known=""):
    of = of or objective()
    estimate = Estimate(metric=of.metric, aggregate=of.aggregate, n=80, missing=0, value=value, low=low, high=high)
    line = Verdict(objective=of, slice=(), outcome=outcome, estimate=estimate, reason="because", known_limit=known)
    return (lines.describe(line, baseline=baseline),)


def parse(svg: str) -> ET.Element:
    return ET.fromstring(svg)  # noqa: S314  our own output


def test_the_limit_stands_in_the_same_place_in_every_row():
    """Whatever its unit, so that one line runs through all rows."""
    for of in (objective(), objective(threshold=0.12, metric="wer", aggregate="pooled"), objective(op=">=")):
        assert plots.position(of, of.threshold) == plots.LIMIT_X


def test_the_good_side_is_always_left():
    """An objective that wants large values is mirrored."""
    assert plots.position(objective(), 700) < plots.LIMIT_X < plots.position(objective(), 900)
    assert plots.position(objective(op=">="), 900) < plots.LIMIT_X < plots.position(objective(op=">="), 700)


def test_a_count_that_must_be_zero_has_an_axis_too():
    """Steps of one, from the limit on."""
    none = objective(op="==", threshold=0, metric="silence_words", aggregate="sum")
    assert plots.position(none, 2) - plots.position(none, 1) == plots.position(none, 1) - plots.LIMIT_X > 0


@pytest.mark.parametrize(
    ("value", "low", "high", "arrows", "points"),
    [
        (500, 450, 600, 0, 1),  # all on the axis
        (math.inf, 900, math.inf, 1, 0),  # ∞: an arrow, no point
        (math.inf, math.inf, math.inf, 1, 0),  # even the lower bound
        (500, 450, None, 1, 1),  # no bound: it may lie anywhere
        (5000, 4000, 6000, 1, 0),  # far over
        (-2000, -2500, -1500, 1, 0),  # far before
    ],
)
def test_nothing_leaves_the_picture(value, low, high, arrows, points):
    """What lies off the axis is an arrow at its end, and no coordinate leaves the drawing."""
    svg = plots.intervals(row(value, low, high))
    assert sum("Z" in (one.get("d") or "") for one in parse(svg).iter()) == arrows
    assert svg.count("<circle") == points
    numbers = [float(x) for x in re.findall(r'd="M(-?[\d.]+) ', svg)]
    assert all(-10 <= x <= plots.INTERVAL_WIDTH + 10 for x in numbers)


def test_a_failed_point_has_another_shape():
    """A circle becomes a square: the page must work in grey."""
    assert "<rect" in plots.intervals(row(900, 850, 950, Outcome.FAIL))
    assert "<rect" not in plots.intervals(row(700, 650, 750))


def test_the_limits_value_stands_where_nothing_is_drawn():
    """Beside the line while the interval ends left of it, below where it crosses."""
    assert parse(plots.intervals(row(500, 450, 600))).get("height") == "22"
    assert parse(plots.intervals(row(700, 450, 900))).get("height") == "44"


def test_a_strip_keeps_the_running_order_and_marks_what_never_came():
    """Circle, square over the limit, triangle never."""
    svg = plots.strip((500, 900, math.inf), 800, marks=56)
    tags = [element.tag for element in parse(svg)]
    assert tags == ["path", "circle", "rect", "path"]
    assert parse(svg).get("aria-label") == "3 finals: 1 over the limit, 1 never came"
    assert plots.strip((), 800, marks=56) == ""


def test_the_baseline_is_an_open_circle_behind():
    """It says its value in words too, and stands on the same axis."""
    svg = plots.intervals(row(700, 650, 750, baseline=640))
    circles = [one for one in parse(svg).iter() if one.tag == "circle"]
    assert [one.get("class") for one in circles] == ["s-base w2 nofill", "f-data"]
    assert float(circles[0].get("cx")) == pytest.approx(plots.position(objective(), 640), abs=0.1)
    assert ", baseline 640\u202fms, PASS" in parse(svg).get("aria-label")


def test_a_baseline_off_the_axis_is_an_open_arrow():
    """Nothing leaves the picture, not even what is gone."""
    svg = plots.intervals(row(700, 650, 750, baseline=math.inf))
    arrows = [one for one in parse(svg).iter() if "Z" in (one.get("d") or "")]
    assert [one.get("class") for one in arrows] == ["s-base w15 nofill"]


def test_a_known_limit_has_a_colour_and_words_of_its_own():
    """It is no failure of the run, and the drawing does not look like one."""
    svg = plots.intervals(row(900, 850, 950, Outcome.FAIL, known="the stand-in is slow"))
    assert "f-limit" in svg
    assert "f-bad" not in svg
    assert parse(svg).get("aria-label").endswith("known limit, FAIL")


def test_many_repeats_are_bunched_and_none_is_lost():
    """A mark is the worst of its neighbours; the words count every repeat."""
    values = [500.0] * 200
    values[77], values[150] = math.inf, 900.0
    svg = plots.strip(values, 800, marks=34)
    tags = [element.tag for element in parse(svg)]
    assert len(tags) <= 1 + 34
    assert (tags.count("rect"), tags.count("path")) == (1, 2)
    assert parse(svg).get("aria-label") == "200 finals: 1 over the limit, 1 never came"


def test_over_a_known_limit_a_strip_is_not_alarmed():
    """The same shapes in the colour of what is left out."""
    assert "f-bad" not in plots.strip((500, 900, math.inf), 800, marks=56, known=True)
