"""The objectives: one row each, one judged line a slice, worst first."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from harness.model.run import Record
from harness.model.verdict import Judgement, Outcome, Verdict
from harness.report import wording
from harness.report.facts import Standing, badness
from harness.report.lines import Line, came_to, describe, mark_of
from harness.report.svg import text_width
from harness.report.yesterday import blessed_value

_BESIDE_PX = 60  # labels of slices that fit beside the objective's name; longer ones stand under it
_SHOWN, _SLACK = 8, 2  # lines of an objective that are not folded; nobody folds one or two
_NAMED = 4  # slices that share a reason
_DELTA = (
    "delta: this run minus the baseline, pair by pair; latency as the Hodges–Lehmann shift of the typical session with "  # noqa: RUF001  two names
    "Wilcoxon bounds, word errors by the paired Dirichlet bound; it speaks for these two runs and their minutes"
)
_BLOCKED = (
    "sessions at once share slow moments, so quantiles and rates rest on n*, the independent sessions they are worth "
    "(blocked Clopper–Pearson bound, Korn and Graubard 1998)"  # noqa: RUF001  two names
)
_POPULATION = (
    "a claim on other audio like it rests on independent recordings: repeats and degraded copies of one are one unit"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """Why lines are what they are. `known`: a known limit's."""

    text: str
    known: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """An objective in words. `folded` lines are the better ones of too many to show at once."""

    standing: Standing
    tags: tuple[str, ...]
    lines: tuple[Line, ...]
    reasons: tuple[Reason, ...]
    folded: tuple[Line, ...] = ()
    folded_said: str = ""

    @property
    def mark(self) -> str:
        return "limit" if self.standing.aside else self.standing.outcome.value.lower()

    @property
    def word(self) -> str:
        return "KNOWN LIMIT" if self.standing.aside else self.standing.outcome.value

    @property
    def beside(self) -> str:
        """What stands under the word: how a known limit came out, or how many lines are one."""
        if self.standing.aside:
            outcomes = {came_to(line) for line in self.standing.lines}
            return f"{wording.listed(sorted(outcomes))}, left out"
        known = sum(bool(line.known_limit) for line in self.standing.lines)
        return wording.plural(known, "known limit") if known else ""

    @property
    def ground(self) -> str:
        """The colour it stands on: none for what the run's verdict leaves out, unless it is a known limit."""
        return self.mark if self.standing.counted or self.standing.aside else "aside"

    @property
    def stacked(self) -> bool:
        """The lines stand under the objective's name, because theirs need its room."""
        return any(text_width(line.label, 13) > _BESIDE_PX for line in (*self.lines, *self.folded))


@dataclass(frozen=True, slots=True, kw_only=True)
class Objectives:
    heading: str
    lede: str
    bound_head: str
    baseline: str  # the run whose values stand beside; empty where there are none
    rows: tuple[Row, ...]
    footnote: str


def build(record: Record, judgement: Judgement, rows: Sequence[Standing]) -> Objectives | None:
    """None where nothing was judged."""
    if not rows:
        return None
    levels = {row.objective.confidence for row in rows}
    head = f"{wording.bare_percent(levels.pop())} bound" if len(levels) == 1 else "bound"
    made = tuple(_row(record, row, judgement, own_level=head == "bound") for row in rows)
    compared = any(line.baseline is not None for row in made for line in (*row.lines, *row.folded))
    return Objectives(
        heading=heading(judgement, rows),
        lede=_lede(judgement, rows),
        bound_head=head,
        baseline=record.baseline.run.run_id if record.baseline and compared else "",
        rows=made,
        footnote=_footnote(record, rows),
    )


def heading(judgement: Judgement, rows: Sequence[Standing]) -> str:
    """`One objective fails, one lacks evidence, six hold`."""
    counted = [row for row in rows if row.counted]
    said: list[str] = []
    verbs = {Outcome.FAIL: ("fails", "fail"), Outcome.INCONCLUSIVE: ("lacks evidence", "lack evidence")}
    for outcome, (one, many) in {**verbs, Outcome.PASS: ("holds", "hold")}.items():
        number = sum(row.outcome is outcome for row in counted)
        if number:
            noun = (" objective" if number == 1 else " objectives") if not said else ""
            said.append(f"{wording.number_word(number)}{noun} {one if number == 1 else many}")
    text = ", ".join(said) or "no objective decides the run"
    if judgement.outcome is Outcome.INVALID:
        return f"Not to be relied on, the run is INVALID{f': {text}' if said else ''}"
    return text[0].upper() + text[1:]


def _row(record: Record, row: Standing, judgement: Judgement, *, own_level: bool) -> Row:
    level = f" ({wording.bare_percent(row.objective.confidence)})" if own_level and row.objective.has_bound else ""
    shown, folded = _fold(row.lines)
    return Row(
        standing=row,
        tags=_tags(row),
        lines=tuple(describe(line, level=level, baseline=blessed_value(record, line)) for line in shown),
        reasons=_reasons(shown, judgement, several=len(row.lines) > 1),
        folded=tuple(describe(line, level=level, baseline=blessed_value(record, line)) for line in folded),
        folded_said=_counts(folded),
    )


def _fold(lines: Sequence[Verdict]) -> tuple[Sequence[Verdict], Sequence[Verdict]]:
    """Few lines as they are; of many the worst, then the rest, both worst first."""
    if len(lines) <= _SHOWN + _SLACK:
        return lines, ()
    order = sorted(lines, key=_weight, reverse=True)
    return order[:_SHOWN], order[_SHOWN:]


