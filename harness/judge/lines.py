"""The judged lines of a run: every objective on every slice of the plan, settled before anything was measured."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from harness.model.metrics import METRICS, QUANTILES
from harness.model.plan import Plan, SessionPlan
from harness.model.run import Manifest
from harness.model.scenario import KnownLimit, Objective, Scenario, Target
from harness.model.verdict import Slice, line_id
from harness.stats import quantiles


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """An objective on one slice, with the planned sessions that its metric applies to."""

    objective: Objective
    slice: Slice
    sessions: tuple[SessionPlan, ...]
    known_limit: str = ""

    @property
    def line_id(self) -> str:
        return line_id(self.objective, self.slice)

    @property
    def gating(self) -> bool:
        """Whether the run's verdict reads this line; a known limit keeps its verdict and is left out."""
        return self.objective.gate and not self.known_limit


def judged_lines(manifest: Manifest) -> tuple[Line, ...]:
    """Those of a run, from its manifest alone."""
    return planned_lines(manifest.scenario, manifest.plan, manifest.target)


def planned_lines(scenario: Scenario, plan: Plan, target: Target) -> tuple[Line, ...]:
    """In the scenario's order, slices in the order of their values.

    Descriptive clips are in lines about errors only. An objective for which the plan has no session is one empty line.
    """
    limits = target.known_limits if target.kind == "embedded" else ()
    return tuple(line for objective in scenario.objectives for line in _split(objective, plan.counted, limits))


def gates(lines: tuple[Line, ...]) -> int:
    """m: the lines that share the error of the FAIL bounds, known from scenario and plan alone.

    Those that decide the run, can be tested (they have a bound) and have sessions planned.
    """
    return sum(line.gating and is_bounded(line.objective) and bool(line.sessions) for line in lines)


def allowed_share(objective: Objective) -> float:
    """The share of sessions (pooled: of words) that may be on the wrong side; the limit p0 of every bound."""
    if objective.aggregate in QUANTILES:
        return quantiles.allowed_share(QUANTILES[objective.aggregate], objective.op)
    share = objective.threshold if objective.op in ("<", "<=") else round(1.0 - objective.threshold, 12)
    return min(share, 1.0)


def is_bounded(objective: Objective) -> bool:
    """Whether a confidence bound decides.

    Not for `max` and `sum`; nor where nothing at all may be wrong, which no bound can certify and one counter-example
    refutes. A comparison with a baseline always counts: whether there is one is not the scenario's to know.
    """
    tested = objective.has_bound and objective.op != "=="
    return tested and (objective.delta or allowed_share(objective) > 0)


def _split(objective: Objective, sessions: tuple[SessionPlan, ...], limits: tuple[KnownLimit, ...]) -> list[Line]:
    places: dict[tuple[int, int | None], Slice | None] = {}  # clips and levels are few, sessions may be thousands
    slices: dict[Slice, list[SessionPlan]] = {}
    for session in sessions:
        kind = (id(session.clip), session.level)
        if kind not in places:
            places[kind] = _place(objective, session)
        part = places[kind]
        if part is not None:
            slices.setdefault(part, []).append(session)
    return [
        Line(objective=objective, slice=part, sessions=tuple(found), known_limit=_limit(objective, found, limits))
        for part, found in sorted(slices.items() or {(): []}.items(), key=lambda item: _order(item[0]))
    ]


def _place(objective: Objective, session: SessionPlan) -> Slice | None:
    """The slice that the session is judged in; None where the objective does not read it."""
    keys = session.keys()
    read = METRICS[objective.metric].applies.judges(session.clip)
    if not read or any(keys[key] not in values for key, values in objective.where):
        return None
    return tuple((key, keys[key]) for key in objective.per)


def _order(part: Slice) -> list[tuple[float, str]]:
    """8000 before 16000, then by name."""
    return [(float(value) if value.isdecimal() else float("inf"), value) for _, value in part]


def _limit(objective: Objective, sessions: Sequence[SessionPlan], limits: tuple[KnownLimit, ...]) -> str:
    """The reason of the limit in which every session of the line lies; one clip it does not know, and there is none."""
    for known in limits:
        where = {key: set(values) for key, values in known.where}
        inside = all(session.keys()[key] in values for session in sessions for key, values in where.items())
        if known.objective == objective.objective_id and sessions and inside:
            return known.reason
    return ""
