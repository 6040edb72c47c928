from __future__ import annotations

from dataclasses import replace

import pytest
from support import campaign

from harness.report import load_table


@pytest.fixture(scope="module")
def table():
    return campaign.confirm().facts.levels


def row(built, part, label):
    rows = next(one for one in built.parts if one.title.startswith(part)).rows
    return next(one for one in rows if one.label == label)


def test_there_is_a_column_for_each_level(table):
    """With its verdict as symbol and word, and as many cells in every row."""
    built = load_table.build(table)
    assert [head.level for head in built.heads] == ["16", "24", "32", "40", "48"]
    assert [head.word for head in built.heads] == ["PASS", "PASS", "PASS", "INCONCLUSIVE", "FAIL"]
    assert all(len(one.cells) == 5 for part in built.parts for one in part.rows)


def test_over_the_limit_is_marked_at_p95_alone(table):
    """It is p95 that has a limit; a median above it is worse, but is nothing the limit speaks of."""
    built = load_table.build(table)
    assert [cell.tone for cell in row(built, "Final", "p95").cells] == ["", "", "", "over", "over"]
    assert not any(cell.tone for cell in row(built, "Final", "p99").cells)


def test_bounds_stand_with_their_figure(table):
    """And a bound that so few sessions do not have is said to be none."""
    p95 = row(load_table.build(table), "Final", "p95").cells[0]
    spread = table.rows[0].final
    assert p95.text == f"{spread.p95.value:.0f}"
    assert p95.note == f"{spread.p95.low:.0f}\u202f–\u202f{spread.p95.high:.0f}"  # noqa: RUF001
    few = replace(table.rows[0], final=replace(spread, p99=replace(spread.p99, high=None)))
    built = load_table.build(replace(table, rows=(few,)))
    assert row(built, "Final", "p99").cells[0].note.endswith("none")


def test_what_was_not_measured_is_words(table):
    """Never zero, and never an empty cell."""
    bare = replace(
        table.rows[0], final=None, wer=None, rtfx=None, interval_p50_ms=None, send_lag_p99_us=None, dependence=None
    )
    built = load_table.build(replace(table, rows=(bare, table.rows[1])))
    for part, label in (
        ("Final", "p95"),
        ("Partials", "word errors"),
        ("Sessions", "RTFx"),
        ("Partials", "partial every"),
        ("The harness", "send lag, p99"),
        ("What", "steady?"),
    ):
        cell = row(built, part, label).cells[0]
        assert (cell.text, cell.note) == ("", "not measured")


def test_infinity_is_a_sign(table):
    """More than one in a hundred never got a final: p99 is infinite."""
    assert row(load_table.build(table), "Final", "p99").cells[4].text == "∞"


def test_the_blessed_runs_words_have_a_row_only_where_there_are_any(table):
    """Beside what was wrong under load."""
    labels = [one.label for part in load_table.build(table).parts for one in part.rows]
    assert labels.count("word errors") == 1
    rows = tuple(replace(one, wer_baseline=0.031) for one in table.rows)
    built = load_table.build(replace(table, rows=rows))
    both = [one for part in built.parts for one in part.rows if one.label == "word errors"]
    assert both[1].cells[0].text == "3.1"


def test_failures_are_told_by_kind(table):
    """The most frequent first; a level without one has a dash."""
    cells = row(load_table.build(table), "Failed", "kinds").cells
    assert cells[0].text == "–"  # noqa: RUF001
    assert cells[4].note == "51 refused, 18 timeout"


def test_transitions_are_named(table):
    """A level that was overload or recovery is no level to certify."""
    rows = (replace(table.rows[0], kind="recovery"),)
    assert load_table.build(replace(table, rows=rows)).heads[0].kind == "recovery"


def test_plain_bounds_are_called_so(table):
    """They do not know that sessions share slow moments, and look better than they are."""
    few = replace(table.rows[0], measured=120)
    short = replace(table.rows[1], dependence=None)
    built = load_table.build(replace(table, rows=(few, short, table.rows[2])))
    assert [cell.note for cell in row(built, "What", "worth n*").cells] == ["n < 300: plain bounds", "plain bounds", ""]
    assert row(built, "What", "design effect d").cells[1].note == "too short to tell"
