"""A capacity in one sentence, and what stopped its certificate in another."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from harness.judge.wording import plural, sentence, show, title, unit_of
from harness.model.capacity import Capacity, Level, LevelLine
from harness.model.metrics import METRICS, QUANTILES
from harness.model.scenario import Objective
from harness.model.verdict import Outcome

_DRIFT_WORTH_SAYING: Final = 0.1  # of the limit, from the first visit to the last
_MINUTE_S: Final = 60.0


def headline(found: Capacity, limiting: Objective | None, per: str) -> str:
    """`limiting` is the objective of `limited_by`; `per` what carries the sessions."""
    if found.outcome is Outcome.INVALID:
        return "The harness cannot vouch for this run, so it certifies no level."
    of = f" per {per}" if per else " at once"
    top = "no level" if found.certified is None else f"{plural(found.certified, 'session')}{of}"
    down = "nothing refuted" if found.refuted is None else f"refuted from {found.refuted:,}"
    clauses = [
        ", ".join(part for part in (f"{top} certified", _estimated(found), down) if part),
        "" if limiting is None else f"limited by {_named(limiting)}",
        "" if found.stall_gap_s is None else f"stalls rarer than {_every(found.stall_gap_s)} not excluded",
    ]
    return sentence(*clauses)


_FATES: Final = {Outcome.FAIL: "break a limit", Outcome.INVALID: "cannot be vouched for"}


def reason(found: Capacity) -> str:
    """What stopped the certificate; where nothing is certified, what it lacks."""
    above = [one for one in found.levels if found.certified is None or one.level > found.certified]
    if not found.levels:
        return "The plan has no levels to certify."
    if not above:
        return "Every level that was tried holds: for more, try higher ones."
    stop = above[0]
    fate = _FATES.get(stop.outcome, "are not shown to hold")
    if found.certified is not None:
        return f"{_many(stop)} {fate}: {stop.reason}"
    remedy = {Outcome.FAIL: "plan lower levels", Outcome.INVALID: "repeat it on a quieter host"}.get(
        stop.outcome, "plan longer visits"
    )
    return f"{_many(stop)}, the lowest level, {fate} ({remedy}): {stop.reason}"


def drifts(levels: Iterable[Level]) -> tuple[str, ...]:
    """Latencies that rose from a level's first visit to its last by a tenth of their limit."""
    return tuple(_drifted(one, line) for one in levels for line in one.lines if _has_risen(line))


def _has_risen(line: LevelLine) -> bool:
    edge, rise = line.objective.threshold, line.drift
    return line.objective.aggregate in QUANTILES and rise is not None and rise > _DRIFT_WORTH_SAYING * abs(edge)


def _drifted(level: Level, line: LevelLine) -> str:
    objective, unit = line.objective, unit_of(line.objective)
    name = f"{title(objective, tuple(pair for pair in line.slice if pair[0] != 'level'))} ({objective.aggregate})"
    first, last = show(line.visits[0].value, unit), show(line.visits[-1].value, unit)
    return f"{name} at {_many(level)} rose from {first} in the first visit to {last} in the last."


def _estimated(found: Capacity) -> str:
    """Rounded down: nobody carries half a session."""
    if found.estimate is not None:
        return f"{int(found.estimate):,} estimated"
    if not found.estimate_beyond:
        return ""
    edge = found.levels[-1 if found.estimate_beyond == "above" else 0].level
    return f"{found.estimate_beyond} {edge:,} estimated"


def _named(objective: Objective) -> str:
    """`final p95`; a rate is its label alone."""
    label = METRICS[objective.metric].label
    return f"{label} {objective.aggregate}" if objective.aggregate in QUANTILES else label


def _every(gap_s: float) -> str:
    if gap_s == _MINUTE_S:
        return "one a minute"
    return f"one in {gap_s:.0f} s" if gap_s < 2 * _MINUTE_S else f"one in {gap_s / _MINUTE_S:.3g} minutes"


def _many(level: Level) -> str:
    return f"{plural(level.level, 'session')} at once"
