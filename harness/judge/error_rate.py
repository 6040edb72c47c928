"""The error rate at the certified level: a tenth of a percent takes more sessions than a search for the level has."""

from __future__ import annotations

from typing import Literal

import numpy as np

from harness.judge.levels import ends_s
from harness.judge.lines import allowed_share, judged_lines
from harness.judge.visited import Part
from harness.judge.weighing import Weighed, weigh
from harness.judge.wording import limit, of_sessions, sentence, show
from harness.model.capacity import ErrorRate
from harness.model.scenario import Objective
from harness.model.verdict import Outcome

DEFAULT_CONFIDENCE = 0.95  # of the bound that is printed where no objective asks for one


def error_rate(confirm: Part, errors: Part | None, level: int) -> ErrorRate:
    """From the part that ran for it where that ran at this level, else from the level's visits in `confirm`.

    Never from both: the sessions of the second were planned after those of the first had been seen.
    """
    if errors is not None and any(session.level == level for session in errors.plan.counted):
        return _of(errors, "errors", level)
    return _of(confirm, "confirm", level)


def _of(part: Part, name: Literal["confirm", "errors"], level: int) -> ErrorRate:
    objective = _objective(part, level)
    outcome_of = {one.session_id: one.outcome for one in part.measured.outcomes if one.measured}
    sessions = tuple(one for one in part.plan.counted if one.level == level and one.session_id in outcome_of)
    failed = np.array([outcome_of[one.session_id] != "ok" for one in sessions], dtype=np.float64)
    confidence = DEFAULT_CONFIDENCE if objective is None else objective.confidence
    weighed = weigh(
        ends_s(sessions),
        failed,
        0.5,
        allowed=1.0 if objective is None else allowed_share(objective),
        confidence=confidence,
        fail_confidence=confidence,
        steady=False,
    )
    return ErrorRate(
        level=level,
        part=name,
        n=failed.size,
        errors=int(failed.sum()),
        high=None if weighed.bound is None else weighed.bound.upper,
        confidence=confidence,
        limit=None if objective is None else objective.threshold,
        certified=objective is not None and weighed.outcome is Outcome.PASS and part.valid and not part.lacks,
        reason=_reason(part, objective, weighed, failed),
    )


def _objective(part: Part, level: int) -> Objective | None:
    """The run's own limit on the error rate, where one reads this level."""
    for line in judged_lines(part.record.manifest):
        objective = line.objective
        upper = (objective.metric, objective.aggregate) == ("error", "rate") and objective.op in ("<", "<=")
        if upper and not objective.delta and {session.level for session in line.sessions} == {level}:
            return objective
    return None


def _reason(part: Part, objective: Objective | None, weighed: Weighed, failed: np.ndarray) -> str:
    counted = f"{of_sessions(int(failed.sum()), failed.size)} failed"
    if not part.valid:
        return sentence(counted, "the harness cannot vouch for the run that was to show it")
    if weighed.bound is None or weighed.lack in ("sessions", "time"):
        return sentence(counted, "too few, or over too short a time, for a bound", part.lacks)
    high = show(weighed.bound.upper, "ratio", weighed.allowed)
    edge = "no objective sets a limit" if objective is None else f"the limit {limit(objective.threshold, 'ratio')}"
    return sentence(counted, f"the bound at {limit(weighed.confidence, 'ratio')} is {high}, {edge}", part.lacks)
