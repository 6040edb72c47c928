from __future__ import annotations

from xml.etree import ElementTree as ET

from harness.report import health
from harness.report.trust import Lag, Load


def parse(svg: str) -> ET.Element:
    return ET.fromstring(svg)  # noqa: S314  our own output


def test_the_lag_histogram_holds_every_frame_and_the_line_that_disturbs():
    """Frames over 50 ms are in the colour of a failure."""
    svg = health.lag_histogram(Lag(values_us=(0, 3, 150, 160, 900, 77_000), frame_ms=100, late_us=50_000))
    bars = [one.get("class") for one in parse(svg).iter("rect")]
    assert bars.count("f-bad") == 1
    assert "max 77,000" not in svg
    assert "max 77" in svg


def test_processes_are_named_where_their_lines_end():
    """Each with its highest value."""
    svg = health.cpu((Load(source="riva", points=((0.0, 10.0), (9.0, 130.0))), Load(source="me", points=((1.0, 4.0),))))
    assert "riva, at most 130\u202f%" in svg
    assert "me, at most 4\u202f%" in svg


def test_a_long_run_is_drawn_with_as_many_points_as_can_be_seen():
    """Of each stretch the highest stays, so that no peak is lost, and the last one, where the name stands."""
    points = tuple((float(at), 90.0 if at == 333 else 10.0 + at % 3) for at in range(3000))
    svg = health.cpu((Load(source="riva", points=points),))
    (line,) = (one.get("d") for one in parse(svg).iter("path") if "nofill" in one.get("class"))
    assert line.count("L") <= 240
    assert min(float(step.split(" ")[1]) for step in line[1:].split("L")) == min(
        float(step.split(" ")[1]) for step in drawn_whole(points).split("L")
    )


def drawn_whole(points):
    """The same axis, few points: the peak and the ends."""
    few = (points[0], points[333], points[-1])
    svg = health.cpu((Load(source="riva", points=few),))
    return next(one.get("d")[1:] for one in parse(svg).iter("path") if "nofill" in one.get("class"))
