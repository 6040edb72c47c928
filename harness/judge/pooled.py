"""Pooled ratios: errors over words of all sessions, judged by the Dirichlet bound with one phantom unit."""

from __future__ import annotations

import math
from dataclasses import replace

from harness.judge.counts import advice
from harness.judge.evidence import Evidence, Ruling
from harness.judge.lines import allowed_share
from harness.judge.wording import limit, missing, of_sessions, part, plural, sentence, show, wrong_side
from harness.model.scenario import Objective
from harness.model.verdict import Outcome
from harness.stats import binomial, dirichlet, planning

Bounds = tuple[float, float]


def judge_pooled(evidence: Evidence, *, m: int, seed: int, design_effect: float = 1.0) -> Ruling:
    """PASS, FAIL or INCONCLUSIVE of a line with at least one row; `m` lines share the error of FAIL.

    `design_effect`: how many sessions that share moments make one that does not.
    """
    objective, c = evidence.objective, evidence.objective.confidence
    draws = dirichlet.pooled(_rows(evidence), seed=seed, design_effect=design_effect)
    bounds = _bounds(draws, c)
    outcome = _outcome(objective, evidence.value(), bounds, _bounds(draws, binomial.shared_confidence(c, m)))
    thin = _thin(objective, math.floor(draws.units / design_effect))
    outcome = Outcome.INCONCLUSIVE if thin else outcome
    leaning = "good" if _holds(objective, evidence.value()) else "bad"
    fresh = _fresh(objective, draws, design_effect) if outcome is Outcome.INCONCLUSIVE and not thin else None
    said = (_said(evidence), _worth(draws.units, design_effect), _compared(objective, outcome, bounds))
    undecided = thin or advice(leaning, plural(fresh, _unit(objective)) if fresh else "", c)
    return Ruling(
        outcome=outcome,
        estimate=replace(evidence.estimate(low=bounds[0], high=_above(bounds[1], evidence.value())), units=draws.units),
        reason=sentence(*said, "" if _decided(outcome) else undecided),
        leaning=leaning,
        fresh_n=None if objective.claim == "population" else fresh,
        notes=_notes(objective, draws.capped),
    )


def _above(bound: float, value: float) -> float | None:
    """None where the value counts more than every word as wrong, and the bound, which does not, says nothing of it."""
    return bound if bound >= value else None


def _rows(evidence: Evidence) -> list[tuple[str, float, float]]:
    """One unit a session; for a claim about other audio one a source: its repeats and degraded copies are no news."""
    population = evidence.objective.claim == "population"
    return [
        (session.clip.source if population else session.session_id, wrong, words)
        for session, (wrong, words) in zip(evidence.sessions, evidence.fractions, strict=True)
    ]


def _bounds(draws: dirichlet.PooledDraws, confidence: float) -> Bounds:
    return dirichlet.rounded_down(draws.lower(confidence)), dirichlet.rounded_up(draws.upper(confidence))


def _outcome(objective: Objective, value: float, bounds: Bounds, fail_bounds: Bounds) -> Outcome:
    """The value must agree with a PASS: a bound counts a unit's errors up to its words, the value counts them all."""
    upper = _is_upper(objective)
    if _holds(objective, bounds[1] if upper else bounds[0]) and _holds(objective, value):
        return Outcome.PASS
    return Outcome.INCONCLUSIVE if _holds(objective, fail_bounds[0] if upper else fail_bounds[1]) else Outcome.FAIL


def _holds(objective: Objective, value: float) -> bool:
    return value <= objective.threshold if _is_upper(objective) else value >= objective.threshold


def _is_upper(objective: Objective) -> bool:
    return objective.op in ("<", "<=")


def _decided(outcome: Outcome) -> bool:
    return outcome is not Outcome.INCONCLUSIVE


def _unit(objective: Objective) -> str:
    return "independent recording" if objective.claim == "population" else "session"


def _fresh(objective: Objective, draws: dirichlet.PooledDraws, design_effect: float) -> int | None:
    if not _is_upper(objective):
        return None
    plain = planning.fresh_units(draws, objective.threshold, objective.confidence)
    return None if plain is None else math.ceil(plain * design_effect)


def _worth(units: int, design_effect: float) -> str:
    return f"d = {design_effect:.1f}, so they count as n* = {units / design_effect:,.0f}" if design_effect > 1 else ""


def _thin(objective: Objective, units: int) -> str:
    """Why so few independent recordings certify nothing about other audio, were every word right; empty if enough.

    It asks for twice the least: at 12 % 24 units hardly ever PASS at a true 3 %, 48 do in 94-100 % (simulated).
    """
    share = allowed_share(objective)
    if objective.claim == "list" or share >= 1:
        return ""
    least = planning.least_clean_units(share, objective.confidence)
    if units >= least:
        return ""
    have = plural(units, _unit(objective))
    return f"{have} cannot speak for other audio, which needs ≥ {2 * least} ({least} if every word were right)"


def _said(evidence: Evidence) -> str:
    wrong, words = (sum(column) for column in zip(*evidence.fractions, strict=True))
    objective, lost = evidence.objective, evidence.missing
    never = f", and {of_sessions(lost, evidence.n)} {missing(objective.metric)}" if lost else ""
    ratio = show(evidence.value(), "ratio", objective.threshold)
    counted = f"{wrong:,.0f} of {words:,.0f} words are {part(objective.metric)} ({ratio})"
    return f"{counted} in {plural(evidence.n, 'session')}{never}"


def _compared(objective: Objective, outcome: Outcome, bounds: Bounds) -> str:
    edge = limit(objective.threshold, "ratio")
    low, high = (show(bound, "ratio", objective.threshold) for bound in bounds)
    upper = _is_upper(objective)
    if outcome is Outcome.PASS:
        c = limit(objective.confidence, "ratio")
        return f"the bound certified at {c} is {high if upper else low}, the limit {edge}"
    if outcome is Outcome.FAIL:
        return f"even the {'lower' if upper else 'upper'} bound, {low if upper else high}, is {wrong_side(objective)}"
    return f"its bounds are {low} and {high}, the limit {edge}"


def _notes(objective: Objective, capped: int) -> tuple[str, ...]:
    if not capped:
        return ()
    more = "errors" if objective.metric == "wer" else f"words {part(objective.metric)}"
    return (f"{plural(capped, _unit(objective))} had more {more} than words, and the bound counts no word twice",)
