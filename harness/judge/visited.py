"""What a run showed of one load level, at the confidence that one end of a capacity takes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final

from harness.judge.counts import violations
from harness.judge.evidence import Evidence, Ruling, gather
from harness.judge.exact import must_be_zero
from harness.judge.lines import Line, gates, is_bounded, judged_lines
from harness.judge.sequence import level_outcome
from harness.judge.slo import cut_short, rule, vouched
from harness.judge.validity import cut, too_many
from harness.judge.wording import of_sessions, sentence
from harness.model.capacity import Level, LevelLine, VisitEstimate
from harness.model.plan import Plan, Stage
from harness.model.run import Measured, Record
from harness.model.verdict import Judgement, Outcome
from harness.stats.binomial import shared_confidence

ENDS: Final = 2  # of the interval [certified, refuted): each takes half of the error that the whole may make
_NS_PER_S: Final = 1e9


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A run of a campaign, with what was measured and judged of it."""

    record: Record
    measured: Measured
    judgement: Judgement

    @property
    def plan(self) -> Plan:
        return self.record.manifest.plan

    @property
    def valid(self) -> bool:
        return self.judgement.outcome is not Outcome.INVALID

    @property
    def lacks(self) -> str:
        """What a cut run lacks; empty for a whole one."""
        return cut(self.record, self.measured)

    def steady_s(self, level: int) -> float:
        """How long the level was observed after its warm-ups, over all visits."""
        return sum(stage.until_ns - stage.steady_ns for stage in self.visits(level)) / _NS_PER_S

    def visits(self, level: int) -> tuple[Stage, ...]:
        """What a spike does to it, and how it recovers, is no visit to the level."""
        return tuple(one for one in self.plan.stages if one.level == level and one.kind == "level")


def visited_levels(part: Part) -> tuple[Level, ...]:
    """The levels that the plan meant to certify, in rising order."""
    lines = judged_lines(part.record.manifest)
    levels = sorted({stage.level for stage in part.plan.stages if stage.kind == "level"})
    return tuple(_level(part, level, [line for line in lines if _is_at(line, level)]) for level in levels)


def _level(part: Part, level: int, lines: list[Line]) -> Level:
    held = tuple(_at_side_confidence(line) for line in lines)
    told = tuple(_told(part, held))
    planned = {one.session_id for one in part.plan.counted if one.level == level}
    ended = [one.outcome for one in part.measured.outcomes if one.measured and one.session_id in planned]
    late = _late(part, planned)
    return Level(
        level=level,
        visits=len(part.visits(level)),
        sessions=len(ended),
        ok=ended.count("ok"),
        steady_s=part.steady_s(level),
        outcome=Outcome.INVALID
        if late
        else level_outcome((line.outcome, _refutes(line)) for line in told if line.gating),
        lines=told,
        reason=late or _reason(told),
    )


def _late(part: Part, planned: set[str]) -> str:
    """Why the harness cannot vouch for the level, though it can for the run: each level is a claim of its own."""
    ran = [one for one in part.measured.outcomes if one.session_id in planned]
    disturbed = sum(bool(one.disturbed) for one in ran)
    if too_many(disturbed, len(ran), part.record.manifest.scenario.limits.disturbed_share):
        return sentence(f"the harness was late for {of_sessions(disturbed, len(ran))}")
    return ""


def _is_at(line: Line, level: int) -> bool:
    return {session.level for session in line.sessions} == {level}


def _at_side_confidence(line: Line) -> Line:
    side = shared_confidence(line.objective.confidence, ENDS)
    return replace(line, objective=replace(line.objective, confidence=side))


def _told(part: Part, lines: tuple[Line, ...]) -> Iterator[LevelLine]:
    m, lacks = max(1, gates(lines)), part.lacks
    for evidence in gather(lines, part.measured):
        ruling = vouched(cut_short(rule(evidence, part.record, m=m), lacks), part.judgement.checks)
        yield _line(evidence, ruling, _visits(evidence, part.plan, counts=ruling.weighed is not None))


def _line(evidence: Evidence, ruling: Ruling, visits: tuple[VisitEstimate, ...]) -> LevelLine:
    weighed = ruling.weighed
    return LevelLine(
        objective=evidence.objective,
        slice=evidence.line.slice,
        gating=evidence.line.gating,
        outcome=ruling.outcome,
        estimate=ruling.estimate,
        blocked=None if weighed is None else weighed.blocked,
        steady=weighed is None or weighed.steady,
        visits=visits,
        reason=ruling.reason,
    )


def _visits(evidence: Evidence, plan: Plan, *, counts: bool) -> tuple[VisitEstimate, ...]:
    visit_of = {stage.stage_id: stage.visit for stage in plan.stages}
    ids: dict[int, set[str]] = {}
    for session in evidence.line.sessions:
        ids.setdefault(visit_of[session.stage], set()).add(session.session_id)
    return tuple(_visit(visit, evidence.within(ids[visit]), counts=counts) for visit in sorted(ids))


def _visit(visit: int, part: Evidence, *, counts: bool) -> VisitEstimate:
    return VisitEstimate(
        visit=visit,
        n=part.n,
        violations=violations(part) if counts else None,
        value=part.value() if part.n else None,
    )


def _refutes(line: LevelLine) -> bool:
    return is_bounded(line.objective) or must_be_zero(line.objective)


def _reason(lines: tuple[LevelLine, ...]) -> str:
    """Of the gating line that is furthest from holding; the closest one where all hold."""
    gating = [line for line in lines if line.gating]
    if not gating:
        return "No objective that decides reads this level."
    return max(gating, key=lambda line: (line.outcome.severity, _nearness(line))).reason


def _nearness(line: LevelLine) -> float:
    """How far the violating share's bound has come towards what is allowed; 1 is there."""
    return 0.0 if line.blocked is None else line.blocked.high / line.blocked.allowed
