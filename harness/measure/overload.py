"""What a target does with more sessions than it carries: whom it refuses and how, whom it admits, how it recovers."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from harness.measure.quantile import quantile
from harness.measure.run import measure_session
from harness.model.load import Overload, OverloadStage
from harness.model.measurement import SessionOutcome
from harness.model.plan import SessionPlan, Stage
from harness.model.run import Record
from harness.model.scenario import Objective
from harness.model.timeline import Closed, Errored, Refused, Timeline

ALLOWED: Final = 0.05  # what a p95 allows, where no objective says how many may be late
GRID_S: Final = 5
NS_PER_S: Final = 1_000_000_000
NS_PER_MS: Final = 1_000_000
_BEYOND: Final = ("overload", "storm")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Seen:
    """One session, measured; latencies are None where they do not apply."""

    plan: SessionPlan
    timeline: Timeline
    outcome: SessionOutcome
    values: dict[str, float]

    @property
    def refused(self) -> bool:
        return self.outcome.outcome == "refused"

    @property
    def answered_ns(self) -> int | None:
        """When a refused session was told: gRPC and proxies refuse by a status or a close alone."""
        heard = self.timeline.heard
        return next((at_ns for at_ns, one in heard if isinstance(one, Refused | Errored | Closed)), None)

    def inside(self, limits: dict[str, float | None]) -> bool:
        """Whether it ended as it should, within the limits."""
        late = (limit is not None and self.values.get(name, 0.0) > limit for name, limit in limits.items())
        return self.outcome.outcome == "ok" and not any(late)


def overload(record: Record) -> Overload | None:
    """None where no stage of the plan is beyond what the target carries."""
    plan = record.manifest.plan
    if not any(stage.kind in _BEYOND for stage in plan.stages):
        return None
    objectives = record.manifest.scenario.objectives
    limits = {name: _limit(objectives, name) for name in ("first_partial_ms", "final_ms")}
    seen = _by_stage(record)
    recovery_s, watched_s = _recovery(plan.stages, seen, limits)
    return Overload(
        stages=tuple(_stage(stage, seen[stage.stage_id], limits) for stage in plan.stages),
        first_partial_limit_ms=limits["first_partial_ms"],
        final_limit_ms=limits["final_ms"],
        allowed_share=ALLOWED,
        recovery_s=recovery_s,
        watched_s=watched_s,
    )


def _limit(objectives: Iterable[Objective], metric: str) -> float | None:
    """The strictest upper limit of p95 on the metric."""
    found = [one for one in objectives if (one.metric, one.aggregate, one.delta) == (metric, "p95", False)]
    return min((one.threshold for one in found if one.op in ("<=", "<")), default=None)


def _by_stage(record: Record) -> defaultdict[str, list[_Seen]]:
    timelines = {one.session_id: one for one in record.timelines}
    found: defaultdict[str, list[_Seen]] = defaultdict(list)
    for plan in record.manifest.plan.sessions:
        if (timeline := timelines.get(plan.session_id)) is None:
            continue
        outcome, rows, _ = measure_session(plan, timeline)
        if outcome.measured:
            values = {row.metric: row.value for row in rows}
            found[plan.stage].append(_Seen(plan=plan, timeline=timeline, outcome=outcome, values=values))
    return found


def _stage(stage: Stage, seen: Sequence[_Seen], limits: dict[str, float | None]) -> OverloadStage:
    refused = [one for one in seen if one.refused]
    admitted = [one for one in seen if not one.refused]
    answers = [(at_ns, one.plan) for one in refused if (at_ns := one.answered_ns) is not None]
    waits_ms = [(at_ns - plan.open_ns) / NS_PER_MS for at_ns, plan in answers]
    return OverloadStage(
        stage_id=stage.stage_id,
        kind=stage.kind,
        level=stage.level,
        sessions=len(seen),
        refused=len(refused),
        prompt=sum(at_ns <= plan.start_ns for at_ns, plan in answers),
        structured=sum(_structured(one) for one in refused),
        refusal_p95_ms=quantile(waits_ms, 0.95),
        admitted=len(admitted),
        ok=sum(one.outcome.outcome == "ok" for one in admitted),
        inside=sum(one.inside(limits) for one in admitted),
        hung=sum(one.outcome.outcome == "timeout" for one in admitted),
        first_partial_p95_ms=_p95(admitted, "first_partial_ms"),
        final_p95_ms=_p95(admitted, "final_ms"),
    )


def _structured(one: _Seen) -> bool:
    """A reason, and when to come again; an error message may have come before the refusal that ends it."""
    refusals = (told for _, told in one.timeline.heard if isinstance(told, Refused))
    return any(told.code and told.retry_after_ms is not None for told in refusals)


def _p95(seen: Sequence[_Seen], metric: str) -> float | None:
    return quantile([one.values[metric] for one in seen if metric in one.values], 0.95)


def _recovery(
    stages: Sequence[Stage], seen: defaultdict[str, list[_Seen]], limits: dict[str, float | None]
) -> tuple[float | None, float]:
    """Seconds after the last overload, on a grid of five, from which on the rest of the run is as it should be.

    Sessions count by their start. What began before the overload ended tells of the overload, however late it ended.
    """
    last = max(index for index, stage in enumerate(stages) if stage.kind in _BEYOND)
    rest = [one for stage in stages[last + 1 :] for one in seen[stage.stage_id]]
    if not rest:
        return None, 0.0
    ended_ns = stages[last].until_ns
    watched_s = (stages[-1].until_ns - ended_ns) / NS_PER_S
    bad = [((one.plan.start_ns - ended_ns) / NS_PER_S, not one.inside(limits)) for one in rest]
    for from_s in range(0, int(watched_s) + 1, GRID_S):
        left = [wrong for at_s, wrong in bad if at_s >= from_s]
        if left and sum(left) <= ALLOWED * len(left) and not _worse_first(bad, from_s):
            return float(from_s), watched_s
    return None, watched_s


def _worse_first(bad: Sequence[tuple[float, bool]], from_s: float) -> bool:
    """Whether the first moments are still bad, which a long good rest would hide."""
    first = [wrong for at_s, wrong in bad if from_s <= at_s < from_s + GRID_S]
    return bool(first) and sum(first) > ALLOWED * len(first)
