from __future__ import annotations

from xml.etree import ElementTree as ET

import pytest

from harness.report.svg import Drawing, Scale, rows_for, ticks


def parse(svg: str) -> ET.Element:
    return ET.fromstring(svg)  # noqa: S314  our own output


def test_labels_find_a_row_or_none():
    """The first row where they fit; a label is left out rather than drawn over another."""
    assert rows_for([(0, 10), (5, 15), (8, 20), (20, 30)], rows=2) == [0, 1, None, 0]


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [(0, 1000, [0, 200, 400, 600, 800, 1000]), (-100, 300, [-100, 0, 100, 200, 300]), (3, 3, [3])],
)
def test_ticks_are_round(low, high, expected):
    """Steps of 1, 2, 4 or 5."""
    assert ticks(low, high) == expected


def test_scales_and_escapes():
    """Log scales put decades apart evenly; text in a drawing is text."""
    scale = Scale(low=0.01, high=1, start=100, end=0, log=True)
    assert [round(scale(value), 6) for value in (0.01, 0.1, 1)] == [100, 50, 0]
    drawing = Drawing(10, 10, '"<b>"')
    drawing.text((1, 1), "<script>")
    assert parse(drawing.svg()).get("aria-label") == '"<b>"'
    assert "<script>" not in drawing.svg()


def test_a_title_and_its_note_are_one_text():
    """The note stands where the reader's own font ends the title; both are escaped, and no note leaves nothing."""
    drawing = Drawing(10, 10, "x")
    drawing.title((1, 1), "final <ms>", "of & all")
    drawing.title((1, 9), "bare")
    both, bare = list(parse(drawing.svg()).iter("text"))
    assert (both.text, next(iter(both)).text) == ("final <ms>", "of & all")
    assert (bare.text, list(bare)) == ("bare", [])
