"""Where the violations of an objective reach what it allows, and which levels to visit around that."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from harness.judge.counts import violations
from harness.judge.evidence import Evidence, gather
from harness.judge.lines import Line, allowed_share, is_bounded, judged_lines
from harness.model.capacity import Knee
from harness.model.run import Measured, Record
from harness.model.verdict import Slice
from harness.stats import isotonic

FACTORS: Final = (0.6, 0.75, 0.85, 0.95, 1.05, 1.2, 1.4)  # of the scout's knee, which lands at 0.75 to 1.23 of the true


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """How many sessions of one level violated one objective on one slice (the level left out)."""

    objective_id: str
    slice: Slice
    level: int
    violations: int
    n: int
    allowed: float


def plan_levels(knee: float, *, levels: int = len(FACTORS)) -> tuple[int, ...]:
    """Levels to confirm around a scout's knee, each once, in rising order; at least one lies above it.

    Fewer than asked for where the knee is so small that they fall together. Raises ValueError below two levels and for
    a knee that is not a positive number.
    """
    if levels < 2 or not 0 < knee < math.inf:
        raise ValueError(f"{levels} levels around a knee of {knee}: it takes two, and a positive knee")
    last = len(FACTORS) - 1
    chosen = {FACTORS[round(at * last / (levels - 1))] for at in range(levels)}
    rounded = {max(1, math.floor(knee * factor + 0.5)) for factor in chosen}
    return tuple(sorted(rounded if max(rounded) > knee else {*rounded, math.floor(knee) + 1}))


def scout_knee(record: Record, measured: Measured) -> Knee | None:
    """The estimate of a rising run, from its gating objectives; None where it measured nothing at any level.

    No verdict comes of it: its sessions are few, and a rising load mixes up level and time.
    """
    return estimate(shares(gather(_level_lines(judged_lines(record.manifest)), measured)))


def _level_lines(lines: Iterable[Line]) -> tuple[Line, ...]:
    """Each gating line of counts, split by the levels of its sessions."""
    return tuple(part for line in lines if line.gating and _counts(line) for part in _by_level(line))


def shares(found: Iterable[Evidence]) -> tuple[Share, ...]:
    """One a line of counts, whose sessions all ran at one level; lines without a measured session have none."""
    return tuple(_share(one) for one in found if one.n)


def estimate(found: Sequence[Share]) -> Knee | None:
    """The lowest crossing of all objectives, since the target holds its service levels only up to that one."""
    knees = [_knee(group) for group in _groups(found)]
    reached = [knee for knee in knees if knee.beyond != "above"]
    if not reached:
        return max(knees, key=lambda knee: knee.level, default=None)
    return min(reached, key=lambda knee: (knee.beyond != "below", knee.level))


def _counts(line: Line) -> bool:
    objective = line.objective
    return is_bounded(objective) and not objective.delta and objective.aggregate != "pooled"


def _by_level(line: Line) -> Iterable[Line]:
    for level in sorted({session.level for session in line.sessions if session.level is not None}):
        sessions = tuple(session for session in line.sessions if session.level == level)
        yield Line(objective=line.objective, slice=line.slice, sessions=sessions, known_limit=line.known_limit)


def _share(evidence: Evidence) -> Share:
    level = evidence.sessions[0].level
    if level is None:
        raise ValueError(f"{evidence.line.line_id} has sessions without a level")
    return Share(
        objective_id=evidence.objective.objective_id,
        slice=tuple(pair for pair in evidence.line.slice if pair[0] != "level"),
        level=level,
        violations=violations(evidence),
        n=evidence.n,
        allowed=allowed_share(evidence.objective),
    )


def _groups(found: Sequence[Share]) -> list[list[Share]]:
    groups: dict[tuple[str, Slice], list[Share]] = {}
    for one in sorted(found, key=lambda share: share.level):
        groups.setdefault((one.objective_id, one.slice), []).append(one)
    return list(groups.values())


def _knee(group: Sequence[Share]) -> Knee:
    levels, sizes = [one.level for one in group], [one.n for one in group]
    rates = [one.violations / one.n for one in group]
    level = isotonic.crossing(levels, rates, sizes, group[0].allowed)
    if level == math.inf:
        return Knee(level=levels[-1], beyond="above")
    if level == -math.inf:
        return Knee(level=levels[0], objective_id=group[0].objective_id, beyond="below")
    return Knee(level=level, objective_id=group[0].objective_id)
