"""How many lanes of a plan are active over time: what Locust is to show as its users."""

from __future__ import annotations

from collections import Counter
from itertools import accumulate

from harness.model.plan import Plan


def active_lanes(plan: Plan) -> tuple[tuple[int, int], ...]:
    """(at_ns, lanes) at every change: the levels of its stages; without them, each lane from first to last session."""
    changes: Counter[int] = Counter()
    for from_ns, until_ns, lanes in _spans(plan):
        changes[from_ns] += lanes
        changes[until_ns] -= lanes
    moments = sorted(at_ns for at_ns, change in changes.items() if change)
    return tuple(zip(moments, accumulate(changes[at_ns] for at_ns in moments), strict=True))


def _spans(plan: Plan) -> list[tuple[int, int, int]]:
    if plan.stages:
        return [(stage.from_ns, stage.until_ns, stage.level) for stage in plan.stages]
    spans: dict[int, tuple[int, int]] = {}
    for session in plan.sessions:
        from_ns, until_ns = spans.get(session.lane, (session.open_ns, session.end_ns))
        spans[session.lane] = (min(from_ns, session.open_ns), max(until_ns, session.end_ns))
    return [(from_ns, until_ns, 1) for from_ns, until_ns in spans.values()]
