"""Wrong words that are only written otherwise, and what each judged line would be without them. No verdict reads it."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from harness.model.measurement import Respelling
from harness.model.run import Measured
from harness.model.verdict import Outcome, Verdict
from harness.report import wording
from harness.report.facts import Session, Standing, breaks, inside
from harness.report.spoken import Spoken, wrong_of

_EXAMPLES = 6

_Own = Mapping[str, Sequence[Respelling]]  # by session


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A judged line of word errors, with and without them."""

    verdict: Verdict
    label: str
    wrong: int
    same: str
    value: str
    without: str
    limit: str
    meets: bool  # it does not PASS, its value is over the limit, and would not be


@dataclass(frozen=True, slots=True, kw_only=True)
class Respelled:
    sentence: str
    examples: str
    lines: tuple[Line, ...]
    verdicts: tuple[str, ...]  # a sentence for each line whose value would meet its limit


def build(measured: Measured, rows: Sequence[Standing], sessions: Sequence[Spoken]) -> Respelled | None:
    """None where no word is wrong."""
    bound = [one for one in sessions if one.session.clip.binding]
    wrong, _ = wrong_of(bound)
    if not wrong:
        return None
    own: defaultdict[str, list[Respelling]] = defaultdict(list)
    for one in measured.respellings:
        own[one.session_id].append(one)
    found = [one for session in bound for one in own.get(session.session.plan.session_id, ())]
    lines = _lines(rows, [one.session for one in sessions], own) if found else ()
    return Respelled(
        sentence=_sentence(wrong, found),
        examples=_examples(found),
        lines=lines,
        verdicts=tuple(_verdict(line) for line in lines if line.meets),
    )


def _sentence(wrong: int, found: Sequence[Respelling]) -> str:
    of = f"the {wording.plural(wrong, 'wrong word')}"
    if not found:
        return f"None of {of} differs only in how it is written (compounds, numbers, contractions)."
    number = sum(one.errors for one in found)
    verb = "differs only in how it is" if number == 1 else "differ only in how they are"
    return f"Of {of}, {wording.count(number)} {verb} written: {_kinds(found)}."


def _kinds(found: Iterable[Respelling]) -> str:
    """`compound 4, number 2`: wrong words of each kind."""
    kinds: Counter[str] = Counter()
    for one in found:
        kinds[one.kind] += one.errors
    return ", ".join(f"{kind} {wording.count(times)}" for kind, times in kinds.most_common())


def _examples(found: Iterable[Respelling]) -> str:
    counts = Counter((one.reference, one.heard) for one in found)
    order = sorted(counts.items(), key=lambda item: (-item[1], item[0]))[:_EXAMPLES]
    return ", ".join(f"“{reference}” as “{heard}” ({times})" for (reference, heard), times in order)


def _lines(rows: Sequence[Standing], sessions: Sequence[Session], own: _Own) -> tuple[Line, ...]:
    lines = [
        _line(row, verdict, inside(verdict, sessions), own)
        for row in rows
        if row.objective.metric == "wer" and not row.objective.delta
        for verdict in row.lines
    ]
    return tuple(line for line in lines if line is not None)


def _line(row: Standing, verdict: Verdict, sessions: Sequence[Session], own: _Own) -> Line | None:
    """None where the line has no words."""
    values = [session.values["wer"] for session in sessions]
    wrong, words = sum(value.numerator or 0.0 for value in values), sum(value.denominator for value in values)
    if not words:
        return None
    found = [one for session in sessions for one in own.get(session.plan.session_id, ())]
    fewer = (wrong - sum(one.errors for one in found)) / words
    over = breaks(verdict.objective, wrong / words)
    part = wording.slice_label(verdict.slice)
    limit = verdict.objective.threshold
    return Line(
        verdict=verdict,
        label=f"{row.title}, {part}" if part else row.title,
        wrong=round(wrong),
        same=f"{wording.count(sum(one.errors for one in found))} ({_kinds(found)})" if found else "0",
        value=wording.value("ratio", wrong / words, limit),
        without=wording.value("ratio", fewer, limit),
        limit=wording.limit(verdict.objective),
        meets=verdict.outcome is not Outcome.PASS and over and not breaks(verdict.objective, fewer),
    )


def _verdict(line: Line) -> str:
    said = f"“{line.label}” would be {line.without}, within its limit of {line.limit} by value"
    return f"Without them {said}; its verdict stays {line.verdict.outcome.value}, as words are judged as written."
