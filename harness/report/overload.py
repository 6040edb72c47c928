"""Beyond the limit: what became of sessions that were too many, and how long the target took to be itself again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from harness.model.load import Overload, OverloadStage
from harness.report import wording

_KINDS = {
    "level": "before",
    "rise": "rise",
    "overload": "overload",
    "storm": "storm",
    "recovery": "afterwards",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    text: str
    note: str = ""
    tone: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    kind: str
    level: str
    cells: tuple[Cell, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Beyond:
    heading: str
    lede: str
    heads: tuple[tuple[str, str], ...]
    rows: tuple[Row, ...]
    recovery: str
    note: str


def build(found: Overload) -> Beyond:
    """The stages in order of time."""
    return Beyond(
        heading=_heading(found),
        lede="Above its limit a target must say no, at once and with a reason, and keep its word to those it lets in.",
        heads=_heads(found),
        rows=tuple(_row(stage, found) for stage in found.stages),
        recovery=_recovery(found),
        note=(
            "All sessions that began in a stage, warm-up too. Percentiles are of the admitted ones, without bounds; "
            "one that got no answer counts as ∞. Recovered: from then on at most "
            f"{wording.bare_percent(found.allowed_share)} were refused, failed or late, watched for "
            f"{wording.span(round(found.watched_s * 1e9))}."
        ),
    )


def _heads(found: Overload) -> tuple[tuple[str, str], ...]:
    return (
        ("sessions", ""),
        ("refused", ""),
        ("promptly", "before speech"),
        ("with reason", "and retry time"),
        ("refusal, p95", "from opening"),
        ("admitted", ""),
        ("inside limits", "of admitted"),
        ("hung", "of admitted"),
        ("first partial, p95", _of(found.first_partial_limit_ms)),
        ("final, p95", _of(found.final_limit_ms)),
    )


def _of(limit_ms: float | None) -> str:
    return "" if limit_ms is None else f"limit {wording.milliseconds(limit_ms)}"


def _beyond(found: Overload) -> list[OverloadStage]:
    return [stage for stage in found.stages if stage.kind in ("overload", "storm")]


def _heading(found: Overload) -> str:
    """How many were refused and how, how those inside fared, and the recovery."""
    stages = _beyond(found)
    refused, admitted = (sum(getattr(one, name) for one in stages) for name in ("refused", "admitted"))
    inside, structured = (sum(getattr(one, name) for one in stages) for name in ("inside", "structured"))
    said = [
        f"{wording.count(structured)} of {wording.plural(refused, 'refusal')} said why"
        if refused
        else "nobody was refused",
        f"{wording.count(inside)} of {wording.count(admitted)} admitted stayed inside the limits"
        if admitted
        else "none admitted",
    ]
    text = f"Beyond the limit {said[0]}; {said[1]}"
    return f"{text}; {_steady(found)}" if found.watched_s else text


def _steady(found: Overload) -> str:
    if found.recovery_s is None:
        return f"not recovered within {wording.span(round(found.watched_s * 1e9))}"
    return (
        f"recovered within {wording.span(round(found.recovery_s * 1e9))}" if found.recovery_s else "recovered at once"
    )


def _recovery(found: Overload) -> str:
    if not found.watched_s:
        return f"Recovery: {wording.NOT_MEASURED}, the run ended with the overload."
    return f"After the overload: {_steady(found)}."


def _row(stage: OverloadStage, found: Overload) -> Row:
    strict = stage.kind not in ("overload", "storm")
    cells: Sequence[Cell] = (
        Cell(text=wording.count(stage.sessions)),
        Cell(text=wording.count(stage.refused), tone="over" if strict and stage.refused else ""),
        _part(stage.prompt, stage.refused),
        _part(stage.structured, stage.refused),
        _ms(stage.refusal_p95_ms, None, stage.refused),
        Cell(text=wording.count(stage.admitted)),
        _part(stage.inside, stage.admitted),
        Cell(text=wording.count(stage.hung), tone="over" if stage.hung else ""),
        _ms(stage.first_partial_p95_ms, found.first_partial_limit_ms, stage.admitted),
        _ms(stage.final_p95_ms, found.final_limit_ms, stage.admitted),
    )
    return Row(kind=_KINDS[stage.kind], level=wording.count(stage.level), cells=tuple(cells))


def _part(number: int, of: int) -> Cell:
    """A share of what there was; of nothing there is none."""
    if not of:
        return Cell(text="–")  # noqa: RUF001  typographic dash
    return Cell(text=wording.count(number), note="all" if number == of else wording.percent(number / of))


def _ms(value: float | None, limit: float | None, of: int) -> Cell:
    if not of:
        return Cell(text="–")  # noqa: RUF001  typographic dash
    if value is None:
        return Cell(text="", note=wording.NOT_MEASURED)
    return Cell(text=wording.milliseconds(value), tone="over" if limit is not None and value > limit else "")
