from __future__ import annotations

from dataclasses import replace

import pytest
from support import campaign

from harness.report import overload


@pytest.fixture(scope="module")
def found():
    return campaign.campaign().overload


def cell(built, row, head):
    return built.rows[row].cells[[name for name, _ in built.heads].index(head)]


def test_stages_stand_in_order_of_time(found):
    """Before, overload, afterwards; a cell for each column."""
    built = overload.build(found)
    assert [row.kind for row in built.rows] == ["before", "overload", "afterwards", "overload", "afterwards"]
    assert all(len(row.cells) == len(built.heads) for row in built.rows)


def test_the_heading_says_how_it_said_no(found):
    """How many refusals named a reason, how those inside fared, and how soon it was itself again."""
    heading = overload.build(found).heading
    assert "refusals said why" in heading
    assert heading.endswith("recovered within 10\u202fs")
    assert overload.build(replace(found, recovery_s=0.0)).heading.endswith("recovered at once")
    assert "not recovered within 25\u202fs" in overload.build(replace(found, recovery_s=None)).heading


def test_where_nobody_watched_nothing_is_said_of_recovery(found):
    """It is not measured, which is no failure to recover."""
    built = overload.build(replace(found, recovery_s=None, watched_s=0.0))
    assert "recover" not in built.heading
    assert "not measured" in built.recovery


def test_of_no_refusal_there_is_no_share(found):
    """A dash, not zero in a hundred."""
    built = overload.build(found)
    assert cell(built, 0, "promptly").text == "–"  # noqa: RUF001
    assert cell(built, 0, "refusal, p95").text == "–"  # noqa: RUF001


def test_a_target_that_refuses_nobody_is_told_so(found):
    """Beyond its limit that is no praise."""
    stages = tuple(replace(one, refused=0, prompt=0, structured=0, refusal_p95_ms=None) for one in found.stages)
    assert "nobody was refused" in overload.build(replace(found, stages=stages)).heading


def test_what_should_not_be_is_marked(found):
    """Late answers, hung callers, and refusals where there is room for all."""
    before = replace(found.stages[0], refused=3, prompt=3, structured=3, hung=2, final_p95_ms=float("inf"))
    built = overload.build(replace(found, stages=(before, *found.stages[1:])))
    assert [cell(built, 0, head).tone for head in ("refused", "hung", "final, p95")] == ["over"] * 3
    assert cell(built, 0, "final, p95").text == "∞"
    assert cell(built, 1, "refused").tone == ""
