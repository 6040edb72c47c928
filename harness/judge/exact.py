"""What this run showed, where no bound decides: `max`, `sum`, and everything that must not happen at all."""

from __future__ import annotations

import operator
from dataclasses import replace
from types import MappingProxyType
from typing import Final

from harness.judge.evidence import Evidence, Ruling
from harness.judge.wording import (
    are,
    limit,
    missing,
    of_sessions,
    plural,
    positive,
    sentence,
    show,
    unit_of,
    wrong_side,
)
from harness.model.metrics import METRICS
from harness.model.scenario import Objective
from harness.model.verdict import Outcome
from harness.stats import planning, quantiles

_HOLDS: Final = MappingProxyType(
    {"<=": operator.le, "<": operator.lt, ">=": operator.ge, ">": operator.gt, "==": operator.eq}
)


def judge_exact(evidence: Evidence) -> Ruling:
    """PASS or FAIL of a line with at least one row, by its value alone."""
    objective = evidence.objective
    holds = _HOLDS[objective.op](evidence.value(), objective.threshold)
    k = _violations(evidence)
    said = _extreme(evidence, k) if objective.aggregate == "max" else _total(evidence, k)
    return Ruling(
        outcome=Outcome.PASS if holds else Outcome.FAIL,
        estimate=replace(evidence.estimate(), violations=k),
        reason=sentence(said, _unseen(evidence) if holds and k == 0 else ""),
    )


def must_be_zero(objective: Objective) -> bool:
    """One counter-example refutes it."""
    return objective.threshold == 0 and objective.op in ("<=", "==") and METRICS[objective.metric].unit != "ms"


def _violations(evidence: Evidence) -> int | None:
    """Sessions that alone break the objective; None where only the whole can."""
    objective = evidence.objective
    if must_be_zero(objective):
        return sum(row.numerator is None or row.numerator > 0 for row in evidence.rows)
    if objective.aggregate == "max" and objective.op != "==":
        return quantiles.violations(evidence.values, objective.op, objective.threshold)
    return None


def _extreme(evidence: Evidence, k: int | None) -> str:
    objective, lost = evidence.objective, evidence.missing
    largest = f"the largest of {evidence.n:,} is {show(evidence.value(), unit_of(objective), objective.threshold)}"
    never = f", {lost} {missing(objective.metric)}" if lost else ""
    if not k:
        return f"{largest}, the limit {limit(objective.threshold, unit_of(objective))}{never}"
    return f"{of_sessions(k, evidence.n)} {are(k)} {wrong_side(objective)}{never}, and {largest}"


def _total(evidence: Evidence, k: int | None) -> str:
    objective, n = evidence.objective, evidence.n
    if k is None:
        unit = unit_of(objective)
        figure = show(evidence.value(), unit, objective.threshold)
        return f"it is {figure} over {plural(n, 'session')}, the limit {limit(objective.threshold, unit)}"
    if objective.metric == "error" and k:
        return f"{of_sessions(k, n)} failed: {evidence.failures}"
    if objective.aggregate == "sum" and k:
        total = f": {evidence.value():,.0f} in all"
        return f"{of_sessions(k, n)} {positive(objective.metric)}{total}, and none may"
    return f"{of_sessions(k, n)} {positive(objective.metric)}" + (", and none may" if k else "")


def _unseen(evidence: Evidence) -> str:
    share = planning.unseen_share(evidence.n, evidence.objective.confidence)
    return f"up to {show(share, 'ratio')} may still do so, unseen by {plural(evidence.n, 'session')}"
