"""The judge: a record and what was measured of it, to a verdict for every line and one for the run.

A pure function: the same record gives the same judgement, byte for byte. The only chance in it is the seeded draws of
the pooled bounds, and their seed stands in the manifest.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from harness.judge.compare import clip_changes
from harness.judge.counts import judge_counts
from harness.judge.delta import judge_delta
from harness.judge.evidence import Evidence, Ruling, gather
from harness.judge.exact import judge_exact
from harness.judge.findings import findings
from harness.judge.headline import headline
from harness.judge.levels import judge_levels, judge_pooled_levels
from harness.judge.lines import Line, gates, is_bounded, judged_lines
from harness.judge.pooled import judge_pooled
from harness.judge.validity import checks, cut
from harness.judge.wording import plural, sentence
from harness.model.run import Measured, Record
from harness.model.verdict import Check, Judgement, Outcome, Verdict

NO_CLAIM: Final = "The harness cannot vouch for this run, so this line makes no claim."


def judge(record: Record, measured: Measured) -> Judgement:
    """Every objective on every slice of the plan, whether the harness can vouch for it, and what it comes to."""
    lines = judged_lines(record.manifest)
    m = max(1, gates(lines))
    found = checks(record, measured)
    lacks = cut(record, measured)
    rulings = [vouched(cut_short(rule(one, record, m=m), lacks), found) for one in gather(lines, measured)]
    verdicts = tuple(_verdict(line, ruling) for line, ruling in zip(lines, rulings, strict=True))
    deciding = [verdict for line, verdict in zip(lines, verdicts, strict=True) if line.gating]
    outcome = _worst(deciding, found)
    notes = [(verdict, note) for verdict, ruling in zip(verdicts, rulings, strict=True) for note in ruling.notes]
    return Judgement(
        outcome=outcome,
        headline=headline(outcome, deciding, found, lacks),
        verdicts=verdicts,
        checks=found,
        findings=findings(record, measured, verdicts, notes),
        changes=clip_changes(record, measured),
    )


def rule(evidence: Evidence, record: Record, *, m: int) -> Ruling:
    """What one line's sessions say; `m` lines share the error of FAIL."""
    objective = evidence.objective
    if evidence.n == 0:
        return _nothing(evidence)
    if objective.delta:
        return judge_delta(evidence, record, m=m)
    if not is_bounded(objective):
        return judge_exact(evidence)
    staged, seed = bool(record.manifest.plan.stages), record.manifest.bound_seed
    if objective.aggregate == "pooled":
        judge_ratio = judge_pooled_levels if staged else judge_pooled
        return judge_ratio(evidence, m=m, seed=seed)
    return judge_levels(evidence, m=m) if staged else judge_counts(evidence, m=m)


def _nothing(evidence: Evidence) -> Ruling:
    why = "nothing was measured"
    if not evidence.line.sessions:
        why += ": this run's plan has no session for it"
    elif evidence.unmeasured:
        planned = plural(len(evidence.line.sessions), "planned session")
        why += f": {evidence.unmeasured} of {planned} were cut or never started"
    return Ruling(outcome=Outcome.INCONCLUSIVE, estimate=evidence.estimate(), reason=sentence(why))


def cut_short(ruling: Ruling, lacks: str) -> Ruling:
    """A cut run never shows that something holds: the sessions it lacks may be the bad ones."""
    if not lacks or ruling.outcome is not Outcome.PASS:
        return ruling
    return replace(ruling, outcome=Outcome.INCONCLUSIVE, reason=sentence(lacks, "leaning good"), leaning="good")


def vouched(ruling: Ruling, found: tuple[Check, ...]) -> Ruling:
    """A line of a run that the harness cannot vouch for makes no claim."""
    if all(check.clear for check in found):
        return ruling
    return replace(ruling, outcome=Outcome.INVALID, reason=NO_CLAIM)


def _verdict(line: Line, ruling: Ruling) -> Verdict:
    """Advice is for INCONCLUSIVE lines only."""
    inconclusive = ruling.outcome is Outcome.INCONCLUSIVE
    return Verdict(
        objective=line.objective,
        slice=line.slice,
        outcome=ruling.outcome,
        estimate=ruling.estimate,
        reason=ruling.reason,
        leaning=ruling.leaning if inconclusive else "",
        fresh_n=ruling.fresh_n if inconclusive else None,
        known_limit=line.known_limit,
    )


def _worst(deciding: list[Verdict], found: tuple[Check, ...]) -> Outcome:
    """A run in which no line decides has shown nothing; it does not PASS."""
    if not all(check.clear for check in found):
        return Outcome.INVALID
    outcomes = [verdict.outcome for verdict in deciding] or [Outcome.INCONCLUSIVE]
    return max(outcomes, key=lambda outcome: outcome.severity)
