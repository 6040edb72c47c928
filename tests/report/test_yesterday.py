"""What the banner says of earlier runs."""

from __future__ import annotations

from dataclasses import replace

import pytest

from harness.model.baseline import Baseline, PastRun
from harness.model.verdict import Outcome
from harness.report import yesterday

P, F = Outcome.PASS, Outcome.FAIL


def plain(text: str) -> str:
    return text.replace("\u202f", " ")


def past(day: int, outcome: Outcome, **identity: str) -> PastRun:
    said = {"model": "invented-en", "server": "1.2.3", "gateway": "0.9.1"} | identity
    return PastRun(
        run_id=f"golden-{day}",
        began_utc=f"2026-11-{day:02}T02:14:00+00:00",
        outcome=outcome,
        lines=(),
        identity=tuple(said.items()),
        versions=(("riva-slo-harness", "0.1.0"), ("python", "3.11.9"), ("scipy", "1.16.2")),
    )


def since(world, *runs: PastRun) -> tuple[str, str, bool]:
    text, note, changed = yesterday.since_when(replace(world.record, history=runs), world.judgement)
    return plain(text), plain(note), changed


def test_without_earlier_runs_nothing_is_said(failing):
    """A first run has no since."""
    assert yesterday.since_when(failing.record, failing.judgement) is None


def test_the_first_run_that_does_not_pass(failing):
    """The last PASS is named, and what changed since, never as a cause."""
    said = since(failing, past(7, P), past(8, P, gateway="0.8.4"))
    assert said == ("the first run without a PASS", "last PASS golden-8; since then gateway 0.8.4 → 0.9.1", True)


def test_a_streak_begins_after_the_last_pass(failing):
    """Not at the first bad run ever seen."""
    text, note, _ = since(failing, past(5, F), past(6, P), past(7, F), past(8, F))
    assert text == "no PASS since 7 Nov 2026, 02:14 UTC"
    assert note == "last PASS golden-6; what the target and the harness say of themselves is the same"


def test_a_free_port_is_no_change(failing):
    """The embedded stack gets another one in every run."""
    assert "is the same" in since(failing, past(8, P, riva_target="127.0.0.1:40001"))[1]


def test_no_pass_at_all(failing):
    """Said with the number of runs."""
    assert since(failing, past(7, F), past(8, F))[0] == "no PASS in 2 earlier runs"


def test_a_pass_tells_how_many_passed_before(passing):
    """Good news needs no mark."""
    assert since(passing, past(7, F), past(8, P)) == (
        "1 of 2 earlier runs passed too",
        "since 7 Nov 2026, 02:14 UTC",
        False,
    )


def test_the_first_pass_is_called_so(passing):
    """None of the runs before it passed "too"."""
    assert since(passing, past(7, F))[0] == "the first PASS after 1 earlier run"


@pytest.mark.parametrize(
    ("forced", "outcome", "note", "changed"),
    [("", P, "PASS, blessed 9 Nov 2026", False), ("the first", F, "FAIL, blessed all the same: the first", True)],
)
def test_the_baseline_is_named(failing, forced, outcome, note, changed):
    """One that did not PASS must not be overlooked."""
    found = Baseline(
        target="t",
        scenario="golden",
        driver="gateway",
        normaliser="n",
        blessed_utc="2026-11-09T00:00:00+00:00",
        forced=forced,
        run=past(8, outcome),
        sessions=(),
    )
    assert yesterday.baseline(replace(failing.record, baseline=found)) == ("golden-8", note, changed)
    assert yesterday.baseline(failing.record) is None
