"""`harness doctor --load`: what this machine can honestly send, said before a run would find out."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from statistics import fmean
from typing import Final

from harness.cli.finding import HERE, Finding, fine
from harness.cli.load_trial import Load
from harness.judge.health import health
from harness.judge.validity import checks
from harness.judge.wording import plural
from harness.measure.run import measure_run
from harness.model.measurement import UNMEASURED, SessionOutcome
from harness.model.run import Record
from harness.model.series import CPU, LOOP_BUSY
from harness.model.verdict import Check

_JUDGED: Final = ("pace", "files", "ports", "engine", "clock")  # the other checks are of a folder that was just made


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """Send lag while every session was open, and the worst tick of the whole trial; in ms."""

    p50_ms: float
    p99_ms: float
    max_ms: float
    tick_ms: float


def found_of(load: Load, record: Record) -> tuple[Finding, ...]:
    """The rule is a run's own: what would make a run INVALID, this machine cannot do. The last one is the sentence."""
    measured = measure_run(record)
    failed = [one for one in measured.outcomes if one.outcome != "ok"]
    pace = pace_of(load, record)
    sessions = _sessions(load, failed)
    vouched = [_of_check(check) for check in checks(record, measured) if check.check_id in _JUDGED]
    notes = [Finding(where=HERE, check="finding", mark="note", found=text.rstrip(".")) for text in health(record)]
    reasons = [f"{one.found}; {one.remedy}".removesuffix("; ") for one in (*vouched, sessions) if one.mark == "bad"]
    return (
        sessions,
        *([_pace(pace)] if pace else []),
        *_cores(load, record),
        *vouched,
        *notes,
        _verdict(load, pace, reasons),
    )


def _of_check(check: Check) -> Finding:
    return Finding(where=HERE, check=check.check_id, mark="fine" if check.clear else "bad", found=check.found)


def pace_of(load: Load, record: Record) -> Pace | None:
    """None where nothing was sent while all were open."""
    begin, end = load.window_ns
    plan = {session.session_id: session for session in record.manifest.plan.sessions}
    lags = sorted(
        lag_us / 1000
        for timeline in record.timelines
        for frame, lag_us in enumerate(timeline.send_lag_us)
        if begin <= plan[timeline.session_id].due_ns(frame) < end
    )
    if not lags:
        return None
    worst_us = max(timeline.tick_late_max_us for timeline in record.timelines)
    return Pace(p50_ms=_at(lags, 0.5), p99_ms=_at(lags, 0.99), max_ms=lags[-1], tick_ms=worst_us / 1000)


def _at(ordered: list[float], share: float) -> float:
    return ordered[math.ceil(len(ordered) * share) - 1]


def _sessions(load: Load, failed: list[SessionOutcome]) -> Finding:
    if failed:
        first = failed[0]
        why = ", ".join(part for part in (first.outcome, first.detail) if part)
        found = f"{len(failed):,} of {plural(load.sessions, 'session')} did not end well, the first: {why}"
        ours = first.outcome in UNMEASURED  # else it is the sink, which is none of a run's
        remedy = "" if ours else "what took them runs here too and did not keep up: free this machine, or ask for fewer"
        return Finding(where=HERE, check="sessions", mark="bad", found=found, remedy=remedy)
    engines = plural(load.workers, "worker")
    found = f"{plural(load.sessions, 'session')} with frames of {load.frame_ms} ms were open at once "
    return fine(HERE, "sessions", f"{found}for {load.seconds:g} s, in {engines}; what took them ran here too")


def _pace(pace: Pace) -> Finding:
    lags = f"send lag p50 {pace.p50_ms:.1f} ms, p99 {pace.p99_ms:.1f} ms, at most {pace.max_ms:.1f} ms"
    return fine(HERE, "lag", f"{lags}; the worst tick ran {pace.tick_ms:.1f} ms late")


def _cores(load: Load, record: Record) -> Iterator[Finding]:
    """The engines, by their pacing thread where the kernel tells, and what took their sessions."""
    threads = any(sample.metric == LOOP_BUSY for sample in record.samples)
    for name, metric in (("engine", LOOP_BUSY if threads else CPU), ("sink", CPU)):
        for source, shares in sorted(_shares(load, record, name, metric).items()):
            found = f"the {source} took {fmean(shares):.0f} % of a core with all open, {max(shares):.0f} % at most"
            yield fine(HERE, "core", found)


def _shares(load: Load, record: Record, name: str, metric: str) -> dict[str, list[float]]:
    begin, end = load.window_ns
    found: dict[str, list[float]] = {}
    for sample in record.samples:
        if begin <= sample.at_ns < end and sample.metric == metric and sample.source.startswith(name):
            found.setdefault(sample.source, []).append(sample.value)
    return found


def _verdict(load: Load, pace: Pace | None, reasons: list[str]) -> Finding:
    many = plural(load.sessions, "session")
    if pace is None or reasons:
        found = f"this machine cannot honestly pace {many}: {reasons[0] if reasons else 'nothing was sent'}"
        return Finding(where=HERE, check="verdict", mark="bad", found=found)
    return fine(HERE, "verdict", f"this machine can honestly pace {many} (p99 {pace.p99_ms:.1f} ms)")
