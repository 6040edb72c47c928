from __future__ import annotations

import math

import pytest

from harness.judge.wording import title as judge_title
from harness.model.scenario import Objective
from harness.report import wording


def plain(text: str) -> str:
    return text.replace(wording.NNBSP, " ")


@pytest.mark.parametrize(
    ("unit", "number", "text"),
    [
        ("ms", 1298.4, "1,298 ms"),
        ("ms", 0.9, "0.90 ms"),
        ("ms", -59.2, "\u221259 ms"),
        ("ms", -0.001, "0.00 ms"),
        ("ms", math.inf, "∞"),
        ("ms", None, "not measured"),
        ("ratio", 0.0017, "0.17 %"),
        ("ratio", 0.026, "2.6 %"),
        ("ratio", 0.0, "0.0 %"),
        ("count", 0, "0"),
        ("count", 12345, "12,345"),
    ],
)
def test_numbers_have_their_unit(unit, number, text):
    """Thousands, true minus signs, ∞ and words instead of a number that is not there."""
    assert plain(wording.value(unit, number)) == text


@pytest.mark.parametrize(
    ("unit", "number", "limit", "text"),
    [
        ("ms", 300.04, 300, "300.04 ms"),
        ("ms", 299.7, 300, "299.7 ms"),
        ("ms", 300, 300, "300 ms"),
        ("ms", 287.4, 300, "287 ms"),
        ("ratio", 0.12004, 0.12, "12.004 %"),
        ("ratio", 0.11, 0.12, "11.0 %"),
    ],
)
def test_a_number_never_looks_like_a_limit_it_is_not(unit, number, limit, text):
    """More digits where rounding would hide on which side it lies."""
    assert plain(wording.value(unit, number, limit)) == text


@pytest.mark.parametrize(
    ("aggregate", "metric", "threshold", "text"),
    [
        ("p95", "final_ms", 800, "800 ms"),
        ("p95", "final_ms", 812.5, "812.5 ms"),
        ("rate", "error", 0.005, "0.5 %"),
        ("pooled", "wer", 0.12, "12 %"),
        ("sum", "error", 0, "0"),
    ],
)
def test_limits_keep_the_digits_of_their_author(aggregate, metric, threshold, text):
    """A limit is written, not measured."""
    objective = Objective(objective_id="x", text="", aggregate=aggregate, metric=metric, op="<=", threshold=threshold)
    assert plain(wording.limit(objective)) == text


def test_titles_say_what_is_read():
    """Metric, condition and rate, in the words of the glossary."""
    objective = Objective(
        objective_id="x",
        text="",
        aggregate="pooled",
        metric="wer",
        op="<=",
        threshold=0.18,
        where=(("condition", ("noisy", "music")),),
    )
    assert plain(wording.title(objective, (("rate", "8000"),))) == "Word errors in “noisy” and “music” at 8 kHz"


def test_levels_are_sessions_at_once():
    """As in the judge's sentences, so that the banner knows what its headline has said already."""
    objective = Objective(
        objective_id="x", text="", aggregate="p95", metric="final_ms", op="<=", threshold=800, per=("level",)
    )
    part = (("level", "1200"),)
    assert plain(wording.title(objective, part)) == judge_title(objective, part) == "Final at 1200 sessions at once"
    assert plain(wording.slice_label(part)) == "1,200 sessions"


@pytest.mark.parametrize(
    ("seconds", "text"), [(41, "41 s"), (161, "2 min 41 s"), (4440, "1 h 14 min"), (59.6, "1 min 0 s")]
)
def test_spans_read_like_a_clock(seconds, text):
    """Two units at most."""
    assert plain(wording.span(int(seconds * 1e9))) == text


def test_units_in_others_sentences_are_bound_to_their_number():
    """Only where a number stands before the unit."""
    assert wording.fine("p95 is 842 ms at 8 kHz, 5 % may") == "p95 is 842\u202fms at 8\u202fkHz, 5\u202f% may"
    assert wording.fine("1 second, 2 months") == "1 second, 2 months"


def test_lists_and_sentences():
    """Small words, said once."""
    assert wording.listed(["a", "b", "c"]) == "a, b and c"
    assert wording.listed([]) == ""
    assert wording.joined(["one holds", "", "two fail."]) == "One holds. Two fail."


@pytest.mark.parametrize(
    ("unit", "number", "text"),
    [("ms", 110.0, "+110 ms"), ("ms", -20.0, "−20 ms"), ("ratio", 0.013, "+1.3 pt"), ("ratio", 0.0, "0.0 pt")],  # noqa: RUF001
)
def test_a_change_has_its_sign_and_a_share_is_in_points(unit, number, text):
    """A change of a share in percent could be read as a part of the share."""
    assert wording.change(unit, number).replace(wording.NNBSP, " ") == text


def test_a_level_is_named_as_one():
    """A bare 40 beside `8 kHz` could be anything."""
    objective = Objective(objective_id="f", text="", aggregate="p95", metric="final_ms", op="<=", threshold=800)
    assert plain(wording.slice_label((("level", "40"), ("rate", "8000")))) == "40 sessions, 8 kHz"
    assert wording.title(objective, (("level", "40"),)) == "Final at 40 sessions at once"
