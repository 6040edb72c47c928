"""The course of a run with stages: sessions, answers and the harness's own lag, in bins on one time axis."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable
from itertools import accumulate
from typing import Final

from harness.measure.hearing import glance
from harness.measure.outcome import session_outcome
from harness.measure.quantile import quantile
from harness.measure.series import engines, series
from harness.model.load import Course, Moment
from harness.model.measurement import UNMEASURED
from harness.model.plan import SessionPlan
from harness.model.run import Measured, Record
from harness.model.timeline import Timeline

BIN_NS: Final = 5_000_000_000
MOST_BINS: Final = 720  # an hour; longer runs have longer bins, whole multiples of five seconds

Span = tuple[int, int]  # ns
Binned = dict[int, list[float]]


def course(record: Record, measured: Measured) -> Course | None:
    """None where the plan has no stages. Warm-up sessions count as load, their latencies do not."""
    plan = record.manifest.plan
    if not plan.stages:
        return None
    until_ns = max(plan.stages[-1].until_ns, *(one.ended_ns or 0 for one in record.timelines), BIN_NS)
    bin_ns = BIN_NS * max(1, math.ceil(until_ns / BIN_NS / MOST_BINS))
    return Course(
        bin_ns=bin_ns,
        until_ns=until_ns,
        stages=plan.stages,
        moments=_moments(record, measured, bin_ns, math.ceil(until_ns / bin_ns)),
        series=series(record.samples),
        engines=engines(record.samples, record.timelines),
    )


def _moments(record: Record, measured: Measured, bin_ns: int, bins: int) -> tuple[Moment, ...]:
    plans = {one.session_id: one for one in record.manifest.plan.sessions}
    planned = _open_at(((one.open_ns, one.end_ns) for one in plans.values()), bin_ns, bins)
    active = _open_at(_really_open(record.timelines), bin_ns, bins)
    arrivals = Counter(one.opened_ns // bin_ns for one in record.timelines if one.opened_ns is not None)
    refused, failed = _failures(record, measured, plans, bin_ns)
    first = _latencies(measured, plans, "first_partial_ms", bin_ns)
    final = _latencies(measured, plans, "final_ms", bin_ns)
    lags, ticks = _lateness(record.timelines, plans, bin_ns)
    return tuple(
        Moment(
            at_ns=index * bin_ns,
            planned=planned[index],
            active=active[index],
            arrivals=arrivals[index],
            refused=refused[index],
            failed=failed[index],
            first_partial_p50_ms=quantile(first.get(index, ()), 0.5),
            first_partial_p95_ms=quantile(first.get(index, ()), 0.95),
            final_p50_ms=quantile(final.get(index, ()), 0.5),
            final_p95_ms=quantile(final.get(index, ()), 0.95),
            send_lag_p99_us=lags.get(index),
            tick_late_max_us=ticks.get(index),
        )
        for index in range(bins)
    )


def _really_open(timelines: Iterable[Timeline]) -> Iterable[Span]:
    for one in timelines:
        if one.opened_ns is not None and one.ended_ns is not None:
            yield one.opened_ns, one.ended_ns


def _open_at(spans: Iterable[Span], bin_ns: int, bins: int) -> list[int]:
    """How many spans hold the middle of each bin."""
    steps = [0] * (bins + 1)
    for from_ns, until_ns in spans:
        first, last = (min(bins, max(0, round(at / bin_ns))) for at in (from_ns, until_ns))
        steps[first] += 1
        steps[last] -= 1
    return list(accumulate(steps))[:bins]


def _failures(
    record: Record, measured: Measured, plans: dict[str, SessionPlan], bin_ns: int
) -> tuple[Counter[int], Counter[int]]:
    """Refused sessions, and those that failed otherwise, where they ended; warm-up sessions too."""
    outcomes = {one.session_id: one.outcome for one in measured.outcomes}
    refused, failed = Counter[int](), Counter[int]()
    for timeline in record.timelines:
        if timeline.ended_ns is None:
            continue
        plan = plans[timeline.session_id]
        outcome = outcomes.get(timeline.session_id) or session_outcome(glance(plan, timeline)).outcome
        if outcome == "refused":
            refused[timeline.ended_ns // bin_ns] += 1
        elif outcome not in ("ok", *UNMEASURED):
            failed[timeline.ended_ns // bin_ns] += 1
    return refused, failed


def _latencies(measured: Measured, plans: dict[str, SessionPlan], metric: str, bin_ns: int) -> Binned:
    """By the moment that the latency counts from, as it was planned."""
    found: Binned = defaultdict(list)
    for row in measured.measurements:
        if row.metric == metric:
            plan = plans[row.session_id]
            word = plan.clip.words[0 if metric == "first_partial_ms" else -1]
            found[(plan.start_ns + word.end_ns) // bin_ns].append(row.value)
    return found


def _lateness(
    timelines: Iterable[Timeline], plans: dict[str, SessionPlan], bin_ns: int
) -> tuple[dict[int, int], dict[int, int]]:
    """p99 of the frames' lag by the moment each frame was due; the worst tick of the sessions that ended in a bin."""
    lags: defaultdict[int, list[float]] = defaultdict(list)
    ticks: dict[int, int] = {}
    for one in timelines:
        plan = plans[one.session_id]
        for frame, lag_us in enumerate(one.send_lag_us):
            lags[plan.due_ns(frame) // bin_ns].append(lag_us)
        if one.ended_ns is not None:
            index = one.ended_ns // bin_ns
            ticks[index] = max(ticks.get(index, 0), one.tick_late_max_us)
    return {index: int(quantile(values, 0.99) or 0) for index, values in lags.items()}, ticks
