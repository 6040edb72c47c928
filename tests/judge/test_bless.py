"""What may become a baseline."""

from __future__ import annotations

from dataclasses import replace

import pytest

from harness.judge.bless import blessed, history_with, never, past_run, stale_limits
from harness.model.baseline import KEPT_RUNS, latest
from harness.model.scenario import KnownLimit
from harness.model.verdict import Outcome

FINAL = "p95 final_ms <= 800"
LIMIT = KnownLimit(objective="o1", reason="the small model is slow")


def why(made) -> str:
    return never(made.record, made.measured, made.judge())


def day(bench, number: int, **given):
    return bench.of(
        FINAL, known_limits=(LIMIT,), run_id=f"golden-{number:02}", began_utc=f"2026-01-{number:02}T00:00:00Z", **given
    )


def history(bench, *finals):
    """Runs on consecutive days, each with one value of every final."""
    runs = []
    for number, value in enumerate(finals, 1):
        made = day(bench, number).play(times=60, final_ms=value)
        runs.append(past_run(made.record, made.judge()))
    return tuple(runs)


def test_a_whole_run_that_passes_may(bench):
    """Its sessions, verdicts and identity are kept."""
    made = bench.of(FINAL).play(times=60, final_ms=500.0)
    kept = blessed(made.record, made.measured, made.judge(), at_utc="now")
    assert why(made) == ""
    assert (kept.run.outcome, len(kept.sessions), kept.forced) == (Outcome.PASS, 60, "")
    assert [line.line_id for line in kept.run.lines] == ["o1"]
    assert dict(kept.run.identity)["model"] == "tiny"


def test_a_narrowed_run_never(bench):
    """It is not the whole scenario."""
    made = bench.of(FINAL, narrowed=("rate 8000",)).play(times=60, final_ms=500.0)
    assert why(made) == "it was narrowed to rate 8000, and is not the whole scenario"


@pytest.mark.parametrize("how", ["cut", "interrupted", "crashed"])
def test_a_cut_run_never(bench, how):
    """The sessions it lacks may be the bad ones."""
    made = bench.of(FINAL).play(times=60, final_ms=500.0)
    if how == "cut":
        made.play(measured=False)
    elif how == "interrupted":
        made.vitals = replace(made.vitals, interrupted=True)
    else:
        made.vitals = None
    assert why(made).startswith("it was cut short")


def test_an_invalid_run_never(bench):
    """Its measurements are nobody's."""
    made = bench.of(FINAL).play(times=60, final_ms=500.0)
    made.vitals = replace(made.vitals, clock_drift_ms=51.0)
    assert why(made).startswith("it is INVALID")


def test_a_limit_that_passed_three_times_is_out_of_date(bench):
    """This run and the two before it; the line is named."""
    made = day(bench, 9, history=history(bench, 900.0, 500.0, 500.0)).play(times=60, final_ms=500.0)
    assert stale_limits(made.record, made.judge()) == "o1"


@pytest.mark.parametrize("before", [(), (500.0,), (500.0, 900.0), (900.0, 500.0)])
def test_a_limit_that_failed_lately_is_not(bench, before):
    """Nor one of which too few runs are known."""
    made = day(bench, 9, history=history(bench, *before)).play(times=60, final_ms=500.0)
    assert stale_limits(made.record, made.judge()) == ""


def test_a_line_that_passes_without_a_mark_is_no_limit(bench):
    """Passing is what lines are for."""
    runs = tuple(
        replace(run, lines=tuple(replace(line, known_limit=False) for line in run.lines))
        for run in history(bench, 500.0, 500.0)
    )
    made = day(bench, 9, history=runs).play(times=60, final_ms=500.0)
    assert stale_limits(made.record, made.judge()) == ""


def test_history_holds_the_last_runs_each_once(bench):
    """Oldest first, this run the last."""
    known = history(bench, *[500.0] * 14)
    made = day(bench, 20, history=known[:10]).play(times=60, final_ms=500.0)
    found = history_with(made.record, made.judge(), known[5:])
    assert len(found) == KEPT_RUNS
    assert [one.run_id for one in found] == [*(one.run_id for one in known[1:]), "golden-20"]
    assert latest(found, found) == found
