"""The figures of one level: its sessions share moments, so from 300 of them on the bounds rest on fewer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from harness.model.load import Dependence, Figure, Spread
from harness.model.measurement import Measurement, SessionOutcome
from harness.model.plan import SessionPlan, Stage, StageKind
from harness.model.timeline import Timeline
from harness.stats import blocked, dirichlet, effective, quantiles, rates
from harness.stats.blocked import BlockedBound, Floats

LEAST_SESSIONS: Final = 300  # below that the blocked bound costs too much power, and the plain one is shown
CONFIDENCE: Final = 0.95


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """A level's counted sessions in plan order, and what was recorded and measured of them."""

    kind: StageKind
    level: int
    stages: tuple[Stage, ...]
    sessions: tuple[SessionPlan, ...]
    outcomes: tuple[SessionOutcome, ...]
    timelines: tuple[Timeline, ...]
    rows: Mapping[str, Mapping[str, Measurement]]  # by session and metric, of the whole run

    @property
    def steady_s(self) -> float:
        """Of all visits."""
        return sum(one.until_ns - one.steady_ns for one in self.stages) / 1e9

    def read(self, metric: str) -> list[tuple[SessionPlan, Measurement]]:
        """Sessions that the metric has a row for; as in verdicts, descriptive clips are read for errors only."""
        return [
            (one, row)
            for one in self.sessions
            if one.clip.binding and (row := self.rows.get(one.session_id, {}).get(metric)) is not None
        ]

    def values(self, metric: str) -> list[float]:
        return [row.value for _, row in self.read(metric)]


def spread(group: Group, metric: str, limit: float | None) -> Spread | None:
    """Quantiles with bounds; None where the metric has no row."""
    read = group.read(metric)
    if not read:
        return None
    values = [row.value for _, row in read]
    bound = _blocked(read, limit)
    n_pass = n_fail = float(len(values))
    if bound is not None and len(values) >= LEAST_SESSIONS:
        n_pass, n_fail = bound.effective_n, bound.n / bound.design_effect
    p50, p95, p99 = (
        Figure(
            value=quantiles.point(values, q),
            low=effective.lower_bound(values, q, n_fail, CONFIDENCE),
            high=effective.upper_bound(values, q, n_pass, CONFIDENCE),
        )
        for q in (0.5, 0.95, 0.99)
    )
    missing = sum(row.numerator is None for _, row in read)
    return Spread(n=len(values), missing=missing, p50=p50, p95=p95, p99=p99)


def share(group: Group, having: set[str]) -> Figure | None:
    """The share of measured sessions that are in `having`; None where none was measured."""
    measured = {one.session_id for one in group.outcomes if one.measured}
    read = [one for one in group.sessions if one.session_id in measured]
    if not read:
        return None
    k, n = sum(one.session_id in having for one in read), len(read)
    if n >= LEAST_SESSIONS:
        ends = np.array([one.end_ns / 1e9 for one in read])
        marks = np.array([float(one.session_id in having) for one in read])
        if bound := blocked.blocked_bound(ends, marks, 0.5, confidence=CONFIDENCE):
            return Figure(value=k / n, low=bound.lower, high=bound.upper)
    return Figure(value=k / n, low=rates.lower(k, n, CONFIDENCE), high=rates.upper(k, n, CONFIDENCE))


def pooled(group: Group, metric: str, seed: int) -> Figure | None:
    """A ratio over all words, a session that has none being all wrong; bounds as in verdicts on this list of clips."""
    rows = [(one.session_id, *_fraction(one, row)) for one, row in group.read(metric)]
    if not rows:
        return None
    draws = dirichlet.pooled(rows, seed=seed)
    value = sum(wrong for _, wrong, _ in rows) / sum(words for _, _, words in rows)
    return Figure(value=value, low=draws.lower(CONFIDENCE), high=draws.upper(CONFIDENCE))


def dependence(group: Group, metric: str, limit: float | None) -> Dependence | None:
    """What the sessions are worth for this metric; None where they fill fewer than eight batches."""
    read = group.read(metric)
    bound = _blocked(read, limit)
    if bound is None:
        return None
    trend = blocked.drift(*_arrays(read), _edge(read, limit))
    return Dependence(
        metric=metric,
        design_effect=bound.design_effect,
        effective_n=bound.effective_n,
        batches=bound.batches,
        batch_s=bound.batch_s,
        rise=trend.rise if trend else 0.0,
        steady=trend is None or trend.steady,
    )


def _blocked(read: Sequence[tuple[SessionPlan, Measurement]], limit: float | None) -> BlockedBound | None:
    return blocked.blocked_bound(*_arrays(read), _edge(read, limit), confidence=CONFIDENCE) if read else None


def _edge(read: Sequence[tuple[SessionPlan, Measurement]], limit: float | None) -> float:
    """What counts as late: the limit, or without one what the latest twentieth of those that came exceed."""
    if limit is not None:
        return limit
    finite = [row.value for _, row in read if row.numerator is not None]
    return quantiles.point(finite, 0.95) if finite else 1.0


def _arrays(read: Sequence[tuple[SessionPlan, Measurement]]) -> tuple[Floats, Floats]:
    """Planned ends of speech in seconds, and values; a missing one is infinite."""
    ends = np.array([(one.start_ns + one.clip.words[-1].end_ns) / 1e9 for one, _ in read])
    return ends, np.array([row.value for _, row in read])


def _fraction(session: SessionPlan, row: Measurement) -> tuple[float, float]:
    if row.numerator is None or row.denominator <= 0:
        words = max(row.denominator, len(session.clip.words), 1)
        return words, words
    return row.numerator, row.denominator