def _weight(line: Verdict) -> tuple[float, bool, float, float]:
    """A known limit weighs more than what holds, and less than what does not."""
    severity, leaning, share = badness(line)
    value = line.estimate.value
    nearness = 0.0 if value is None else -value if line.objective.op in (">=", ">") else value
    return (min(severity, 0.5) if line.known_limit else severity, leaning, share, nearness)


def _counts(lines: Sequence[Verdict]) -> str:
    """`76 more lines, worst first: 4 INCONCLUSIVE, 72 PASS`."""
    if not lines:
        return ""
    counts = Counter(mark_of(line) for line in lines)
    words = [*sorted(Outcome, key=lambda outcome: -outcome.severity)]
    said = [f"{wording.count(n)} {word.value}" for word in words if (n := counts[word.value.lower()])]
    said += [wording.plural(counts["limit"], "known limit")] if counts["limit"] else []
    return f"{wording.plural(len(lines), 'more line')}, worst first: {', '.join(said)}"


def _tags(row: Standing) -> tuple[str, ...]:
    advisory = ("advisory",) if not row.objective.gate else ()
    return advisory + (("other audio like it",) if row.objective.claim == "population" else ())


def _reasons(lines: Sequence[Verdict], judgement: Judgement, *, several: bool) -> tuple[Reason, ...]:
    """What several lines have in common is said once, without their counts: those stand in their columns."""
    alike: dict[tuple[str, bool], list[Verdict]] = {}
    for line in lines:
        if _needs_reason(line, judgement):
            undecided = line.outcome is Outcome.INCONCLUSIVE and not line.known_limit
            tail = line.reason.partition("; ")[2] if undecided else ""
            alike.setdefault((tail or line.reason, bool(line.known_limit)), []).append(line)
    found: dict[Reason, list[str]] = {}
    for (tail, _), group in alike.items():
        same = len({line.reason for line in group}) == 1
        for line in group:
            reason = _reason(line) if same else Reason(text=wording.sentence(tail), known=False)
            found.setdefault(reason, []).append(wording.slice_label(line.slice))
    if not several:
        return tuple(found)
    return tuple(Reason(text=_labelled(reason.text, of), known=reason.known) for reason, of in found.items())


def _labelled(text: str, labels: Sequence[str]) -> str:
    more, between = len(labels) - _NAMED, "; " if any("," in label for label in labels) else ", "
    label = f"{between.join(labels[:_NAMED])} and {more} more" if more > 0 else wording.listed(labels, between=between)
    if not label or text.startswith(label):
        return text
    return f"{label}: {text}"


def _needs_reason(line: Verdict, judgement: Judgement) -> bool:
    """What the banner already says of the whole run is not repeated in every row."""
    if line.known_limit:
        return True
    return line.outcome is not Outcome.PASS and line.reason.strip(". ") != judgement.headline.strip(". ")


def _reason(line: Verdict) -> Reason:
    text = wording.sentence(line.reason)
    if line.known_limit:
        text = (
            f"Known limit, {came_to(line)}. {text} Left out of the run’s verdict: {wording.sentence(line.known_limit)}"  # noqa: RUF001
        )
    return Reason(text=text, known=bool(line.known_limit))


def _lede(judgement: Judgement, rows: Sequence[Standing]) -> str:
    if judgement.outcome is Outcome.INVALID:
        return "The figures are what was seen, and whose doing they are is not known."
    lines = sum(len(row.counted) for row in rows)
    said = [
        f"{wording.plural(lines, 'judged line')} decide the run" if lines != 1 else "One judged line decides the run"
    ]
    if advisory := [row for row in rows if not row.objective.gate]:
        said.append(f"{wording.plural(len(advisory), 'advisory objective')} beside them")
    if known := sum(bool(line.known_limit) for row in rows for line in row.lines):
        said.append(f"{wording.plural(known, 'line')} left out as a known limit of this target")
    return wording.sentence("; ".join(said))


def _footnote(record: Record, rows: Sequence[Standing]) -> str:
    aggregates = {row.objective.aggregate for row in rows if not row.objective.delta}
    said = []
    if any(row.objective.per for row in rows):
        keys = sorted({key for row in rows for key in row.objective.per})
        said.append(f"an objective “per {wording.listed(keys, 'or')}” is judged at each; the worst is its verdict")
    if any(row.objective.has_bound for row in rows):
        said.append("bars run from the lower to the upper one-sided bound; the verdict reads the heavy tick")
    if aggregates & {"p50", "p95", "p99"}:
        said.append("quantiles: exact order statistics; a session without a value counts as ∞")
    if record.manifest.plan.stages and aggregates & {"p50", "p95", "p99", "rate"}:
        said.append(_BLOCKED)
    elif "rate" in aggregates:
        said.append("rates: Clopper–Pearson")  # noqa: RUF001  two names
    if "pooled" in aggregates:
        said.append(f"pooled: Dirichlet bound with one phantom unit, 10,000 draws, seed {record.manifest.bound_seed}")
    if any(row.objective.claim == "population" for row in rows):
        said.append(_POPULATION)
    if any(row.objective.delta for row in rows):
        said.append(_DELTA)
    if aggregates & {"max", "sum"}:
        said.append("a sum or a maximum states what this run showed and has no bound")
    return wording.joined(said)
