"""The run in one sentence: which objective is worst, and by how much."""

from __future__ import annotations

from collections.abc import Sequence

from harness.judge.lines import allowed_share, is_bounded
from harness.judge.wording import limit, missing, plural, sentence_case, show, title, unit_of
from harness.model.metrics import QUANTILES
from harness.model.verdict import Check, Outcome, Verdict


def headline(outcome: Outcome, verdicts: Sequence[Verdict], checks: Sequence[Check], cut: str) -> str:
    """`verdicts` are the gating lines in the scenario's order; `cut` says what a cut run lacks, or is empty."""
    if outcome is Outcome.INVALID:
        return cannot_vouch(checks)
    worst = [verdict for verdict in verdicts if verdict.outcome is outcome]
    if outcome is Outcome.FAIL:
        said = (_failed(_furthest(worst)), _others(len(worst) - 1, "fails", "fail"), _cut(cut))
        return " ".join(part for part in said if part)
    if cut:
        return _cut(cut)
    if outcome is Outcome.INCONCLUSIVE:
        return _open(worst)
    return _holding(verdicts)


def cannot_vouch(checks: Sequence[Check]) -> str:
    found = "; ".join(check.found for check in checks if not check.clear)
    return f"The harness cannot vouch for this run: {found}."


def _failed(verdict: Verdict) -> str:
    objective, estimate = verdict.objective, verdict.estimate
    name = title(objective, verdict.slice)
    if objective.delta or objective.aggregate not in (*QUANTILES, "pooled"):
        return f"{name}: {_lowered(verdict.reason)}"
    unit = unit_of(objective)
    value = show(estimate.value, unit, objective.threshold)
    label = f"{objective.aggregate} is " if objective.aggregate in QUANTILES else ""
    never = f"; {plural(estimate.missing, 'session')} {missing(objective.metric)}" if estimate.missing else ""
    return f"{name}: {label}{value}, the limit is {limit(objective.threshold, unit)}{never}."


def _open(verdicts: Sequence[Verdict]) -> str:
    if not verdicts:
        return "Nothing was judged: no objective of this scenario decides the run."
    worst = _furthest(verdicts)
    more = _others(len(verdicts) - 1, "is not decided", "are not decided")
    return f"{title(worst.objective, worst.slice)} is not decided: {_lowered(worst.reason)} {more}".strip()


def _holding(verdicts: Sequence[Verdict]) -> str:
    count = len({verdict.objective.objective_id for verdict in verdicts})
    every = "The one objective holds" if count == 1 else f"All {count} objectives hold"
    bounded = [verdict for verdict in verdicts if is_bounded(verdict.objective)]
    if not bounded:
        return f"{every}."
    closest = max(bounded, key=_nearness)
    unit, edge = unit_of(closest.objective), closest.objective.threshold
    name = title(closest.objective, closest.slice)
    name = name[:1].lower() + name[1:]
    return f"{every}; closest: {name}, bound {show(closest.bound, unit, edge)}, limit {limit(edge, unit)}."


def _others(count: int, one: str, many: str) -> str:
    return f"{plural(count, 'more line')} {one if count == 1 else many}." if count else ""


def _cut(cut: str) -> str:
    return f"{sentence_case(cut)}." if cut else ""


def _lowered(reason: str) -> str:
    return reason[:1].lower() + reason[1:]


def _furthest(verdicts: Sequence[Verdict]) -> Verdict:
    """The one with the largest share of sessions (or words) on the wrong side beyond what is allowed."""
    return max(verdicts, key=_excess)


def _excess(verdict: Verdict) -> float:
    objective, estimate = verdict.objective, verdict.estimate
    if objective.delta and (objective.aggregate != "pooled" or estimate.value is None):
        return 1.0 if verdict.outcome is Outcome.FAIL else 0.0  # ms beyond a limit have no share
    if estimate.n == 0 or estimate.value is None:
        return float("inf")
    if objective.aggregate == "pooled":
        far = estimate.value - objective.threshold
        return far if objective.op in ("<", "<=") else -far
    share = (estimate.violations or 0) / estimate.n
    return share - (allowed_share(objective) if is_bounded(objective) else 0.0)


def _nearness(verdict: Verdict) -> float:
    """How far the bound has come towards the limit, in parts of the limit; larger is nearer."""
    bound, edge = verdict.bound or 0.0, verdict.objective.threshold
    return -abs(edge - bound) / (abs(edge) or 1.0)
