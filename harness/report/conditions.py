"""The word errors of each condition, in a row each."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from harness.report.confusions import rank
from harness.report.matrix import condition_order
from harness.report.spoken import Spoken, error_rate, rates_of, wrong_of

_NAMED = 2  # confusions of a condition


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """`rates` has a WER for each rate of the run."""

    name: str
    note: str
    words: int
    wrong: int
    rates: tuple[str, ...]
    substituted: int
    deleted: int
    inserted: int
    most: str


def build(sessions: Sequence[Spoken]) -> tuple[Condition, ...]:
    """Easy to hard; descriptive clips stand behind those that objectives read, in rows of their own."""
    parts: defaultdict[tuple[bool, str], list[Spoken]] = defaultdict(list)
    for one in sessions:
        parts[not one.session.clip.binding, one.session.clip.condition].append(one)
    order = sorted(parts, key=lambda part: (part[0], *condition_order(part[1])))
    return tuple(_condition(part, parts[part], rates_of(sessions)) for part in order)


def _condition(part: tuple[bool, str], sessions: Sequence[Spoken], rates: Sequence[int]) -> Condition:
    kinds = Counter(mistake.kind for one in sessions for mistake in one.mistakes)
    wrong, words = wrong_of(sessions)
    return Condition(
        name=part[1],
        note="descriptive" if part[0] else "",
        words=words,
        wrong=wrong,
        rates=tuple(error_rate([one for one in sessions if one.session.clip.rate_hz == rate]) for rate in rates),
        substituted=kinds["substitute"],
        deleted=kinds["delete"],
        inserted=kinds["insert"],
        most="; ".join(f"{row.text} ({row.times})" for row in rank(sessions, rates)[:_NAMED]),
    )
