"""Numbers and lists in words: the same spelling on the page, in the terminal and in JUnit."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence

from harness.model.metrics import METRICS, QUANTILES
from harness.model.scenario import Objective
from harness.model.verdict import Slice

NNBSP = "\u202f"  # narrow no-break space: a value and its unit stay on one line
NOT_MEASURED = "not measured"
NEVER = "∞"
_SHORT_MS, _SMALL_SHARE, _MOST_DIGITS = 10, 0.01, 6
_UNITS = re.compile(r"(\d) (ms|%|kHz|s|min|h)(?![\w])")

_NUMBERS = (
    *("no", "one", "two", "three", "four", "five", "six"),
    *("seven", "eight", "nine", "ten", "eleven", "twelve"),
)


def count(number: float) -> str:
    """A whole number with thousands separators; infinity and halves survive."""
    if math.isinf(number):
        return NEVER
    return _signed(number, 0 if number == round(number) else 1)


def number_word(number: int) -> str:
    """Up to twelve in letters, as in running text."""
    return _NUMBERS[number] if number < len(_NUMBERS) else count(number)


def plural(number: int, noun: str, many: str | None = None) -> str:
    """`1 session`, `2 sessions`."""
    return f"{count(number)}{NNBSP}{noun if number == 1 else many or noun + 's'}"


def milliseconds(value: float, digits: int | None = None) -> str:
    """Whole milliseconds; below ten, two digits, for the harness's own lag."""
    if math.isinf(value):
        return NEVER if value > 0 else f"−{NEVER}"  # noqa: RUF001  typographic minus
    if digits is None:
        digits = 2 if 0 < abs(value) < _SHORT_MS and value != round(value) else 0
    return f"{_signed(value, digits)}{NNBSP}ms"


def percent(share: float, digits: int | None = None) -> str:
    """A measured share in percent: one digit, two below one percent."""
    if math.isinf(share):
        return NEVER if share > 0 else f"−{NEVER}"  # noqa: RUF001  typographic minus
    if digits is None:
        digits = 2 if 0 < abs(share) < _SMALL_SHARE else 1
    return f"{_signed(share * 100, digits)}{NNBSP}%"


def bare_percent(share: float) -> str:
    """A share that somebody wrote: `5 %`, `0.5 %`."""
    return f"{share * 100:.10g}{NNBSP}%"


def seconds(ns: int, digits: int = 1) -> str:
    return f"{ns / 1e9:,.{digits}f}{NNBSP}s"


def span(ns: int) -> str:
    """`41 s`, `2 min 41 s`, `1 h 14 min`."""
    whole = round(ns / 1e9)
    if whole < 60:
        return f"{whole}{NNBSP}s"
    minutes, rest = divmod(whole, 60)
    if minutes < 60:
        return f"{minutes}{NNBSP}min {rest}{NNBSP}s"
    hours, minutes = divmod(minutes, 60)
    return f"{hours}{NNBSP}h {minutes}{NNBSP}min"


def unit(objective: Objective) -> str:
    """What the objective's threshold and estimate are in: ms, ratio or count."""
    return "ratio" if objective.aggregate == "rate" else METRICS[objective.metric].unit


def value(of_unit: str, number: float | None, beside: float | None = None) -> str:
    """A number with its unit; None is words, never zero. It never looks like the limit `beside` it when it is not."""
    if number is None:
        return NOT_MEASURED
    if of_unit == "count":
        return count(number)
    show = milliseconds if of_unit == "ms" else percent
    digits: int | None = None
    while beside is not None and number != beside and (digits or 0) < _MOST_DIGITS:
        if show(number, digits) != show(beside, digits):
            break
        digits = 1 if digits is None else digits + 1
    return show(number, digits)


def change(of_unit: str, number: float, beside: float | None = None) -> str:
    """A change: with its sign, and that of a share in points (`+1.3 pt`)."""
    text = value(of_unit, number, beside).replace("%", "pt")
    return f"+{text}" if number > 0 else text


def signed(number: float, digits: int) -> str:
    """A bare change: `+6.1`, `−12`, `+∞`."""  # noqa: RUF002  typographic minus
    text = f"{'−' if number < 0 else ''}{NEVER}" if math.isinf(number) else _signed(number, digits)  # noqa: RUF001
    return f"+{text}" if number > 0 else text


def limit(objective: Objective) -> str:
    """The threshold with its unit, and the digits its author wrote."""
    of_unit = unit(objective)
    if of_unit == "ratio":
        return bare_percent(objective.threshold)
    return f"{objective.threshold:,.10g}" + (f"{NNBSP}ms" if of_unit == "ms" else "")


def hertz(rate_hz: int | str) -> str:
    """`8 kHz`, `11.025 kHz`."""
    return f"{int(rate_hz) / 1000:g}{NNBSP}kHz"


def slice_label(part: Slice) -> str:
    """The values of a judged line's keys: `8 kHz`, `noisy, 16 kHz`; empty for an undivided objective."""
    return ", ".join({"rate": hertz, "level": _level}.get(key, str)(text) for key, text in part)


def _level(text: str) -> str:
    return plural(int(text), "session")


def title(objective: Objective, part: Slice = ()) -> str:
    """`Final in “noisy” and “music” at 8 kHz`: the metric in words, then the part of the sessions that is read."""
    keys = dict(objective.where) | {key: (text,) for key, text in part}
    if objective.metric == "silence_words":
        keys.pop("condition", None)  # it reads silence and nothing else
    label = METRICS[objective.metric].label
    label = f"change of {label}" if objective.delta else label
    text = " ".join([label, *(_place(key, keys[key]) for key in sorted(keys))])
    return text[0].upper() + text[1:]


def _place(key: str, values: Sequence[str]) -> str:
    if key == "rate":
        return f"at {listed(hertz(text) for text in values)}"
    if key == "level":
        return f"at {listed(values)} session{'' if values == ('1',) else 's'} at once"
    if key == "condition":
        return f"in {listed(f'“{text}”' for text in values)}"  # a condition may be called “line”
    return f"for {key} {listed(values)}"


def listed(items: Iterable[str], last: str = "and", between: str = ", ") -> str:
    """`a`, `a and b`, `a, b and c`."""
    parts = list(items)
    return parts[0] if len(parts) == 1 else f"{between.join(parts[:-1])} {last} {parts[-1]}" if parts else ""


def sentence(text: str) -> str:
    """With a capital and a full stop."""
    text = text.strip()
    if not text:
        return ""
    return text[0].upper() + text[1:] + ("" if text[-1] in ".!?" else ".")


def joined(sentences: Sequence[str]) -> str:
    """Sentences, one after the other, empty ones left out."""
    return " ".join(sentence(one) for one in sentences if one.strip())


def allowed(objective: Objective) -> str:
    """How many sessions may break a quantile's limit: `5 %` for p95."""
    return bare_percent(round(1 - QUANTILES[objective.aggregate], 9))


def fine(text: str) -> str:
    """Other modules' sentences with a narrow no-break space before each unit."""
    return _UNITS.sub(rf"\1{NNBSP}\2", text)


def _signed(value: float, digits: int) -> str:
    """With a true minus sign; a rounded zero has none."""
    text = f"{abs(value):,.{digits}f}"
    return f"−{text}" if value < 0 and float(text.replace(",", "")) else text  # noqa: RUF001  typographic minus
