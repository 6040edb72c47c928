"""`delta` objectives: the change against the blessed baseline, pair by pair, judged by its bounds."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace

from harness.judge.change import Change, latency_change, wer_change
from harness.judge.evidence import Evidence, Ruling
from harness.judge.pairing import Pairing, incomparable, pair
from harness.judge.wording import limit, missing, named, plural, sentence, show, unit_of
from harness.model.baseline import Baseline, BlessedSession
from harness.model.run import Record
from harness.model.scenario import Objective
from harness.model.verdict import Estimate, Outcome
from harness.stats import planning
from harness.stats.binomial import shared_confidence

_MOST_NAMED = 4
_NO_SIZE = "no size of a fresh run can be given"
_SAYS_SOMETHING = frozenset("123456789∞")


def judge_delta(evidence: Evidence, record: Record, *, m: int) -> Ruling:
    """PASS, FAIL or INCONCLUSIVE of a comparison; `m` lines share the error of FAIL."""
    baseline = record.baseline
    why_not = "no blessed baseline to compare with" if baseline is None else incomparable(baseline, record.manifest)
    if baseline is None or why_not:
        estimate = replace(evidence.estimate(), value=None)  # an absolute value would pass for a change
        return Ruling(outcome=Outcome.INCONCLUSIVE, estimate=estimate, reason=sentence(why_not))
    now = zip(evidence.sessions, evidence.rows, strict=True)
    pairing = pair(evidence.objective.metric, now, _then(evidence, baseline))
    change = _change(evidence.objective, pairing, m=m, seed=record.manifest.bound_seed)
    return _ruling(evidence, change, _beside(evidence.objective, pairing, change, baseline))


def _then(evidence: Evidence, baseline: Baseline) -> tuple[BlessedSession, ...]:
    """The baseline's sessions in this line's part of the scenario."""
    where, part = evidence.objective.where, dict(evidence.line.slice)

    def inside(keys: dict[str, str]) -> bool:
        here = all(keys.get(key) in values for key, values in where)
        return here and all(keys.get(key) == value for key, value in part.items())

    return tuple(one for one in baseline.sessions if inside(dict(one.keys)))


def _change(objective: Objective, pairing: Pairing, *, m: int, seed: int) -> Change:
    c, fail = objective.confidence, shared_confidence(objective.confidence, m)
    if objective.metric != "wer":
        return latency_change(pairing.pairs, confidence=c, fail_confidence=fail)
    population = objective.claim == "population"
    return wer_change(pairing.pairs, by_source=population, confidence=c, fail_confidence=fail, seed=seed)


def _ruling(evidence: Evidence, change: Change, beside: tuple[str, ...]) -> Ruling:
    objective, value = evidence.objective, change.value
    if value is None:
        reason = sentence(f"no pair says anything about a change, so {_NO_SIZE}", *beside)
        estimate = replace(evidence.estimate(), n=change.pairs, value=None)
        return Ruling(outcome=Outcome.INCONCLUSIVE, estimate=estimate, reason=reason)
    outcome, leaning = _outcome(objective, change), "good" if _holds(objective, value) else "bad"
    told = _fresh(objective, change, leaning) if outcome is Outcome.INCONCLUSIVE else ""
    return Ruling(
        outcome=outcome,
        estimate=_estimate(evidence, change),
        reason=sentence(_said(objective, change, value), _compared(objective, change, outcome), told, *beside),
        leaning=leaning,
        notes=_notes(change),
    )


def _fresh(objective: Objective, change: Change, leaning: str) -> str:
    """How many pairs a fresh baseline and run would need, or why nobody can say."""
    if leaning == "bad":
        return "leaning bad: no run of any size would PASS at this change"
    if math.isinf(change.high) or change.value is None:
        return f"leaning good, but {_NO_SIZE}: its upper bound is infinite"
    found = planning.fresh_pairs(
        (change.pairs, change.value, change.high),
        objective.threshold,
        objective.confidence,
        phantom=objective.metric == "wer",
    )
    if found is None:
        return "leaning good, but too near the limit for a run of any reasonable size"
    noun = "pairs of independent recordings" if objective.claim == "population" else "pairs"
    c = limit(objective.confidence, "ratio")
    return f"leaning good: a fresh baseline and run of about {found:,} {noun} would PASS at {c} with a chance of 90 %"


def _outcome(objective: Objective, change: Change) -> Outcome:
    """The value must agree with a PASS, as for every pooled bound."""
    if change.value is not None and _holds(objective, change.high) and _holds(objective, change.value):
        return Outcome.PASS
    return Outcome.INCONCLUSIVE if _holds(objective, change.fail_low) else Outcome.FAIL


def _holds(objective: Objective, value: float) -> bool:
    return value < objective.threshold if objective.op == "<" else value <= objective.threshold


def _estimate(evidence: Evidence, change: Change) -> Estimate:
    return replace(
        evidence.estimate(low=_known(change.low), high=_known(change.high)),
        n=change.pairs,
        missing=change.lost,
        value=change.value,
        units=change.units,
    )


def _known(bound: float) -> float | None:
    """A bound that is infinite decides as much as none."""
    return None if math.isinf(bound) else bound


def _said(objective: Objective, change: Change, value: float) -> str:
    pairs = plural(change.pairs, "pair")
    if objective.metric == "wer":
        return f"the share of wrong words changed by {_signed(value, objective)} over {pairs}"
    lost = f"; {change.lost} of them {missing(objective.metric)} this time only" if change.lost else ""
    back = f"; {change.regained} did so only in the baseline" if change.regained else ""
    return f"the typical session moved by {_signed(value, objective)} over {pairs}{lost}{back}"


def _compared(objective: Objective, change: Change, outcome: Outcome) -> str:
    edge = _edge(objective)
    if outcome is Outcome.PASS:
        c = limit(objective.confidence, "ratio")
        return f"the bound certified at {c} is {_signed(change.high, objective)}, the limit {edge}"
    if outcome is Outcome.FAIL:
        return f"even the lower bound, {_signed(change.fail_low, objective)}, is over {edge}"
    return f"its bounds are {_signed(change.low, objective)} and {_signed(change.high, objective)}, the limit {edge}"


def _edge(objective: Objective) -> str:
    text = limit(objective.threshold, unit_of(objective))
    return text.replace(" %", " point" if text == "1 %" else " points")


def _signed(value: float, objective: Objective) -> str:
    """A change has its sign, and a change of a share is in points."""
    unit = unit_of(objective)
    text = show(value, unit, objective.threshold)
    if not set(text) & _SAYS_SOMETHING:
        text = text.removeprefix("-")  # a rounded zero has no sign
    elif value > 0:
        text = f"+{text}"
    return text.replace(" %", " points") if unit == "ratio" else text


def _beside(objective: Objective, pairing: Pairing, change: Change, baseline: Baseline) -> tuple[str, ...]:
    return tuple(_unpaired(objective, pairing, change, baseline))


def _unpaired(objective: Objective, pairing: Pairing, change: Change, baseline: Baseline) -> Iterator[str]:
    """What the comparison leaves out, by name."""
    if change.dropped:
        yield f"left out: {plural(change.dropped, 'pair')} that {missing(objective.metric)} in either run"
    if pairing.only_new:
        names = named(pairing.only_new, _MOST_NAMED)
        yield f"without a partner in {baseline.run.run_id}: {plural(len(pairing.only_new), 'session')} ({names})"
    if pairing.only_old:
        names = named(pairing.only_old, _MOST_NAMED)
        yield f"without a partner in this run: {plural(len(pairing.only_old), 'session')} of the baseline ({names})"


def _notes(change: Change) -> tuple[str, ...]:
    if not change.capped:
        return ()
    return (f"{plural(change.capped, 'session')} had more errors than words, and the bound counts every word as wrong",)
