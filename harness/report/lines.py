"""A judged line in words: its value, its bound, its sessions, and what sets it apart."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from harness.model.scenario import Objective
from harness.model.verdict import Estimate, Outcome, Verdict
from harness.report import wording

_NOUNS = {"silence_words": "word", "early_words": "word", "error": "error"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A judged line as a row shows it; `baseline` is what the blessed run had there."""

    verdict: Verdict
    label: str
    value: str
    bound: str
    n: str
    note: str
    baseline: float | None = None

    @property
    def mark(self) -> str:
        return mark_of(self.verdict)


def describe(line: Verdict, *, level: str = "", baseline: float | None = None) -> Line:
    """`level` stands behind the bound, where not all objectives have the same confidence."""
    return Line(
        verdict=line,
        label=wording.slice_label(line.slice),
        value=value_text(line.objective, line.estimate.value),
        bound=bound_text(line) + level,
        n=_read(line.estimate),
        note=sessions_note(line.objective, line.estimate),
        baseline=baseline,
    )


def mark_of(line: Verdict) -> str:
    """The symbol of a line: that of its outcome, or of a known limit."""
    return "limit" if line.known_limit else line.outcome.value.lower()


def came_to(line: Verdict) -> str:
    """What a known limit came to: nobody waits for it to pass, so that is said in words."""
    return "passed this time" if line.outcome is Outcome.PASS else line.outcome.value


def sessions_note(objective: Objective, estimate: Estimate) -> str:
    """What stands beside n: `13 over, 1 never`."""
    said = ["pairs"] if objective.delta else []
    over = (estimate.violations or 0) - estimate.missing
    if over > 0 and objective.aggregate not in ("pooled", "sum"):
        noun = {"ms": "over"}.get(wording.unit(objective), "failed" if objective.metric == "error" else "with")
        said.append(f"{wording.count(over)} {'under' if objective.op in ('>=', '>') else noun}")
    if estimate.missing:
        said.append(f"{wording.count(estimate.missing)} never")
    if recordings := recordings_note(objective, estimate):
        said.append(recordings)
    return ", ".join(said)


def recordings_note(objective: Objective, estimate: Estimate) -> str:
    """A claim about other audio rests on recordings, not on sessions; empty for a claim about the list."""
    if objective.claim != "population" or estimate.units is None:
        return ""
    return wording.plural(estimate.units, "recording")


def value_text(objective: Objective, number: float | None) -> str:
    """The value with its unit; sums with their noun."""
    noun = _NOUNS.get(objective.metric)
    if number is not None and objective.aggregate in ("sum", "max") and noun:
        return f"{wording.count(number)}{wording.NNBSP}{noun if number == 1 else noun + 's'}"
    if objective.delta and number is not None:
        return wording.change(wording.unit(objective), number, objective.threshold)
    return wording.value(wording.unit(objective), number, objective.threshold)


def bound_text(line: Verdict) -> str:
    if line.estimate.n == 0 or not line.objective.has_bound:
        return "–"  # noqa: RUF001  typographic dash
    return "none" if line.bound is None else value_text(line.objective, line.bound)


def _read(estimate: Estimate) -> str:
    """`80`, or `76 of 80` where sessions were cut or never started."""
    n = wording.count(estimate.n)
    return f"{n} of {wording.count(estimate.n + estimate.unmeasured)}" if estimate.unmeasured else n


def name(line: Verdict) -> str:
    """The line in running text: `final in “noisy” and “music” at 8 kHz`."""
    text = wording.title(line.objective, line.slice)
    return text[0].lower() + text[1:]


def closest_line(lines: Iterable[Verdict]) -> Verdict | None:
    """The passing line whose bound comes nearest to its limit."""
    shares = [
        (abs((line.objective.threshold - line.bound) / line.objective.threshold), line)
        for line in lines
        if line.outcome is Outcome.PASS
        and line.objective.threshold
        and line.objective.has_bound
        and line.bound is not None
    ]
    return min(shares, key=lambda pair: pair[0])[1] if shares else None


def margin(line: Verdict) -> str:
    """`first partial at 8 kHz, bound 287 ms of 300 ms`."""
    return f"{name(line)}, bound {bound_text(line)} of {wording.limit(line.objective)}"
