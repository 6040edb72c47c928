"""A run's sessions joined with what was measured of them, and the judged lines joined into objectives."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from harness.model.clip import Clip
from harness.model.measurement import Measurement, SessionOutcome
from harness.model.metrics import METRICS
from harness.model.plan import SessionPlan
from harness.model.run import Measured, Record
from harness.model.scenario import Objective
from harness.model.timeline import Timeline
from harness.model.verdict import Judgement, Outcome, Slice, Verdict
from harness.report import wording


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """One counted session: planned, recorded, measured."""

    plan: SessionPlan
    timeline: Timeline
    outcome: SessionOutcome
    values: Mapping[str, Measurement]

    @property
    def clip(self) -> Clip:
        return self.plan.clip

    def value(self, metric: str) -> float | None:
        """The metric's value, +inf where missing; None where it does not apply or was not measured."""
        row = self.values.get(metric)
        return None if row is None else row.value


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """An objective with its judged lines, worst first within scenario order of the slices."""

    objective: Objective
    title: str
    lines: tuple[Verdict, ...]

    @property
    def counted(self) -> tuple[Verdict, ...]:
        """The lines that the run's verdict reads."""
        return tuple(line for line in self.lines if line.counted)

    @property
    def outcome(self) -> Outcome:
        """The worst line's; a known limit decides only where nothing else is left."""
        lines = [line for line in self.lines if not line.known_limit] or self.lines
        return max((line.outcome for line in lines), key=lambda outcome: outcome.severity)

    @property
    def aside(self) -> bool:
        """Nothing but known limits: the run's verdict leaves all of it out."""
        return self.objective.gate and all(line.known_limit for line in self.lines)

    @property
    def worst(self) -> Verdict:
        """The line to look at first: worst outcome, then leaning bad, then most violations."""
        lines = self.counted or self.lines
        return max(lines, key=badness)


def join(record: Record, measured: Measured) -> tuple[Session, ...]:
    """The counted sessions in plan order."""
    timelines = {timeline.session_id: timeline for timeline in record.timelines}
    outcomes = {outcome.session_id: outcome for outcome in measured.outcomes}
    values: dict[str, dict[str, Measurement]] = {}
    for row in measured.measurements:
        values.setdefault(row.session_id, {})[row.metric] = row
    return tuple(
        Session(
            plan=plan,
            timeline=timelines[plan.session_id],
            outcome=outcomes[plan.session_id],
            values=values.get(plan.session_id, {}),
        )
        for plan in record.manifest.plan.counted
        if plan.session_id in timelines and plan.session_id in outcomes
    )


def standings(judgement: Judgement) -> tuple[Standing, ...]:
    """Objectives, worst first, then in scenario order; what the run's verdict leaves out stands after what it reads."""
    lines: dict[str, list[Verdict]] = {}
    for verdict in judgement.verdicts:
        lines.setdefault(verdict.objective.objective_id, []).append(verdict)
    titles = [wording.title(group[0].objective) for group in lines.values()]
    rows = [
        Standing(objective=group[0].objective, title=_unique(title, group[0].objective, titles), lines=tuple(group))
        for group, title in zip(lines.values(), titles, strict=True)
    ]
    return tuple(sorted(rows, key=lambda row: (not row.counted, -row.outcome.severity)))


def covers(objective: Objective, clip: Clip, part: Slice = (), level: int | None = None) -> bool:
    """Whether the objective (on that slice of it) reads sessions of the clip: at that level, or at any where None."""
    keys = clip.keys() if level is None else {**clip.keys(), "level": str(level)}
    asked = [(key, values) for key, values in objective.where if key != "level" or level is not None]
    asked += [(key, (text,)) for key, text in part if key != "level" or level is not None]
    return all(keys.get(key) in values for key, values in asked) and METRICS[objective.metric].applies.judges(clip)


def inside(line: Verdict, sessions: Iterable[Session]) -> tuple[Session, ...]:
    """The sessions that a judged line reads."""
    # Asked once a clip and level: there may be thousands of sessions, and a line for each clip.
    read: dict[tuple[str, int | None], bool] = {}
    found = []
    for session in sessions:
        kind = session.clip.key, session.plan.level
        if kind not in read:
            read[kind] = covers(line.objective, session.clip, line.slice, session.plan.level)
        if read[kind] and line.objective.metric in session.values:
            found.append(session)
    return tuple(found)


def breaks(objective: Objective, value: float) -> bool:
    """Whether one value lies on the wrong side of the threshold."""
    limit = objective.threshold
    return not {
        "<=": value <= limit,
        "<": value < limit,
        ">=": value >= limit,
        ">": value > limit,
        "==": value == limit,
    }[objective.op]


def badness(line: Verdict) -> tuple[int, bool, float]:
    """Orders lines, worst last: outcome, leaning, then the share of sessions (or words) on the wrong side."""
    estimate = line.estimate
    if estimate.violations is not None and estimate.n:
        return line.outcome.severity, line.leaning == "bad", estimate.violations / estimate.n
    if estimate.value is None or math.isnan(estimate.value):
        return line.outcome.severity, line.leaning == "bad", -math.inf
    up = line.objective.op in (">=", ">")
    return line.outcome.severity, line.leaning == "bad", -estimate.value if up else estimate.value


def _unique(title: str, objective: Objective, titles: list[str]) -> str:
    return f"{title} ({objective.objective_id})" if titles.count(title) > 1 else title
