"""Since when: the last runs in the order of time, the line that matters most in each, and the moment it changed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from harness.model.baseline import Facts, PastRun
from harness.model.run import Record
from harness.model.verdict import Judgement, Outcome, Verdict
from harness.report import wording
from harness.report.facts import Standing
from harness.report.lines import closest_line, name
from harness.report.yesterday import changes, day, line_of, since_when


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """A run: how it ended, and what the followed line came to. No value: it was not judged, or not remembered."""

    day: str
    outcome: Outcome
    value: float | None = None
    bound: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Since:
    """Oldest first, this run last. `turn` is the first run of the present state, None where all are alike."""

    line: Verdict | None
    runs: tuple[Moment, ...]
    turn: int | None
    turned: str  # what was new in that run; empty where nothing that has a name
    text: str
    note: str
    alarming: bool

    @property
    def title(self) -> str:
        """Which figure is drawn."""
        if self.line is None or not self.drawn:
            return f"the last {wording.plural(len(self.runs), 'run')}"
        aggregate = f"{self.line.objective.aggregate} of " if wording.unit(self.line.objective) == "ms" else ""
        return f"{aggregate}{name(self.line)}, the last {wording.plural(len(self.runs), 'run')}"

    @property
    def drawn(self) -> bool:
        """Whether more than this run's figure is known."""
        return sum(run.value is not None for run in self.runs) > 1


def build(record: Record, judgement: Judgement, rows: Sequence[Standing]) -> Since | None:
    """None where no earlier run is known."""
    said = since_when(record, judgement)
    if said is None:
        return None
    line = followed(rows)
    now = Moment(
        day=day(record.manifest.began_utc),
        outcome=judgement.outcome,
        value=line.estimate.value if line else None,
        bound=line.bound if line else None,
    )
    runs = (*(_moment(run, line) for run in record.history), now)
    turn = _turn(runs)
    text, note, alarming = said
    return Since(
        line=line,
        runs=runs,
        turn=turn,
        turned=_turned(record, turn) if turn is not None else "",
        text=text,
        note=note,
        alarming=alarming,
    )


def followed(rows: Sequence[Standing]) -> Verdict | None:
    """The worst line that the verdict reads; where all hold, the one nearest to its limit."""
    counted = [row for row in rows if row.counted]
    if not counted:
        return None
    if counted[0].outcome is not Outcome.PASS:
        return counted[0].worst
    return closest_line([line for row in counted for line in row.counted]) or counted[0].worst


def _moment(run: PastRun, line: Verdict | None) -> Moment:
    told = line is not None and run.outcome is not Outcome.INVALID  # whose doing its figures are is not known
    past = line_of(run, line) if line and told else None
    return Moment(
        day=day(run.began_utc),
        outcome=run.outcome,
        value=past.value if past else None,
        bound=past.bound if past else None,
    )


def _turn(runs: Sequence[Moment]) -> int | None:
    passes = [run.outcome is Outcome.PASS for run in runs]
    others = [index for index, one in enumerate(passes) if one is not passes[-1]]
    return others[-1] + 1 if others else None


def _turned(record: Record, turn: int) -> str:
    """What the first run of the present state said of itself and the one before it did not."""
    last, identity, versions = record.history[turn - 1], *_said(record, turn)
    found = changes(last, identity, versions)
    return found[0] + (f" and {len(found) - 1} more" if len(found) > 1 else "") if found else ""


def _said(record: Record, index: int) -> tuple[Facts, Facts]:
    if index < len(record.history):
        return record.history[index].identity, record.history[index].versions
    return record.manifest.identity_before.facts, record.manifest.versions
