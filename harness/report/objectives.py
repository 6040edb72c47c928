"""The objectives: one row each, one judged line a slice, worst first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from harness.model.run import Record
from harness.model.scenario import Objective
from harness.model.verdict import Estimate, Judgement, Outcome, Verdict
from harness.report import wording
from harness.report.facts import Standing

_SHORT_PART = 9
_DELTA = (
    "delta: this run minus the baseline, pair by pair; latency as the Hodges–Lehmann shift of the typical session with "  # noqa: RUF001  two names
    "Wilcoxon bounds, word errors by the paired Dirichlet bound; it speaks for these two runs and their minutes"
)
_NOUNS = {"silence_words": "word", "early_words": "word", "error": "error"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A judged line in words."""

    verdict: Verdict
    label: str
    value: str
    bound: str
    n: str
    note: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """An objective in words."""

    standing: Standing
    tags: tuple[str, ...]
    lines: tuple[Line, ...]
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Objectives:
    heading: str
    lede: str
    bound_head: str
    long_parts: bool  # names of clips need more room than rates
    rows: tuple[Row, ...]
    footnote: str


def build(record: Record, judgement: Judgement, rows: Sequence[Standing]) -> Objectives | None:
    """None where nothing was judged."""
    if not rows:
        return None
    levels = {row.objective.confidence for row in rows}
    head = f"{wording.bare_percent(levels.pop())} bound" if len(levels) == 1 else "bound"
    return Objectives(
        heading=heading(judgement, rows),
        lede=_lede(judgement, rows),
        bound_head=head,
        long_parts=any(len(wording.slice_label(line.slice)) > _SHORT_PART for row in rows for line in row.lines),
        rows=tuple(_row(row, judgement, own_level=head == "bound") for row in rows),
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


def sessions_note(objective: Objective, estimate: Estimate) -> str:
    """What stands beside n: `13 over, 1 never`."""
    said = ["pairs"] if objective.delta else []
    over = (estimate.violations or 0) - estimate.missing
    if over > 0 and objective.aggregate not in ("pooled", "sum"):
        noun = {"ms": "over"}.get(wording.unit(objective), "failed" if objective.metric == "error" else "with")
        said.append(f"{wording.count(over)} {'under' if objective.op in ('>=', '>') else noun}")
    if estimate.missing:
        said.append(f"{wording.count(estimate.missing)} never")
    if objective.claim == "population" and estimate.units is not None:
        said.append(wording.plural(estimate.units, "recording"))
    return ", ".join(said)


def _read(estimate: Estimate) -> str:
    """`80`, or `76 of 80` where sessions were cut or never started."""
    n = wording.count(estimate.n)
    return f"{n} of {wording.count(estimate.n + estimate.unmeasured)}" if estimate.unmeasured else n


def value_text(objective: Objective, number: float | None) -> str:
    """The value with its unit; sums with their noun."""
    noun = _NOUNS.get(objective.metric)
    if number is not None and objective.aggregate in ("sum", "max") and noun:
        return f"{wording.count(number)}{wording.NNBSP}{noun if number == 1 else noun + 's'}"
    if objective.delta and number is not None:
        return wording.change(wording.unit(objective), number, objective.threshold)
    return wording.value(wording.unit(objective), number, objective.threshold)


def reading(line: Verdict) -> float | None:
    """The bound that certifies the line: the upper one for an upper limit."""
    return line.estimate.low if line.objective.op in (">=", ">") else line.estimate.high


def bound_text(line: Verdict) -> str:
    if line.estimate.n == 0 or not line.objective.has_bound:
        return "–"  # noqa: RUF001  typographic dash
    bound = reading(line)
    return "none" if bound is None else value_text(line.objective, bound)


def _row(row: Standing, judgement: Judgement, *, own_level: bool) -> Row:
    several = len(row.lines) > 1
    level = f" ({wording.bare_percent(row.objective.confidence)})" if own_level and row.objective.has_bound else ""
    return Row(
        standing=row,
        tags=_tags(row),
        lines=tuple(
            Line(
                verdict=line,
                label=wording.slice_label(line.slice),
                value=value_text(line.objective, line.estimate.value),
                bound=bound_text(line) + level,
                n=_read(line.estimate),
                note=sessions_note(line.objective, line.estimate),
            )
            for line in row.lines
        ),
        reasons=tuple(_reason(line, several=several) for line in row.lines if _needs_reason(line, judgement)),
    )


def _tags(row: Standing) -> tuple[str, ...]:
    advisory = ("advisory",) if not row.objective.gate else ()
    return advisory + (("known limit",) if any(line.known_limit for line in row.lines) else ())


def _needs_reason(line: Verdict, judgement: Judgement) -> bool:
    """What the banner already says of the whole run is not repeated in every row."""
    if line.known_limit:
        return True
    return line.outcome is not Outcome.PASS and line.reason.strip(". ") != judgement.headline.strip(". ")


def _reason(line: Verdict, *, several: bool) -> str:
    label = wording.slice_label(line.slice)
    text = wording.sentence(line.reason)
    if line.known_limit:
        text += f" Known limit, left out of the run’s verdict: {wording.sentence(line.known_limit)}"  # noqa: RUF001
    return f"{label}: {text}" if several and label and not text.startswith(label) else text


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
    if "rate" in aggregates:
        said.append("rates: Clopper–Pearson")  # noqa: RUF001  two names
    if "pooled" in aggregates:
        said.append(f"pooled: Dirichlet bound with one phantom unit, 10,000 draws, seed {record.manifest.bound_seed}")
    if any(row.objective.delta for row in rows):
        said.append(_DELTA)
    if aggregates & {"max", "sum"}:
        said.append("a sum or a maximum states what this run showed and has no bound")
    return wording.joined(said)
