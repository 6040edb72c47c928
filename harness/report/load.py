"""The section on load: what each level came to, how the run went, and what the harness itself did meanwhile."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from harness.model.capacity import Capacity
from harness.model.load import Engine, LevelRow, LoadFacts
from harness.model.run import Record
from harness.model.verdict import Outcome
from harness.report import capacity_facts, ladder, load_table, overload, tracks, wording
from harness.report.banner import Fact
from harness.report.ladder import Ladder
from harness.report.load_table import Table
from harness.report.overload import Beyond
from harness.report.tracks import Tracks

_SAYS = {
    Outcome.PASS: ("holds", "hold"),
    Outcome.FAIL: ("fails", "fail"),
    Outcome.INCONCLUSIVE: ("is not decided", "are not decided"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineRow:
    """One of the harness's own engines, at its worst."""

    source: str
    sessions: str
    lag: str
    busy: str
    waiting: str
    ticks: str
    worst: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """`answer` is the certified number with its facts, of a run that was planned to certify one."""

    heading: str
    lede: str
    warnings: tuple[str, ...]  # levels that nobody can vouch for
    ladder: Ladder | None
    answer: str
    facts: tuple[Fact, ...]
    table: Table
    beyond: Beyond | None  # of a run with stages beyond what the target carries
    tracks: Tracks
    engines: tuple[EngineRow, ...]
    notes: tuple[str, ...]


def build(record: Record, facts: LoadFacts | None) -> Load | None:
    """None for a run without stages."""
    if facts is None:
        return None
    levels, capacity, late_ms = facts.levels, facts.capacity, record.manifest.scenario.limits.tick_late_ms
    course, warnings = tracks.build(facts.course, levels, late_ms), tuple(_warnings(levels.rows))
    return Load(
        heading=_heading(levels.rows, capacity),
        lede=_lede(record, levels.rows),
        warnings=warnings,
        ladder=ladder.of_table(levels, capacity, None if warnings else facts.knee),
        answer=capacity_facts.answer(capacity) if capacity else "",
        facts=capacity_facts.build(capacity, facts.cost) if capacity else (),
        table=load_table.build(levels, late_ms),
        beyond=overload.build(facts.overload) if facts.overload else None,
        tracks=course,
        engines=tuple(map(_engine, facts.course.engines)),
        notes=tuple(_notes(facts, course)),
    )


def _heading(rows: Sequence[LevelRow], capacity: Capacity | None) -> str:
    """What is certified; else how the judged levels stand; else what was tried."""
    invalid = [row for row in rows if row.outcome is Outcome.INVALID]
    if invalid:
        return f"Not to be relied on: the harness cannot vouch for {_levels(invalid)} sessions at once"
    if capacity is not None:
        return wording.fine(capacity.headline).rstrip(".")
    judged = [row for row in rows if row.outcome is not None and row.steady_level]
    groups = {outcome: [row for row in judged if row.outcome is outcome] for outcome in _SAYS}
    said = [(_levels(found), _SAYS[outcome][len(found) > 1]) for outcome, found in groups.items() if found]
    if not said:
        return _tried(rows)
    return "; ".join(f"{who}{' sessions at once' if at == 0 else ''} {does}" for at, (who, does) in enumerate(said))


def _levels(rows: Sequence[LevelRow]) -> str:
    return wording.listed(wording.count(row.level) for row in rows)


def _tried(rows: Sequence[LevelRow]) -> str:
    low, high = rows[0].level, rows[-1].level
    span = wording.count(low) if low == high else f"From {wording.count(low)} to {wording.count(high)}"
    judged = any(row.outcome for row in rows)
    return f"{span} sessions at once" + ("" if judged else "; no level was judged by itself")


def _lede(record: Record, rows: Sequence[LevelRow]) -> str:
    plan = record.manifest.plan
    warm = len(plan.sessions) - len(plan.counted)
    visits = sorted({row.visits for row in rows})
    each = f"{wording.number_word(visits[0])} visits each" if visits[0] == visits[-1] > 1 else ""
    said = [wording.plural(len(plan.counted), "counted session"), wording.plural(len(rows), "level"), each]
    sent = f" {wording.plural(warm, 'warm-up session')} more were sent and are not counted." if warm else ""
    return f"{', '.join(one for one in said if one)}, all paced in real time; n was settled before the run.{sent}"


def _warnings(rows: Sequence[LevelRow]) -> Iterator[str]:
    """Levels that share a reason share a sentence: most often one is the cause, and the run's verdict that of all."""
    reasons: dict[str, list[LevelRow]] = {}
    for row in rows:
        if row.outcome is Outcome.INVALID:
            reasons.setdefault(row.reason, []).append(row)
    for reason, found in reasons.items():
        yield f"INVALID at {_levels(found)} sessions at once: {wording.fine(reason)}"


def _engine(one: Engine) -> EngineRow:
    worst = "none" if one.tick_late_ms is None else wording.milliseconds(one.tick_late_ms)
    return EngineRow(
        source=one.source,
        sessions=wording.NOT_MEASURED if one.sessions is None else wording.count(one.sessions),
        lag=wording.NOT_MEASURED if one.send_lag_p99_us is None else wording.milliseconds(one.send_lag_p99_us / 1000),
        busy=_percent(one.busy_percent),
        waiting=_percent(one.waiting_percent),
        ticks=wording.count(one.late_ticks),
        worst=worst,
    )


def _percent(value: float | None) -> str:
    return wording.NOT_MEASURED if value is None else wording.percent(value / 100)


def _notes(facts: LoadFacts, course: Tracks) -> Iterator[str]:
    yield (
        "Whiskers and the small figures are one-sided 95 % bounds. Sessions at once share slow moments, so from "
        "300 sessions on the bounds rest on n*, the independent sessions they are worth: the design effect d says by "
        "how much batches of time differ more than chance would have it. Fewer sessions have the plain bound, which "
        "does not know of that. A session without an answer counts as ∞; a dotted line leads there. "
        "An open arrow: so few sessions have no bound."
    )
    yield (
        "RTFx is seconds of audio a second. Under real-time pacing it is the concurrency that was reached, not a "
        "speed: it stays below the level where sessions pause, wait to open or fail."
    )
    if _estimate(facts) is not None:
        yield (
            "The diamond is the saturation point: where the share of violations, fitted to rise with the level (PAVA), "
            "reaches what the objective allows. It is an estimate and no verdict."
        )
    if facts.cost is None and facts.capacity is not None and facts.capacity.certified is None:
        yield "No cost of an hour of audio is given: no level is certified."
    if course.left_out:
        yield f"Read meanwhile and not drawn: {', '.join(course.left_out)}; they stand in the run’s folder."  # noqa: RUF001


def _estimate(facts: LoadFacts) -> float | None:
    if facts.capacity is not None:
        return facts.capacity.estimate
    return facts.knee.level if facts.knee is not None and not facts.knee.beyond else None
