"""A run's levels in figures, judged or not: what the report's table and picture of a load run show. Descriptive."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from harness.judge.level_figures import Group, dependence, pooled, share, spread
from harness.judge.validity import too_many
from harness.judge.wording import of_sessions, sentence
from harness.model.capacity import Level
from harness.model.load import Dependence, LevelRow, LevelTable
from harness.model.measurement import Measurement
from harness.model.plan import Plan, SessionPlan, StageKind
from harness.model.run import Measured, Record
from harness.model.timeline import Timeline
from harness.model.verdict import Judgement, Outcome, Verdict
from harness.stats import quantiles

_KINDS: Final = ("level", "rise", "overload", "storm", "recovery")
_UPPER: Final = ("<=", "<")
Key = tuple[StageKind, int]


def level_table(
    record: Record, measured: Measured, judgement: Judgement, levels: Sequence[Level] = ()
) -> LevelTable | None:
    """None where the plan has no stages. `levels`, where a capacity was judged, speak before the run's own lines."""
    plan = record.manifest.plan
    if not plan.stages:
        return None
    limits = {metric: _limit(judgement, metric) for metric in ("first_partial_ms", "final_ms", "error")}
    groups = _groups(record, measured)
    known = {one.level: one for one in levels}
    most_disturbed = record.manifest.scenario.limits.disturbed_share
    alone = Counter(level for _, level in groups)
    rows = tuple(
        _row(group, record, limits, _standing(group, judgement, known, most_disturbed, alone=alone[group.level] == 1))
        for group in groups.values()
    )
    return LevelTable(
        rows=rows,
        first_partial_limit_ms=limits["first_partial_ms"],
        final_limit_ms=limits["final_ms"],
        error_limit=limits["error"],
    )


def _limit(judgement: Judgement, metric: str) -> float | None:
    """The strictest limit on p95 (of errors: on their rate), advice only where nothing decides."""
    aggregate = "rate" if metric == "error" else "p95"
    found = [
        (not line.counted, line.objective.threshold)
        for line in judgement.verdicts
        if (line.objective.metric, line.objective.aggregate, line.objective.delta) == (metric, aggregate, False)
        and line.objective.op in _UPPER
    ]
    return min(found)[1] if found else None


def _groups(record: Record, measured: Measured) -> dict[Key, Group]:
    """The stages of one kind and level together, in rising order; a stage without counted sessions stays."""
    plan = record.manifest.plan
    timelines = {one.session_id: one for one in record.timelines}
    outcomes = {one.session_id: one for one in measured.outcomes}
    rows: defaultdict[str, dict[str, Measurement]] = defaultdict(dict)
    for row in measured.measurements:
        rows[row.session_id][row.metric] = row
    found: dict[Key, Group] = {}
    by_stage = _by_stage(plan)
    for kind, level in sorted({(one.kind, one.level) for one in plan.stages}, key=_order):
        stages = tuple(one for one in plan.stages if (one.kind, one.level) == (kind, level))
        sessions = [session for stage in stages for session in by_stage[stage.stage_id] if not session.warm_up]
        found[kind, level] = Group(
            kind=kind,
            level=level,
            stages=stages,
            sessions=tuple(sessions),
            outcomes=tuple(outcomes[one.session_id] for one in sessions if one.session_id in outcomes),
            timelines=tuple(timelines[one.session_id] for one in sessions if one.session_id in timelines),
            rows=rows,
        )
    return found


def _order(key: Key) -> tuple[int, int]:
    return key[1], _KINDS.index(key[0])


def _by_stage(plan: Plan) -> Mapping[str, list[SessionPlan]]:
    found: defaultdict[str, list[SessionPlan]] = defaultdict(list)
    for session in plan.sessions:
        found[session.stage].append(session)
    return found


