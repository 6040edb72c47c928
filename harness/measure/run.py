"""From timelines to measurements: every counted session, every metric that applies to it, in the catalogue's order."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from harness.measure.finals import is_timed
from harness.measure.hearing import Hearing, hear
from harness.measure.latency import latencies, word_time_error
from harness.measure.outcome import session_outcome
from harness.measure.spelling import respellings
from harness.measure.stability import early_words, silence_mistakes, silence_words, unstable_words
from harness.measure.wer import word_error_rate
from harness.model.limits import Limits
from harness.model.measurement import Measurement, Mistake, SessionOutcome
from harness.model.plan import SessionPlan
from harness.model.run import Measured, Record
from harness.model.timeline import Final, Timeline

US_PER_MS = 1000


def measure_run(record: Record) -> Measured:
    """Measure the counted sessions in plan order; one that left no timeline was never started.

    Whether the contract gives word times is a fact of the target, not of a session: where no session of the run heard
    any, `word_time_error_ms` has no row at all, not even a missing one.
    """
    timelines = {timeline.session_id: timeline for timeline in record.timelines}
    limits = record.manifest.scenario.limits
    outcomes: list[SessionOutcome] = []
    measurements: list[Measurement] = []
    mistakes: list[Mistake] = []
    for plan in record.manifest.plan.counted:
        never = Timeline(session_id=plan.session_id, end_reason="never_started")
        outcome, rows, wrong = measure_session(plan, timelines.get(plan.session_id, never), limits.tick_late_ms)
        outcomes.append(outcome)
        measurements += rows
        mistakes += wrong
    if not any(_has_word_times(timeline) for timeline in record.timelines):
        measurements = [row for row in measurements if row.metric != "word_time_error_ms"]
    return Measured(
        outcomes=tuple(outcomes),
        measurements=tuple(measurements),
        mistakes=tuple(mistakes),
        respellings=respellings(mistakes),
    )


def measure_session(
    plan: SessionPlan, timeline: Timeline, tick_late_ms: float = Limits().tick_late_ms
) -> tuple[SessionOutcome, tuple[Measurement, ...], tuple[Mistake, ...]]:
    """How a session ended, a row for each metric that applies, and its wrong words; unmeasured, it has none of them.

    A failed session has the rows of a good one: what it really gave before it failed keeps its value, and what it
    never gave is missing, with the outcome named in the reason.
    """
    hearing = hear(plan, timeline)
    outcome = session_outcome(hearing, tick_late_ms)
    if not outcome.measured:
        return outcome, (), ()
    said, mistakes = _words(hearing)
    rows = (*latencies(hearing), *said, *_health(hearing, outcome))
    return outcome, tuple(_blamed(row, outcome) for row in rows), mistakes


def _words(hearing: Hearing) -> tuple[tuple[Measurement, ...], tuple[Mistake, ...]]:
    if not hearing.clip.has_speech:
        return (silence_words(hearing),), silence_mistakes(hearing)
    wer, mistakes = word_error_rate(hearing)
    rows = [unstable_words(hearing), *([wer] if wer else []), early_words(hearing)]
    if hearing.clip.latency and (row := word_time_error(hearing)):
        rows.append(row)
    return tuple(rows), mistakes


def _health(hearing: Hearing, outcome: SessionOutcome) -> Iterator[Measurement]:
    failed = outcome.outcome != "ok"
    yield hearing.row("error", float(failed), reason=_failure(outcome) if failed else "")
    if hearing.timeline.send_lag_us:  # a session that was refused at once has dispatched nothing that could lag
        yield hearing.row("send_lag_ms", max(hearing.timeline.send_lag_us) / US_PER_MS)


def _blamed(row: Measurement, outcome: SessionOutcome) -> Measurement:
    if row.numerator is not None or outcome.outcome == "ok":
        return row
    return replace(row, reason=f"{row.reason} ({outcome.outcome})")


def _failure(outcome: SessionOutcome) -> str:
    return ": ".join(part for part in (outcome.outcome, outcome.code, outcome.detail) if part)


def _has_word_times(timeline: Timeline) -> bool:
    return any(isinstance(heard, Final) and is_timed(heard) for _, heard in timeline.heard)
