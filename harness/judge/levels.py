"""Lines of a load run: its sessions share moments, so what they are worth is weighed by when they ran."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Final

import numpy as np

from harness.judge.counts import violations
from harness.judge.evidence import Evidence, Ruling
from harness.judge.level_wording import reason, too_few, too_short
from harness.judge.lines import allowed_share
from harness.judge.pooled import judge_pooled
from harness.judge.weighing import LEAST_SESSIONS, Weighed, weigh
from harness.judge.wording import plural, sentence, show
from harness.model.metrics import QUANTILES
from harness.model.plan import SessionPlan
from harness.model.verdict import Estimate, Outcome
from harness.stats import binomial, planning
from harness.stats.binomial import TIE
from harness.stats.blocked import Floats, pooled_effect

_NS_PER_S: Final = 1e9

Bounds = tuple[float | None, float | None]


def judge_levels(evidence: Evidence, *, m: int) -> Ruling:
    """PASS, FAIL or INCONCLUSIVE of a quantile or rate with at least one row; `m` lines share the error of FAIL."""
    weighed = weigh_line(evidence, fail_confidence=binomial.shared_confidence(evidence.objective.confidence, m))
    k = violations(evidence)
    leaning = "good" if k <= evidence.n * weighed.allowed + TIE else "bad"
    fresh_n = _fresh(evidence, weighed, k)
    estimate = replace(_estimate(evidence, weighed), violations=k)
    return Ruling(
        outcome=weighed.outcome,
        estimate=estimate,
        reason=reason(evidence, weighed, estimate, leaning, fresh_n),
        leaning=leaning,
        fresh_n=fresh_n,
        weighed=weighed,
    )


def judge_pooled_levels(evidence: Evidence, *, m: int, seed: int) -> Ruling:
    """The same of a pooled ratio: the Dirichlet bound, on as many units as the sessions are worth."""
    wrong, words = (np.array(column, dtype=np.float64) for column in zip(*evidence.fractions, strict=True))
    ends, c = ends_s(evidence.sessions), evidence.objective.confidence
    effect = pooled_effect(ends, wrong, words, confidence=c)
    if evidence.n >= LEAST_SESSIONS and effect is not None:
        return judge_pooled(evidence, m=m, seed=seed, design_effect=effect)
    said = f"{show(evidence.value(), 'ratio')} in {plural(evidence.n, 'session')}"
    short = too_few() if evidence.n < LEAST_SESSIONS else too_short()
    return Ruling(outcome=Outcome.INCONCLUSIVE, estimate=evidence.estimate(), reason=sentence(said, short))


def weigh_line(evidence: Evidence, *, fail_confidence: float) -> Weighed:
    """The line's sessions, each at its planned end of speech, with a value that is bad above a limit.

    Steadiness is asked of latencies that were all measured at one level and have a positive limit.
    """
    objective, levels = evidence.objective, {session.level for session in evidence.sessions}
    values, edge = _badness(evidence)
    is_latency = objective.aggregate in QUANTILES
    return weigh(
        ends_s(evidence.sessions),
        values,
        edge,
        allowed=allowed_share(objective),
        confidence=objective.confidence,
        fail_confidence=fail_confidence,
        steady=is_latency and len(levels) == 1 and edge > 0,
    )


def ends_s(sessions: tuple[SessionPlan, ...]) -> Floats:
    """When each session's speech was planned to end, in seconds since the run began; without speech, its audio."""
    return np.array([_end_ns(session) / _NS_PER_S for session in sessions], dtype=np.float64)


def _end_ns(session: SessionPlan) -> int:
    words = session.clip.words
    return session.start_ns + words[-1].end_ns if words else session.end_ns


def _badness(evidence: Evidence) -> tuple[Floats, float]:
    """Values and a limit such that a session violates where its value is above the limit."""
    objective, values = evidence.objective, np.array(evidence.values, dtype=np.float64)
    if objective.aggregate not in QUANTILES:
        having = values > 0
        return (~having if evidence.large_is_good else having).astype(np.float64), 0.5
    edge = objective.threshold
    if evidence.large_is_good:
        values, edge = -values, -edge
    return values, math.nextafter(edge, -math.inf) if objective.op in ("<", ">") else edge


def _estimate(evidence: Evidence, weighed: Weighed) -> Estimate:
    """With bounds of the aggregate at the objective's confidence: they lie on the good side where the counts do."""
    if evidence.objective.aggregate in QUANTILES:
        (low, high), mirror = _value_bounds(np.sort(_badness(evidence)[0]), weighed), 0.0
    else:
        (low, high), mirror = _share_bounds(weighed), 1.0
    if evidence.large_is_good:
        low, high = (None if bound is None else mirror - bound for bound in (high, low))
    return evidence.estimate(low=low, high=high)


def _value_bounds(ordered: Floats, weighed: Weighed) -> Bounds:
    """The values at which the counts would turn, at the design effect that was found at the limit."""
    most, least = weighed.most_to_pass(), weighed.least_to_refute()
    return (
        float(ordered[-least]) if least else None,
        None if most is None else float(ordered[ordered.size - most - 1]),
    )


def _share_bounds(weighed: Weighed) -> Bounds:
    blocked = weighed.blocked
    return (None, None) if blocked is None else (blocked.low, blocked.high)


def _fresh(evidence: Evidence, weighed: Weighed, k: int) -> int | None:
    """As many as count like the independent sessions that would PASS with 90 %; None where no size helps."""
    bound = weighed.bound
    if weighed.lack == "steady":
        return None
    plain = planning.fresh_n(k, evidence.n, weighed.allowed, evidence.objective.confidence)
    if bound is None or plain is None:
        return None
    return max(LEAST_SESSIONS, math.ceil(plain * bound.n / bound.effective_n))
