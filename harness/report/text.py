"""The terminal's ten lines: the same verdict as the page, the worst first, what passes folded into one."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import PurePath

from harness.model.run import Record
from harness.model.verdict import Judgement, Outcome, Verdict
from harness.report import wording
from harness.report.banner import warnings
from harness.report.facts import Standing, standings
from harness.report.lines import bound_text, came_to, closest_line, margin, name, sessions_note, value_text

SYMBOLS = {Outcome.PASS: "✓", Outcome.FAIL: "✕", Outcome.INCONCLUSIVE: "?", Outcome.INVALID: "⊘"}
_COLOURS = {Outcome.PASS: "32", Outcome.FAIL: "31", Outcome.INCONCLUSIVE: "33", Outcome.INVALID: "35"}
_KNOWN, _KNOWN_COLOUR = "⊟ KNOWN LIMIT", "34"
# Of ten lines: header, blank, these, what is folded, blank, headline, paths; known limits, a warning and the words
# take the place of one each.
_MOST_LINES = 4
_WIDTHS = (14, 40, 12, 11, 6)
_WIDEST = 64  # the names of slices may be long
_NAMED = 2  # known limits


def summary(record: Record, judgement: Judgement, report_path: str | PurePath, colour: bool, words: str = "") -> str:
    """At most ten lines. Colour is the caller's to decide: only where it is a terminal and NO_COLOR is unset.

    `words` is a line of its own about wrong words, or empty.
    """
    rows = standings(judgement)
    aside = _known_limits(rows, colour=colour)
    judged = (
        _nothing(rows, colour=colour)
        if judgement.outcome is Outcome.INVALID
        else _judged(rows, _MOST_LINES - bool(warnings(record)) - bool(words) - len(aside), colour=colour)
    )
    return _text(
        [_header(record), "", *judged, *aside, "", *_closing(record, judgement, report_path, words, colour=colour)]
    )


def brief(record: Record, judgement: Judgement, report_path: str | PurePath, colour: bool) -> str:
    """The summary without its lines, for where something else lists them."""
    return _text([_header(record), *_closing(record, judgement, report_path, "", colour=colour)])


def _text(lines: Sequence[str]) -> str:
    return "\n".join(lines).replace(wording.NNBSP, " ") + "\n"


def _closing(
    record: Record, judgement: Judgement, report_path: str | PurePath, words: str, *, colour: bool
) -> list[str]:
    said = " ".join(warnings(record))
    return [_headline(judgement, colour=colour), *(line for line in (said, words) if line), _paths(report_path)]


def _nothing(rows: Sequence[Standing], *, colour: bool) -> list[str]:
    lines = sum(len(row.counted) for row in rows)
    said = f"{wording.plural(lines, 'judged line')}, none to be relied on"
    return [_row((_marked(Outcome.INVALID, colour=colour), said), "", colour=colour)]


def _known_limits(rows: Sequence[Standing], *, colour: bool) -> list[str]:
    """One line for all of them: what each came to, left out of the verdict."""
    known = [line for row in rows for line in row.lines if line.known_limit]
    if not known:
        return []
    said = [f"{name(line)} {came_to(line)}" for line in known[:_NAMED]]
    said += [f"{wording.count(len(known) - _NAMED)} more"] if len(known) > _NAMED else []
    label = f"\x1b[{_KNOWN_COLOUR}m{_KNOWN}\x1b[0m" if colour else _KNOWN
    return [_row((label, f"{wording.plural(len(known), 'line')} left out"), "; ".join(said), colour=colour)]


def _judged(rows: Sequence[Standing], most: int, *, colour: bool) -> list[str]:
    """What does not hold, worst first; the rest in one line."""
    bad = [line for row in rows for line in row.counted if line.outcome is not Outcome.PASS]
    bad.sort(key=lambda line: (-line.outcome.severity, line.leaning != "bad"))
    width = min(_WIDEST, max((len(name(line)) for line in bad[:most]), default=0))
    shown = [_line(line, max(width, _WIDTHS[1]), colour=colour) for line in bad[:most]]
    return [*shown, *_folded(rows, len(bad) - len(shown), len(bad), colour=colour)]


def _header(record: Record) -> str:
    manifest = record.manifest
    said = dict(manifest.identity_before.facts)
    facts = [
        manifest.target.name,
        said.get("model") or _unnamed(manifest.target.model),
        *([said["gateway"]] if "gateway" in said else []),
        f"{manifest.driver} driver",
    ]
    elapsed = f", {wording.span(record.ending.elapsed_ns)}" if record.ending else ""
    sessions = wording.plural(len(manifest.plan.counted), "session")
    facts.append(f"{sessions}{elapsed}, {wording.plural(manifest.plan.lanes, 'lane')}")
    return f"{manifest.scenario.name}  {' · '.join(facts)}"


def _unnamed(asked: str | None) -> str:
    return f"model {asked} asked for, not verified" if asked else "model not named"


def _line(line: Verdict, width: int, *, colour: bool) -> str:
    objective, estimate = line.objective, line.estimate
    aggregate = f"{objective.aggregate} " if wording.unit(objective) == "ms" and not objective.delta else ""
    columns = (
        _marked(line.outcome, colour=colour),
        name(line).ljust(width),
        aggregate + value_text(objective, estimate.value),
        f"{objective.op} {wording.limit(objective)}",
        f"n {wording.count(estimate.n)}",
    )
    said = [sessions_note(objective, estimate)]
    said += [f"{wording.count(estimate.unmeasured)} not measured"] if estimate.unmeasured else []
    said += [f"bound {bound_text(line)}"] if objective.has_bound else []
    said += [f"leaning {line.leaning}"] if line.leaning else []
    said += [f"a fresh run of {wording.count(line.fresh_n)} could tell"] if line.fresh_n else []
    return _row(columns, "; ".join(text for text in said if text), colour=colour)


def _folded(rows: Sequence[Standing], more: int, bad: int, *, colour: bool) -> list[str]:
    """What is not listed: how many lines more do not hold, or what holds and by how little."""
    if more > 0:
        return [f"{'':{_WIDTHS[0]}} and {wording.plural(more, 'more line')} not shown to hold"]
    passing = [row for row in rows if row.counted and row.outcome is Outcome.PASS]
    if not passing:
        return []
    closest = closest_line([line for row in passing for line in row.counted])
    number = f"{len(passing)} {'more ' if bad else ''}objective{'' if len(passing) == 1 else 's'}"
    said = f"closest: {margin(closest)}" if closest else ""
    return [_row((_marked(Outcome.PASS, colour=colour), number), said, colour=colour)]


def _row(columns: Sequence[str], rest: str, *, colour: bool) -> str:
    hidden = 9 if colour else 0  # the first column's escape codes take no room
    cells = [
        text.ljust(width + (hidden if index == 0 else 0))
        for index, (text, width) in enumerate(zip(columns, _WIDTHS, strict=False))
    ]
    return " ".join([*cells, rest]).rstrip()


def _marked(outcome: Outcome, *, colour: bool) -> str:
    return coloured(outcome, f"{SYMBOLS[outcome]} {outcome.value}") if colour else f"{SYMBOLS[outcome]} {outcome.value}"


def coloured(outcome: Outcome, text: str = "", *, strong: bool = False) -> str:
    """The text, or the outcome's word, in the outcome's colour."""
    return f"\x1b[{'1;' if strong else ''}{_COLOURS[outcome]}m{text or outcome.value}\x1b[0m"


def _headline(judgement: Judgement, *, colour: bool) -> str:
    shown = coloured(judgement.outcome, strong=True) if colour else judgement.outcome.value
    return f"{shown}  {wording.sentence(judgement.headline)}"


def _paths(report_path: str | PurePath) -> str:
    folder = PurePath(report_path).parent
    return f"report  {report_path}      again  harness judge {folder}"
