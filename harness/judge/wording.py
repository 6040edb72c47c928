"""How figures, places and counts read in a sentence."""

from __future__ import annotations

import math
from collections.abc import Iterable

from harness.model.metrics import METRICS, Scope
from harness.model.scenario import Objective
from harness.model.verdict import Slice

_WRONG_SIDE = {"<=": "over", "<": "at or over", ">=": "under", ">": "at or under", "==": "off"}

_MISSING = {  # what a session without a value did, by metric
    "connect_ms": "never became ready",
    "first_partial_ms": "never got a partial",
    "first_partial_onset_ms": "never got a partial",
    "first_correct_word_ms": "never got the first word right",
    "partial_lag_ms": "never showed half of its words",
    "final_ms": "never got a final",
    "segment_final_ms": "never got the final of a segment",
    "partial_interval_ms": "never got two hypotheses",
    "send_lag_ms": "never started",
}

_POSITIVE = {  # what a session did whose count is above zero
    "error": "failed",
    "silence_words": "heard words where nobody speaks",
    "early_words": "showed words before speech began",
}

_PART = {"wer": "wrong", "upwr": "taken back"}  # what a counted word of a ratio is


def unit_of(objective: Objective) -> str:
    """The unit of the objective's value and threshold: ms, ratio or count."""
    return "ratio" if objective.aggregate == "rate" else METRICS[objective.metric].unit


def show(value: float | None, unit: str, beside: float | None = None) -> str:
    """A figure with its unit, with as many digits as tell it from the limit it stands beside."""
    if value is None:
        return "not measured"
    if math.isinf(value):
        return "∞" if value > 0 else "-∞"
    digits = _digits(value, unit)
    if beside is not None and value != beside:
        while digits < 6 and _text(value, unit, digits) == _text(beside, unit, digits):
            digits += 1
    return _text(value, unit, digits)


def limit(threshold: float, unit: str) -> str:
    """A threshold, with the digits its author wrote: 12 %, 0.5 %, 800 ms."""
    return f"{threshold * 100:.10g} %" if unit == "ratio" else f"{threshold:,.10g}{_suffix(unit)}"


def plural(count: int, noun: str) -> str:
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"


def of_sessions(count: int, n: int) -> str:
    """`13 of 80 sessions`, `none of 93 sessions`."""
    return f"{count:,} of {plural(n, 'session')}" if count else f"none of {plural(n, 'session')}"


def are(count: int) -> str:
    return "are" if count > 1 else "is"


def wrong_side(objective: Objective) -> str:
    """`over 800 ms`."""
    return f"{_WRONG_SIDE[objective.op]} {limit(objective.threshold, unit_of(objective))}"


def missing(metric: str) -> str:
    return _MISSING.get(metric, "have no value")


def positive(metric: str) -> str:
    return _POSITIVE.get(metric, f"have {METRICS[metric].label}")


def part(metric: str) -> str:
    return _PART.get(metric, METRICS[metric].label)


def named(names: Iterable[str], most: int = 8) -> str:
    """The first few names, and how many more there are."""
    every = list(names)
    more = len(every) - most
    return ", ".join(every[:most]) + (f" and {more} more" if more > 0 else "")


def title(objective: Objective, part_of: Slice) -> str:
    """What is judged, in words: `Word errors in “noisy” and “music” at 8 kHz`."""
    keys = dict(objective.where) | {key: (value,) for key, value in part_of}
    label = METRICS[objective.metric].label
    label = f"change of {label}" if objective.delta else label
    if METRICS[objective.metric].applies is Scope.SILENCE:
        keys.pop("condition", None)  # its name says so already
    return sentence_case(" ".join([label, *(_place(key, keys[key]) for key in sorted(keys))]))


def sentence_case(text: str) -> str:
    return text[:1].upper() + text[1:]


def sentence(*clauses: str) -> str:
    """The clauses that are not empty, as one sentence."""
    return sentence_case("; ".join(clause for clause in clauses if clause)) + "."


def _place(key: str, values: tuple[str, ...]) -> str:
    if key == "rate":
        return "at " + " and ".join(f"{int(value) / 1000:g} kHz" for value in values)
    quoted = [f"“{value}”" if key == "condition" else value for value in values]  # one of them is called “line”
    listed = quoted[0] if len(quoted) == 1 else f"{', '.join(quoted[:-1])} and {quoted[-1]}"
    if key == "level":
        return f"at {listed} session{'' if values == ('1',) else 's'} at once"
    return f"in {listed}" if key == "condition" else f"for {key} {listed}"


def _digits(value: float, unit: str) -> int:
    if unit == "ratio":
        return 1 if abs(value) >= 0.01 or value == 0 else 2
    return 0


def _text(value: float, unit: str, digits: int) -> str:
    if unit == "ratio":
        return f"{value * 100:.{digits}f} %"
    return f"{value:,.{digits}f}{_suffix(unit)}"


def _suffix(unit: str) -> str:
    return " ms" if unit == "ms" else ""
