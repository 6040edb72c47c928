from __future__ import annotations

import math
from dataclasses import replace
from xml.etree import ElementTree as ET

import pytest

from harness.report import latency, waiting


def parse(svg: str) -> ET.Element:
    return ET.fromstring(svg)  # noqa: S314  our own output


def classes(svg: str) -> list[str]:
    return [element.get("class", "") for element in parse(svg).iter()]


def panel(values, limit=800.0, bound=None):
    curve = latency.Curve(label="8 kHz, n = 4", values=values, kind="main", point=values[-1], bound=bound)
    return latency.Panel(
        metric="final_ms", title="Final", subtitle="", limit_ms=limit, share=0.05, quantile="p95", curves=(curve,)
    )


def test_the_share_still_waiting_is_one_minus_the_ecdf():
    """Each value once, the share after it, and what never came stays waiting."""
    assert waiting.steps((100, 200, 200, math.inf)) == [(100, 0.75), (200, 0.25), (math.inf, 0.0)]


@pytest.mark.parametrize(
    "values",
    [
        (400.0, 500.0, 600.0, math.inf),
        (math.inf, math.inf),
        (-90.0, 10.0, 9_990.0),
        (500.0,),
        tuple(float(one) for one in range(500)),
    ],
)
def test_any_values_can_be_drawn(values):
    """All never, one only, negative, or twelve limits late: a mark for each, all inside."""
    svg = waiting.figure(panel(values))
    root = parse(svg)
    marks = [one for one in root.iter() if one.get("class") in ("f-data", "f-bad")]
    assert len(marks) >= len(values)
    xs = [float(one.get("cx")) for one in root.iter("circle")]
    assert all(0 <= x <= waiting.WIDTH for x in xs)
    assert "nan" not in svg
    assert ("later" in svg) == (9_990.0 in values)


def test_without_a_limit_there_is_no_corner():
    """Latency that nobody judges is drawn as it is."""
    bare = replace(panel((1.0, 2.0)), limit_ms=None, share=None)
    assert "f-badground" not in classes(waiting.figure(bare))
    assert "f-badground" in classes(waiting.figure(panel((1.0, 2.0))))


def test_thousands_of_sessions_are_counted_in_bars():
    """The drawing stays small, nothing is left out, and what never came has its triangle."""
    values = (*(200.0 + 0.11 * one for one in range(5000)), 900.0, math.inf)
    svg = waiting.figure(panel(values))
    assert len(svg) < 40_000
    bars = [one for one in parse(svg).iter("rect") if one.get("class") in ("f-data", "f-bad")]
    assert {one.get("class") for one in bars} == {"f-data", "f-bad"}
    assert not list(parse(svg).iter("circle")) or len(list(parse(svg).iter("circle"))) <= 1
    assert ">2 late<" in svg
    assert "sessions," in svg


def test_a_fine_curve_keeps_its_shape():
    """Steps too near to be seen are one; it still ends where the last value stands."""
    svg = waiting.figure(panel(tuple(400 + 0.01 * one for one in range(3000))))
    (curve,) = [one for one in parse(svg).iter("path") if one.get("class") == "s-data w2 nofill"]
    assert 10 < curve.get("d").count("L") < 400
