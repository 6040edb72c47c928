"""Which session of a run is compared with which of an earlier one: the same clip, repeat and audio, in order."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from harness.model.baseline import Baseline, BlessedSession, PastMistake, Reading, played
from harness.model.measurement import Measurement
from harness.model.plan import SessionPlan
from harness.model.run import Manifest, Measured, Record


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """A session with its reading, now and then."""

    session: SessionPlan
    new: Measurement
    old: Reading


@dataclass(frozen=True, slots=True, kw_only=True)
class Pairing:
    """One metric of two runs, pair by pair in the new plan's order, and the sessions that have no partner."""

    pairs: tuple[Pair, ...]
    only_new: tuple[str, ...]
    only_old: tuple[str, ...]


def incomparable(baseline: Baseline, manifest: Manifest) -> str:
    """Why nothing of it can be compared; empty where it can."""
    if baseline.driver != manifest.driver:
        return f"the blessed baseline came through the {baseline.driver} driver, this run through {manifest.driver}"
    if baseline.normaliser != manifest.normaliser:
        return f"the blessed baseline was measured with {baseline.normaliser}, this run with {manifest.normaliser}"
    return ""


def pair(
    metric: str,
    now: Iterable[tuple[SessionPlan, Measurement]],
    then: Iterable[BlessedSession],
) -> Pairing:
    """Pair what was measured of a metric; sessions to which it does not apply have no row and are in neither list."""
    waiting: defaultdict[tuple[str, int, str, float], list[tuple[BlessedSession, Reading]]] = defaultdict(list)
    for blessed in then:
        for reading in blessed.readings:
            if reading.metric == metric:
                words = reading.denominator if metric == "wer" else 0.0  # another normaliser: other words
                waiting[blessed.clip, blessed.repeat, blessed.played, words].append((blessed, reading))
    pairs, alone = [], []
    digests: dict[tuple[str, int, int], str] = {}
    for session, row in now:
        words = row.denominator if metric == "wer" else 0.0
        partners = waiting[session.clip.key, session.repeat, _digest(session, digests), words]
        if partners:
            pairs.append(Pair(session=session, new=row, old=partners.pop(0)[1]))
        else:
            alone.append(session.session_id)
    left = [blessed.session_id for partners in waiting.values() for blessed, _ in partners]
    return Pairing(pairs=tuple(pairs), only_new=tuple(alone), only_old=tuple(sorted(left)))


def _digest(session: SessionPlan, known: dict[tuple[str, int, int], str]) -> str:
    """`played`, worked out once for all repeats of a clip."""
    same = (session.clip.key, session.frame_ns, session.spoken_ns)
    if same not in known:
        known[same] = played(session)
    return known[same]


def rows_of(record: Record, measured: Measured, metric: str) -> list[tuple[SessionPlan, Measurement]]:
    """A run's counted sessions that have a row of the metric, in plan order."""
    rows = {row.session_id: row for row in measured.measurements if row.metric == metric}
    return [(plan, rows[plan.session_id]) for plan in record.manifest.plan.counted if plan.session_id in rows]


def remembered(record: Record, measured: Measured) -> tuple[BlessedSession, ...]:
    """A run's measured sessions as a later run can pair with them."""
    outcomes = {one.session_id: one.outcome for one in measured.outcomes if one.measured}
    readings: defaultdict[str, list[Reading]] = defaultdict(list)
    for row in measured.measurements:
        readings[row.session_id].append(
            Reading(metric=row.metric, numerator=row.numerator, denominator=row.denominator)
        )
    mistakes: defaultdict[str, list[PastMistake]] = defaultdict(list)
    for one in measured.mistakes:
        wrong = PastMistake(kind=one.kind, at=one.at, reference=one.reference, heard=one.heard)
        mistakes[one.session_id].append(wrong)
    return tuple(
        BlessedSession(
            session_id=session.session_id,
            clip=session.clip.key,
            repeat=session.repeat,
            played=played(session),
            keys=tuple(sorted(session.keys().items())),
            outcome=outcomes[session.session_id],
            readings=tuple(readings[session.session_id]),
            mistakes=tuple(mistakes[session.session_id]),
        )
        for session in record.manifest.plan.counted
        if session.session_id in outcomes
    )
