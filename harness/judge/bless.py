"""Whether a run may become the baseline, and what of it is kept."""

from __future__ import annotations

from collections.abc import Iterator

from harness.judge.pairing import remembered
from harness.judge.validity import unmeasured
from harness.judge.wording import named, of_sessions
from harness.model.baseline import Baseline, PastRun, latest
from harness.model.run import Measured, Record
from harness.model.verdict import Judgement, Outcome

STALE_PASSES = 3


def never(record: Record, measured: Measured, judgement: Judgement) -> str:
    """Why this run can be no baseline, whatever anyone says; empty where it can."""
    if judgement.outcome is Outcome.INVALID:
        return "it is INVALID: the harness cannot vouch for its measurements"
    if record.manifest.scenario.narrowed:
        return f"it was narrowed to {' and '.join(record.manifest.scenario.narrowed)}, and is not the whole scenario"
    if lacking := unmeasured(record, measured):
        return f"it was cut short: {of_sessions(lacking, len(record.manifest.plan.counted))} not measured"
    if record.ending is None or record.ending.vitals.interrupted:
        return "it was cut short"
    return ""


def stale_limits(record: Record, judgement: Judgement) -> str:
    """Known limits that passed three times in a row, this run included: their mark is out of date."""
    runs = [one for one in record.history if one.began_utc < record.manifest.began_utc]
    recent = runs[-(STALE_PASSES - 1) :]
    if len(recent) < STALE_PASSES - 1:
        return ""
    passing = [set(_passing_limits(one)) for one in [*recent, past_run(record, judgement)]]
    return named(sorted(set.intersection(*passing)))


def past_run(record: Record, judgement: Judgement) -> PastRun:
    """The run as a line of history."""
    manifest = record.manifest
    identity, versions = manifest.identity_before.facts, manifest.versions
    return PastRun.of(manifest.run_id, manifest.began_utc, judgement, identity, versions)


def blessed(record: Record, measured: Measured, judgement: Judgement, *, at_utc: str, forced: str = "") -> Baseline:
    """The baseline that this run makes; `forced` says why it is one although it did not PASS."""
    manifest = record.manifest
    return Baseline(
        target=manifest.target.name,
        scenario=manifest.scenario.name,
        driver=manifest.driver,
        normaliser=manifest.normaliser,
        blessed_utc=at_utc,
        forced=forced,
        run=past_run(record, judgement),
        sessions=remembered(record, measured),
    )


def history_with(record: Record, judgement: Judgement, *known: tuple[PastRun, ...]) -> tuple[PastRun, ...]:
    """What the next run should know of its predecessors, this one among them."""
    return latest(record.history, *known, (past_run(record, judgement),))


def _passing_limits(run: PastRun) -> Iterator[str]:
    return (line.line_id for line in run.lines if line.known_limit and line.outcome is Outcome.PASS)
