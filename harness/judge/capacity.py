"""The capacity of a target, from a judged run over load levels: what is certified, estimated and refuted.

Levels are certified upward from the lowest and refuted downward from the highest; each end of the interval is held at
half the error that the whole may make, so that both hold together. The estimate is the isotonic knee between them: it
is told, and nothing rests on it.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from harness.judge.capacity_wording import drifts, headline, reason
from harness.judge.error_rate import error_rate
from harness.judge.knee import scout_knee
from harness.judge.sequence import certified, refuted
from harness.judge.visited import ENDS, Part, visited_levels
from harness.model.capacity import Capacity, Knee
from harness.model.verdict import Outcome
from harness.stats.binomial import shared_confidence

LEAST_ASKED: Final = 0.95  # where no objective asks for anything
STALL_WINDOWS: Final = 3  # a window three times the mean gap of rare stalls holds one of them with 95 %


def judge_capacity(confirm: Part, *, errors: Part | None = None, per: str = "") -> Capacity:
    """From the run over levels; `errors` ran at the certified level afterwards, for the error rate there.

    `per` names what carries the sessions, for the headline: "Riva instance".
    """
    levels = visited_levels(confirm)
    decided = [(one.level, one.outcome) for one in levels]
    confidence = _confidence(confirm)
    found = Capacity(
        outcome=Outcome.INVALID,
        headline="",
        reason="",
        confidence=confidence,
        side_confidence=shared_confidence(confidence, ENDS),
        levels=levels,
        certified=certified(decided),
        refuted=refuted(decided),
        findings=drifts(levels),
    )
    if confirm.valid:
        found = _observed(_estimated(found, scout_knee(confirm.record, confirm.measured)), confirm, errors)
    return _told(found, confirm, per)


def _confidence(part: Part) -> float:
    """That of the objective which asks for least."""
    return min((one.confidence for one in part.record.manifest.scenario.objectives if one.gate), default=LEAST_ASKED)


def _estimated(found: Capacity, knee: Knee | None) -> Capacity:
    if knee is None:
        return found
    level = None if knee.beyond else knee.level
    return replace(found, estimate=level, estimate_beyond=knee.beyond, limited_by=knee.objective_id)


def _observed(found: Capacity, confirm: Part, errors: Part | None) -> Capacity:
    """With what the certified level's own time and sessions show."""
    level = found.certified
    if level is None:
        return replace(found, outcome=Outcome.INCONCLUSIVE)
    seen_s = confirm.steady_s(level)
    return replace(
        found,
        outcome=Outcome.PASS,
        steady_s=seen_s,
        stall_gap_s=seen_s / STALL_WINDOWS,
        errors=error_rate(confirm, errors, level),
    )


def _told(found: Capacity, confirm: Part, per: str) -> Capacity:
    named = {one.objective_id: one for one in confirm.record.manifest.scenario.objectives}
    why = reason(found) if confirm.valid else confirm.judgement.headline
    return replace(found, headline=headline(found, named.get(found.limited_by), per), reason=why)
