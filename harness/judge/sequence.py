"""Fixed sequences over load levels: upward while they hold, downward while they are shown to break.

A fixed sequence needs no correction for the number of levels: the first level that is wrongly decided ends it. The
"highest level that passes by itself" would certify a target exactly at its limit in 13-43 % of searches.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from harness.model.verdict import Outcome

Decided = Sequence[tuple[int, Outcome]]
"""Levels with what is shown of them, in any order."""


def certified(levels: Decided) -> int | None:
    """The last level of the unbroken row of PASS from the lowest up."""
    best = None
    for level, outcome in sorted(levels):
        if outcome is not Outcome.PASS:
            break
        best = level
    return best


def refuted(levels: Decided) -> int | None:
    """The last level of the unbroken row of FAIL from the highest down."""
    worst = None
    for level, outcome in sorted(levels, reverse=True):
        if outcome is not Outcome.FAIL:
            break
        worst = level
    return worst


def level_outcome(lines: Iterable[tuple[Outcome, bool]]) -> Outcome:
    """Of a level's gating lines, each with whether it can refute: PASS where all hold, FAIL where one is broken.

    A `max` or `sum` beyond its limit is what this run showed: it keeps a level from being certified and refutes none.
    """
    found = list(lines)
    if any(outcome is Outcome.INVALID for outcome, _ in found):
        return Outcome.INVALID
    if any(outcome is Outcome.FAIL and refutes for outcome, refutes in found):
        return Outcome.FAIL
    holds = bool(found) and all(outcome is Outcome.PASS for outcome, _ in found)
    return Outcome.PASS if holds else Outcome.INCONCLUSIVE
