"""The objective grammar, pure.

    [delta] aggregate metric op number [unit]
        [where key (= value | in value, value …) {and …}] [per key, …] [during phase]

Example: ``pooled wer <= 12 % where condition in clean, fast per rate``. Thresholds come out in the metric's own unit:
ms for latencies, a share between 0 and 1 for ratios and rates, a plain count otherwise.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final, cast, get_args

from harness.model.clip import SLICE_KEYS
from harness.model.metrics import METRICS, QUANTILES, Metric
from harness.model.scenario import Aggregate, Op, Where

_AGGREGATES: Final = get_args(Aggregate)
_OPS: Final = get_args(Op)
_TOKEN: Final = re.compile(r"<=|>=|==|[<>=,%]|[^\s<>=,%]+")
_NUMBER: Final = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)")
_KEYS: Final = (*SLICE_KEYS, "level")  # of a session; levels are there only where a scenario's arrival has a shape
_CLAUSES: Final = ("where", "per", "during")
_MS_PER: Final = {"ms": 1.0, "s": 1000.0}


class SloError(ValueError):
    """An objective that cannot be read: what is wrong, and what would be right."""

    def __init__(self, problem: str, remedy: str) -> None:
        super().__init__(f"{problem}; {remedy}")
        self.problem = problem
        self.remedy = remedy


@dataclass(frozen=True, slots=True, kw_only=True)
class Expression:
    """An objective's expression, taken apart and checked against the catalogue of metrics."""

    aggregate: Aggregate
    metric: str
    op: Op
    threshold: float
    where: Where = ()
    per: tuple[str, ...] = ()
    phase: str | None = None
    delta: bool = False


def parse(text: str) -> Expression:
    """Take an expression apart. Raises SloError."""
    tokens = _Tokens(_TOKEN.findall(text))
    delta = tokens.skip("delta")
    aggregate = tokens.one_of(_AGGREGATES, "an aggregate")
    metric = METRICS[tokens.one_of(tuple(METRICS), "a metric")]
    if aggregate not in metric.aggregates:
        raise SloError(
            f"{aggregate} {metric.name} is not defined", f"{metric.name} takes {', '.join(metric.aggregates)}"
        )
    op = tokens.one_of(_OPS, "a comparison")
    if delta:
        _check_delta(metric, aggregate, op)
    threshold = _threshold(tokens, metric, aggregate)
    if not delta and _is_share(metric, aggregate) and not 0 <= (1 - threshold if op.startswith(">") else threshold) < 1:
        raise SloError(f"{op} {threshold:.0%} holds whatever happens", "choose a limit that something can break")
    where = _where(tokens) if tokens.skip("where") else ()
    per = tuple(_keys(tokens)) if tokens.skip("per") else ()
    phase = tokens.next("a phase") if tokens.skip("during") else None
    if (extra := tokens.peek()) is not None:
        raise SloError(
            f"{extra!r} is not understood here", "after the threshold come: where …, per …, during …, in this order"
        )
    return Expression(
        aggregate=cast("Aggregate", aggregate),
        metric=metric.name,
        op=cast("Op", op),
        threshold=threshold,
        where=where,
        per=per,
        phase=phase,
        delta=delta,
    )


def _check_delta(metric: Metric, aggregate: str, op: str) -> None:
    """Compared are word errors, pair by pair, and the typical latency; a regression has an upper limit only."""
    if (metric.name, aggregate) != ("wer", "pooled") and not (metric.unit == "ms" and aggregate in QUANTILES):
        raise SloError(f"delta {aggregate} {metric.name} is not defined", "delta takes pooled wer, or p95 of a latency")
    if op not in ("<=", "<"):
        raise SloError(f"delta … {op} bounds no regression", "write delta … <= or <")


def _threshold(tokens: _Tokens, metric: Metric, aggregate: str) -> float:
    word = tokens.next("a number")
    if not _NUMBER.fullmatch(word):
        raise SloError(f"{word!r} is not a number", "write the threshold as a number, then its unit")
    number = float(word)
    unit = tokens.peek()
    if unit is None or unit in _CLAUSES:
        unit = ""
    else:
        tokens.next("a unit")
    if _is_share(metric, aggregate):
        return _share(number, unit, metric.name)
    if metric.unit == "ms":
        if unit not in ("", *_MS_PER):
            raise SloError(f"{unit!r} is no unit of {metric.name}", "use ms or s")
        return number * _MS_PER.get(unit, 1.0)
    if unit:
        raise SloError(f"{unit!r} is no unit of {metric.name}", "it is a count: leave the unit out")
    return number


def _is_share(metric: Metric, aggregate: str) -> bool:
    return metric.unit == "ratio" or aggregate == "rate"


def _share(number: float, unit: str, metric: str) -> float:
    if unit not in ("", "%"):
        raise SloError(f"{unit!r} is no unit of {metric}", "use % or a share between 0 and 1")
    if not unit and not 0 <= number <= 1:
        raise SloError(f"{number:g} is no share", "write % behind it, or a number between 0 and 1")
    return number / 100 if unit else number


def _where(tokens: _Tokens) -> Where:
    clauses = [_clause(tokens)]
    while tokens.skip("and"):
        clauses.append(_clause(tokens))
    return tuple(clauses)


def _clause(tokens: _Tokens) -> tuple[str, tuple[str, ...]]:
    key = tokens.one_of(_KEYS, "a key")
    if tokens.skip("="):
        return key, (tokens.next("a value"),)
    if not tokens.skip("in"):
        raise SloError(f"where {key} lacks its values", f"write: where {key} = value, or: where {key} in value, value")
    values = [tokens.next("a value")]
    while tokens.skip(","):
        values.append(tokens.next("a value"))
    return key, tuple(values)


def _keys(tokens: _Tokens) -> list[str]:
    keys = [tokens.one_of(_KEYS, "a key")]
    while tokens.skip(","):
        keys.append(tokens.one_of(_KEYS, "a key"))
    return keys


class _Tokens:
    """The words still to be read."""

    def __init__(self, words: list[str]) -> None:
        self._words = words
        self._at = 0

    def peek(self) -> str | None:
        return self._words[self._at] if self._at < len(self._words) else None

    def skip(self, word: str) -> bool:
        found = self.peek() == word
        self._at += found
        return found

    def next(self, what: str) -> str:
        word = self.peek()
        if word is None:
            raise SloError(f"the expression ends where {what} should stand", "aggregate metric op number [unit] …")
        self._at += 1
        return word

    def one_of(self, allowed: tuple[str, ...], what: str) -> str:
        word = self.next(what)
        if word not in allowed:
            raise SloError(f"{word!r} is not {what}", f"use one of {', '.join(allowed)}")
        return word
