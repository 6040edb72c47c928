"""Quantiles and rates: both are a count of sessions on the wrong side, judged by exact binomial bounds."""

from __future__ import annotations

import math
from dataclasses import replace

from harness.judge.evidence import Evidence, Ruling
from harness.judge.lines import allowed_share
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
from harness.model.metrics import QUANTILES
from harness.model.scenario import Objective
from harness.model.verdict import Estimate, Outcome
from harness.stats import binomial, planning, quantiles, rates


def judge_counts(evidence: Evidence, *, m: int) -> Ruling:
    """PASS, FAIL or INCONCLUSIVE of a line with at least one row; `m` lines share the error of FAIL."""
    objective, n = evidence.objective, evidence.n
    p0, c = allowed_share(objective), objective.confidence
    k = violations(evidence)
    outcome = Outcome.INCONCLUSIVE
    if binomial.certified(k, n, p0, c):
        outcome = Outcome.PASS
    elif binomial.refuted(k, n, p0, binomial.shared_confidence(c, m)):
        outcome = Outcome.FAIL
    leaning = "good" if k <= n * p0 + 1e-9 else "bad"
    fresh_n = planning.fresh_n(k, n, p0, c)
    estimate = replace(_bounds(evidence, k), violations=k)
    counted = said(evidence, k)
    if outcome is Outcome.PASS:
        reason = _passed(objective, counted, estimate, p0)
    elif outcome is Outcome.FAIL:
        reason = sentence(counted, _would_be(n, p0))
    else:
        reason = sentence(counted, _thresholds(n, p0, c, m), advice(leaning, plural_sessions(fresh_n), c))
    return Ruling(outcome=outcome, estimate=estimate, reason=reason, leaning=leaning, fresh_n=fresh_n)


def violations(evidence: Evidence) -> int:
    """Sessions on the wrong side; for a rate the sessions that have the thing, or lack it where it is wanted."""
    objective, values = evidence.objective, evidence.values
    if objective.aggregate in QUANTILES:
        return quantiles.violations(values, objective.op, objective.threshold)
    having = sum(value > 0 for value in values)
    return evidence.n - having if evidence.large_is_good else having


def advice(leaning: str, fresh: str, confidence: float) -> str:
    """What an INCONCLUSIVE line's reader can do."""
    if leaning == "bad":
        return "leaning bad: no run of any size would PASS at this rate"
    if not fresh:
        return "leaning good, but too near the limit for a run of any reasonable size"
    return f"leaning good: a fresh run of {fresh} would PASS at {limit(confidence, 'ratio')} with a chance of 90 %"


def plural_sessions(fresh_n: int | None) -> str:
    return "" if fresh_n is None else plural(fresh_n, "session")


def _bounds(evidence: Evidence, k: int) -> Estimate:
    objective, n, c = evidence.objective, evidence.n, evidence.objective.confidence
    if objective.aggregate in QUANTILES:
        values, q = evidence.values, QUANTILES[objective.aggregate]
        low, high = quantiles.lower_bound(values, q, c), quantiles.upper_bound(values, q, c)
        return evidence.estimate(low=low, high=high)
    having = n - k if evidence.large_is_good else k
    return evidence.estimate(low=rates.lower(having, n, c), high=rates.upper(having, n, c))


def said(evidence: Evidence, k: int) -> str:
    """The count in words; a session without a value is named for what it lacks, a failed one for how it failed."""
    objective, n = evidence.objective, evidence.n
    if objective.aggregate == "rate":
        having = n - k if evidence.large_is_good else k
        kinds = evidence.failures if objective.metric == "error" and having else ""
        return f"{of_sessions(having, n)} {positive(objective.metric)}" + (f": {kinds}" if kinds else "")
    lost = evidence.missing
    if lost and lost == k:
        return f"{of_sessions(lost, n)} {missing(objective.metric)}, which counts as {wrong_side(objective)}"
    never = f", {lost} of them {missing(objective.metric)}" if lost else ""
    return f"{of_sessions(k, n)} {are(k)} {wrong_side(objective)}{never}"


def _passed(objective: Objective, counted: str, estimate: Estimate, p0: float) -> str:
    unit = unit_of(objective)
    bound = estimate.low if objective.op in (">=", ">") else estimate.high
    allowed = binomial.most_to_pass(estimate.n, p0, objective.confidence)
    return sentence(
        f"{counted}, and up to {allowed} may be" if objective.aggregate in QUANTILES else counted,
        f"the bound certified at {limit(objective.confidence, 'ratio')} is {show(bound, unit, objective.threshold)}",
    )


def _would_be(n: int, p0: float) -> str:
    return f"{limit(p0, 'ratio')} would be {math.floor(n * p0 + 1e-9)}"


def _thresholds(n: int, p0: float, c: float, m: int) -> str:
    """The counts that would have decided."""
    good, bad = binomial.most_to_pass(n, p0, c), binomial.least_to_fail(n, p0, c, gates=m)
    if good is None:
        return f"a PASS takes at least {plural(planning.least_n(0, p0, c), 'session')}, even without a violation"
    return f"up to {good} would PASS" + (f", {bad} or more would FAIL" if bad is not None else "")
