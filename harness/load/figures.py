"""What Locust shows of a session: the report's own definitions, on the rows that pass by."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Final

from harness.measure.hearing import NS_PER_MS, glance
from harness.measure.latency import connect, final, first_words
from harness.measure.outcome import session_outcome
from harness.model.measurement import Measurement
from harness.model.plan import SessionPlan
from harness.model.timeline import Timeline
from harness.store.rows import Row, heard_of

CONNECT: Final = "connect"
FIRST_PARTIAL: Final = "first partial"
FINAL: Final = "final"
SESSION: Final = "session"
SEND_LAG: Final = "send lag"


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One entry of Locust's statistics: a time in ms, or why there is none."""

    name: str
    ms: float | None
    fault: str = ""


class Figures:
    """Collects the rows of open sessions; a session that is over gives its figures and is forgotten.

    Warm-up sessions give none, as they count nowhere. Locust rounds what it is given to two digits and forgets the
    rest, so no verdict reads any of this.
    """

    def __init__(self, plans: Iterable[SessionPlan]) -> None:
        self._plans = {plan.session_id: plan for plan in plans}
        self._heard: defaultdict[str, list[Row]] = defaultdict(list)
        self._lag_us: dict[str, int] = {}

    def follow(self, batch: dict[str, Any]) -> Iterator[Figure]:
        """Take in a batch of the engine; yields the figures of the sessions that it ends."""
        for row in batch["heard"]:
            self._heard[row["session_id"]].append(row)
        for session_id, _, lag_us in batch["frames"]:
            self._lag_us[session_id] = max(self._lag_us.get(session_id, 0), lag_us)
        for row in batch["over"]:
            yield from self._end(row)

    def _end(self, row: Row) -> Iterator[Figure]:
        session_id = row["session_id"]
        plan = self._plans.pop(session_id)
        heard, lag_us = self._heard.pop(session_id, []), self._lag_us.pop(session_id, None)
        if plan.warm_up or row["end_reason"] in {"cut", "never_started"}:
            return
        timeline = Timeline(
            session_id=session_id,
            end_reason=row["end_reason"],
            ready_ns=row["ready_ns"],
            ended_ns=row["ended_ns"],
            heard=tuple((one["at_ns"], heard_of(one)) for one in heard),
        )
        yield from figures(plan, timeline)
        if lag_us is not None:
            yield Figure(name=SEND_LAG, ms=lag_us / 1000)


def figures(plan: SessionPlan, timeline: Timeline) -> Iterator[Figure]:
    """The figures of a session that is over; `session` is how long it lasted from its opening on."""
    hearing = glance(plan, timeline)
    yield _figure(CONNECT, connect(hearing))
    if hearing.clip.has_speech and hearing.clip.latency:
        yield _figure(FIRST_PARTIAL, next(first_words(hearing)))
        yield _figure(FINAL, final(hearing))
    outcome = session_outcome(hearing).outcome
    lasted_ms = None if timeline.ended_ns is None else (timeline.ended_ns - plan.open_ns) / NS_PER_MS
    yield Figure(name=SESSION, ms=lasted_ms, fault="" if outcome == "ok" else outcome)


def _figure(name: str, row: Measurement) -> Figure:
    return Figure(name=name, ms=row.numerator, fault="" if row.numerator is not None else "missing")