def _row(
    group: Group, record: Record, limits: Mapping[str, float | None], standing: tuple[Outcome | None, str]
) -> LevelRow:
    read = [one for one in group.outcomes if one.measured]
    kinds = Counter(one.outcome for one in read if one.outcome != "ok")
    intervals = group.values("partial_interval_ms")
    return LevelRow(
        level=group.level,
        kind=group.kind,
        visits=len(group.stages),
        steady_s=group.steady_s,
        planned=len(group.sessions),
        measured=len(read),
        ok=sum(one.outcome == "ok" for one in read),
        rtfx=_rtfx(group, record),
        first_partial=spread(group, "first_partial_ms", limits["first_partial_ms"]),
        final=spread(group, "final_ms", limits["final_ms"]),
        errors=share(group, {one.session_id for one in read if one.outcome != "ok"}),
        timeouts=share(group, {one.session_id for one in read if one.outcome == "timeout"}),
        failures=tuple(sorted(kinds.items(), key=lambda item: (-item[1], item[0]))),
        interval_p50_ms=_point(intervals, 0.5),
        interval_p95_ms=_point(intervals, 0.95),
        unstable=pooled(group, "upwr", record.manifest.bound_seed),
        wer=pooled(group, "wer", record.manifest.bound_seed),
        wer_baseline=_golden(group, record),
        dependence=_most(group, limits),
        disturbed=sum(bool(one.disturbed) for one in group.outcomes),
        send_lag_p99_us=_point([lag for one in group.timelines for lag in one.send_lag_us], 0.99),
        tick_late_max_us=max((one.tick_late_max_us for one in group.timelines), default=None),
        outcome=standing[0],
        reason=standing[1],
    )


def _point(values: Sequence[float], q: float) -> float | None:
    return quantiles.point(values, q) if values else None


def _most(group: Group, limits: Mapping[str, float | None]) -> Dependence | None:
    found = [one for name in ("final_ms", "first_partial_ms") if (one := dependence(group, name, limits[name]))]
    return max(found, key=lambda one: one.design_effect, default=None)


def _rtfx(group: Group, record: Record) -> float | None:
    """Audio of completed sessions inside the steady time, warm-up sessions that last into it included."""
    if group.steady_s <= 0:
        return None
    whole = {one.session_id for one in record.timelines if _completed(one)}
    windows = [(one.steady_ns, one.until_ns) for one in group.stages]
    spoken_ns = sum(
        max(0, min(session.end_ns, until_ns) - max(session.start_ns, from_ns))
        for session in record.manifest.plan.sessions
        if session.session_id in whole
        for from_ns, until_ns in windows
    )
    return spoken_ns / 1e9 / group.steady_s


def _completed(timeline: Timeline) -> bool:
    return timeline.end_reason == "completed" and timeline.ready_ns is not None


def _golden(group: Group, record: Record) -> float | None:
    """The blessed run's pooled word errors over the clips that this level played; None where it has none of them."""
    if record.baseline is None:
        return None
    clips = {one.clip.key for one in group.sessions}
    read = [
        reading
        for session in record.baseline.sessions
        if session.clip in clips
        for reading in session.readings
        if reading.metric == "wer" and reading.numerator is not None
    ]
    words = sum(one.denominator for one in read)
    return sum(one.numerator or 0.0 for one in read) / words if words else None


def _standing(
    group: Group, judgement: Judgement, known: Mapping[int, Level], most_disturbed: float, *, alone: bool
) -> tuple[Outcome | None, str]:
    """INVALID where the harness itself was late for too many of its sessions; else what its lines say."""
    disturbed, ran = sum(bool(one.disturbed) for one in group.outcomes), len(group.outcomes)
    if too_many(disturbed, ran, most_disturbed):
        return Outcome.INVALID, sentence(f"the harness was late for {of_sessions(disturbed, ran)}")
    if group.level in known and group.kind in ("level", "rise"):
        return known[group.level].outcome, known[group.level].reason
    lines = [line for line in _lines(judgement, group.level) if line.counted] if alone else []
    worst = max(lines, key=lambda line: line.outcome.severity, default=None)
    return (None, "") if worst is None else (worst.outcome, worst.reason)


def _lines(judgement: Judgement, level: int) -> Iterator[Verdict]:
    for line in judgement.verdicts:
        keys = dict(line.objective.where) | {key: (text,) for key, text in line.slice}
        if keys.get("level") == (str(level),):
            yield line
