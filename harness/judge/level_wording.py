"""Why a line of a load run passes, fails or stays open, in one sentence."""

from __future__ import annotations

from harness.judge.counts import advice, plural_sessions, said
from harness.judge.evidence import Evidence
from harness.judge.weighing import LEAST_SESSIONS, Weighed
from harness.judge.wording import limit, sentence, show, unit_of
from harness.model.metrics import QUANTILES
from harness.model.verdict import Estimate, Outcome
from harness.stats.blocked import LEAST_BATCHES, SHORTEST_BATCH_S, BlockedBound, Drift


def reason(evidence: Evidence, weighed: Weighed, estimate: Estimate, leaning: str, fresh_n: int | None) -> str:
    """The counts, what they count for, and what follows."""
    counted, bound = said(evidence, estimate.violations or 0), weighed.bound
    if weighed.lack == "sessions":
        return sentence(counted, too_few())
    if bound is None:
        return sentence(counted, too_short())
    worth = _worth(bound)
    if weighed.drift is not None and weighed.lack == "steady":
        return sentence(counted, worth, _rises(evidence, weighed.drift))
    if weighed.outcome is Outcome.PASS:
        return sentence(_allowed(evidence, weighed, counted), worth, _certified(evidence, estimate))
    if weighed.outcome is Outcome.FAIL:
        low = show(bound.lower, "ratio", weighed.allowed)
        return sentence(counted, worth, f"their share is at least {low}, and {limit(weighed.allowed, 'ratio')} may be")
    better = advice(leaning, plural_sessions(fresh_n), evidence.objective.confidence)
    return sentence(counted, worth, _open(weighed, bound), better)


def too_few() -> str:
    return f"a load level takes at least {LEAST_SESSIONS} sessions"


def too_short() -> str:
    short = f"their speech ends in fewer than {LEAST_BATCHES} batches of {SHORTEST_BATCH_S:g} s"
    return f"{short}, which is too short to tell how far they share bad moments"


def _worth(bound: BlockedBound) -> str:
    """The design effect, and n*: how many independent sessions these are worth."""
    batches = f"over {bound.batches} batches of {bound.batch_s:g} s"
    return f"d = {bound.design_effect:.1f} {batches}, so they count as n* = {bound.effective_n:,.0f}"


def _allowed(evidence: Evidence, weighed: Weighed, counted: str) -> str:
    is_quantile = evidence.objective.aggregate in QUANTILES
    return f"{counted}, and up to {weighed.most_to_pass()} may be" if is_quantile else counted


def _certified(evidence: Evidence, estimate: Estimate) -> str:
    objective = evidence.objective
    bound = estimate.low if evidence.large_is_good else estimate.high
    value = show(bound, unit_of(objective), objective.threshold)
    return f"the bound certified at {limit(objective.confidence, 'ratio')} is {value}"


def _rises(evidence: Evidence, drift: Drift) -> str:
    rise = show(drift.rise, unit_of(evidence.objective))
    return f"not steady: the median of {SHORTEST_BATCH_S:g} s rises by {rise} over the window, so it cannot PASS"


def _open(weighed: Weighed, bound: BlockedBound) -> str:
    most = weighed.most_to_pass()
    high, may = show(bound.upper, "ratio", weighed.allowed), limit(weighed.allowed, "ratio")
    few = "not even none would PASS" if most is None else f"up to {most} would PASS"
    return f"their share is at most {high}, and {may} may be; {few}"
