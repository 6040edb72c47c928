"""What is true of a run and worth knowing, and no verdict."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from harness.judge.health import health, unanswered
from harness.judge.symptoms import symptoms
from harness.judge.wording import limit, named, plural, show, title
from harness.model.run import Measured, Record
from harness.model.series import UP
from harness.model.timeline import Errored, Refused, Timeline
from harness.model.verdict import Outcome, Verdict
from harness.stats import planning, rates

ERROR_RATE: Final = 0.005  # what a certificate for production is usually asked for


def findings(
    record: Record, measured: Measured, verdicts: Sequence[Verdict], notes: Iterable[tuple[Verdict, str]]
) -> tuple[str, ...]:
    """In the order a reader needs them; `notes` are what single lines have to say beside their reason."""
    return (
        *_narrowed(record),
        *_forced(record, verdicts),
        *_ending(record),
        *_warm_up(record),
        *health(record),
        *symptoms(record, measured),
        *(f"{title(verdict.objective, verdict.slice)}: {note}." for verdict, note in notes),
        *_known_limits(verdicts),
        *_error_rate(verdicts),
        *_unnamed_model(record),
        *_not_measured(record),
    )


def _narrowed(record: Record) -> Iterator[str]:
    cut_away = record.manifest.scenario.narrowed
    if cut_away:
        yield f"This run was narrowed on the command line ({', '.join(cut_away)}): it is not the whole scenario."


def _forced(record: Record, verdicts: Sequence[Verdict]) -> Iterator[str]:
    baseline = record.baseline
    if baseline is not None and baseline.forced and any(one.objective.delta for one in verdicts):
        run = baseline.run
        why = baseline.forced.rstrip(".")
        yield f"The baseline {run.run_id} was blessed although it was {run.outcome.value}: {why}."


def _ending(record: Record) -> Iterator[str]:
    if record.ending is None:
        yield "The run crashed before its end: clocks, engine and identity were not looked at afterwards."
        return
    after = record.ending.vitals.identity_after
    if after is None:
        yield "What the target is could not be read after the run."
        return
    before, now = dict(record.manifest.identity_before.facts), dict(after.facts)
    changed = [
        f"{name} was {before.get(name, 'absent')} and is {now.get(name, 'absent')}"
        for name in sorted(before.keys() | now.keys())
        if before.get(name) != now.get(name)
    ]
    if changed:
        yield f"The target changed during the run: {named(changed)}."


def _warm_up(record: Record) -> Iterator[str]:
    ids = {session.session_id for session in record.manifest.plan.sessions if session.warm_up}
    warm = [timeline for timeline in record.timelines if timeline.session_id in ids]
    failed = [f"{timeline.session_id}: {why}" for timeline in warm if (why := _failure(timeline))]
    if failed:
        yield f"{len(failed)} of {plural(len(ids), 'warm-up session')} failed ({named(failed)}); they are not counted."


def _failure(timeline: Timeline) -> str:
    codes = [heard.code for _, heard in timeline.heard if isinstance(heard, Errored | Refused)]
    if codes:
        return codes[0]
    return "never ready" if timeline.ready_ns is None else ""


def _known_limits(verdicts: Sequence[Verdict]) -> Iterator[str]:
    for verdict in verdicts:
        if verdict.known_limit and verdict.outcome is Outcome.PASS:
            yield f"Known limit {verdict.line_id} passed this time ({verdict.known_limit.rstrip('.')})."


def _error_rate(verdicts: Sequence[Verdict]) -> Iterator[str]:
    """`sum error == 0` says what this run showed; a reader may take it for an error rate."""
    for verdict in verdicts:
        objective, estimate = verdict.objective, verdict.estimate
        if (objective.metric, objective.aggregate) != ("error", "sum") or not estimate.n or estimate.violations is None:
            continue
        k, n, c = estimate.violations, estimate.n, objective.confidence
        bound = rates.upper(k, n, c)
        if bound > ERROR_RATE:
            needed = planning.least_n(k, ERROR_RATE, c)
            yield (
                f"{plural(k, 'failure')} in {plural(n, 'session')} certify an error rate below {show(bound, 'ratio')}; "
                f"< {limit(ERROR_RATE, 'ratio')} is not certified by so few, it takes {plural(needed, 'session')}."
            )


def _not_measured(record: Record) -> Iterator[str]:
    heard_from = {sample.source for sample in record.samples if sample.metric != UP} | unanswered(record)
    silent = [
        one.source if one.kind == "prometheus" else f"{one.kind} {one.of}"
        for one in record.manifest.target.observe
        if one.source not in heard_from
    ]
    if silent:
        yield f"Not measured, because nothing was read from it: {named(silent)}."


def _unnamed_model(record: Record) -> Iterator[str]:
    model = record.manifest.target.model
    if model and "model" not in dict(record.manifest.identity_before.facts):
        yield f"The target names no model: that {model} was what answered is not verified."
