"""How figures and places read."""

from __future__ import annotations

import math

import pytest

from harness.judge.wording import limit, named, show


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (1298.2, "ms", "1,298 ms"),
        (-12.4, "ms", "-12 ms"),
        (0.0412, "ratio", "4.1 %"),
        (0.0017, "ratio", "0.17 %"),
        (0.0, "ratio", "0.0 %"),
        (3.0, "count", "3"),
        (math.inf, "ms", "∞"),
        (-math.inf, "ms", "-∞"),
        (None, "ms", "not measured"),
    ],
)
def test_figures(value, unit, text):
    """Milliseconds are whole, shares have a decimal (two below 1 %), never is ∞, and nothing is ever zero for lack."""
    assert show(value, unit) == text


def test_a_figure_is_told_from_its_limit():
    """A value that would round onto its limit shows the digit that decides."""
    assert show(800.4, "ms", 800.0) == "800.4 ms"
    assert show(0.12004, "ratio", 0.12) == "12.004 %"
    assert show(800.0, "ms", 800.0) == "800 ms"


def test_limits_keep_the_digits_of_their_author():
    """12 % stays 12 %, 0.5 % stays 0.5 %."""
    assert [limit(0.12, "ratio"), limit(0.005, "ratio"), limit(1500.0, "ms")] == ["12 %", "0.5 %", "1,500 ms"]


def test_long_lists_are_shortened():
    """The first names stand, the rest are counted."""
    assert named(["a", "b", "c"], most=2) == "a, b and 1 more"
    assert named(["a", "b"], most=2) == "a, b"


def test_titles_read_as_places(bench):
    """Condition, rate and number of sessions are places, other keys are named, and the slice wins over `where`."""
    from harness.judge.wording import title

    noisy = bench.objective("pooled wer <= 18 % where condition in noisy, music per rate")
    assert title(noisy, (("rate", "8000"),)) == "Word errors in “noisy” and “music” at 8 kHz"
    assert title(noisy, (("condition", "noisy"), ("rate", "11025"))) == "Word errors in “noisy” at 11.025 kHz"
    assert title(bench.objective("max final_ms <= 1"), (("speaker", "ned"),)) == "Final for speaker ned"
    assert title(bench.objective("max final_ms <= 1 where level in 4, 8"), ()) == "Final at 4 and 8 sessions at once"
