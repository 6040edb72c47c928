"""Clips × rate: where in the corpus it goes wrong."""  # noqa: RUF002  the multiplication sign is meant

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from harness.model.clip import Clip
from harness.model.scenario import Objective
from harness.model.verdict import Judgement
from harness.report import wording
from harness.report.facts import Session, breaks, strictest

CLOSE = 0.9  # a value within 10 % of its limit is marked
_ORDER = ("clean", "fast", "accented", "noisy", "music", "silence", "long")


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """A number of a cell. mark: `over`, `close` or nothing."""

    text: str
    mark: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """A clip at a rate. `strip` holds the finals in running order; None never came."""

    n: int
    wer: Figure | None
    first: Figure | None
    final: Figure | None
    silence: Figure | None
    strip: tuple[float, ...]
    limit_ms: float | None
    wer_change: str = ""  # against the baseline: a dot where it is unclear
    final_change: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    clip_id: str
    words: int
    cells: tuple[Cell | None, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Matrix:
    heading: str
    rates: tuple[int, ...]
    groups: tuple[tuple[str, tuple[Row, ...]], ...]
    limits: str
    compared: bool  # with a baseline


def build(judgement: Judgement, sessions: Sequence[Session]) -> Matrix | None:
    """None where no session was measured."""
    clips = {session.clip.key: session.clip for session in sessions}
    if not clips:
        return None
    rates = tuple(sorted({clip.rate_hz for clip in clips.values()}, reverse=True))
    cells = {
        key: _cell(judgement, clip, [session for session in sessions if session.clip.key == key])
        for key, clip in clips.items()
    }
    return Matrix(
        heading=_heading(clips, cells),
        rates=rates,
        groups=_groups(clips, rates, cells),
        limits=_limits(judgement, list(clips.values())),
        compared=bool(judgement.changes),
    )


def _groups(
    clips: dict[str, Clip], rates: Sequence[int], cells: dict[str, Cell]
) -> tuple[tuple[str, tuple[Row, ...]], ...]:
    by_id: dict[str, Clip] = {clip.clip_id: clip for clip in clips.values()}
    names = sorted(by_id, key=lambda clip_id: (*condition_order(by_id[clip_id].condition), clip_id))
    groups: dict[str, list[Row]] = {}
    for clip_id in names:
        clip = by_id[clip_id]
        row = Row(
            clip_id=clip_id,
            words=len(clip.words),
            cells=tuple(cells.get(f"{clip_id}@{rate}") for rate in rates),
        )
        groups.setdefault(clip.condition, []).append(row)
    return tuple((condition, tuple(rows)) for condition, rows in groups.items())


def condition_order(condition: str) -> tuple[int, str]:
    """Easy to hard, as the golden list names them; others follow by name."""
    return (_ORDER.index(condition) if condition in _ORDER else len(_ORDER), condition)


def _cell(judgement: Judgement, clip: Clip, sessions: Sequence[Session]) -> Cell:
    ran = sorted(sessions, key=lambda session: session.plan.start_ns)
    final_limit = strictest(judgement, "final_ms", clip)
    return Cell(
        n=len(ran),
        wer=_pooled(ran, strictest(judgement, "wer", clip)),
        first=_worst(ran, "first_partial_ms", strictest(judgement, "first_partial_ms", clip)),
        final=_worst(ran, "final_ms", final_limit),
        silence=_words(ran, strictest(judgement, "silence_words", clip)),
        strip=tuple(value for session in ran if (value := session.value("final_ms")) is not None),
        limit_ms=final_limit.threshold if final_limit else None,
        wer_change=_change(judgement, clip, "wer"),
        final_change=_change(judgement, clip, "final_ms"),
    )


def _change(judgement: Judgement, clip: Clip, metric: str) -> str:
    """`+6.1`, in points or ms; a dot where its interval contains zero, a dash where nothing was paired."""
    for change in judgement.changes:
        if (change.clip, change.metric) == (clip.key, metric):
            shown = wording.signed(change.value * 100, 1) if metric == "wer" else wording.signed(change.value, 0)
            return "·" if change.unclear else shown
    return "–"  # noqa: RUF001  typographic dash


def _pooled(sessions: Sequence[Session], limit: Objective | None) -> Figure | None:
    """Errors over reference words, all repeats together: the ratio of their sums."""
    rows = [session.values["wer"] for session in sessions if "wer" in session.values]
    total = sum(row.denominator for row in rows)
    if not total:
        return None
    share = sum(row.numerator or 0.0 for row in rows) / total
    return Figure(text=f"{share * 100:.1f}", mark=_mark(share, limit))


def _worst(sessions: Sequence[Session], metric: str, limit: Objective | None) -> Figure | None:
    values = [value for session in sessions if (value := session.value(metric)) is not None]
    if not values:
        return None
    worst = max(values)
    return Figure(text=wording.NEVER if math.isinf(worst) else wording.count(round(worst)), mark=_mark(worst, limit))


def _words(sessions: Sequence[Session], limit: Objective | None) -> Figure | None:
    rows = [value for session in sessions if (value := session.value("silence_words")) is not None]
    if not rows:
        return None
    return Figure(text=wording.plural(round(sum(rows)), "word"), mark=_mark(sum(rows), limit))


def _mark(value: float, limit: Objective | None) -> str:
    if limit is None:
        return ""
    if breaks(limit, value):
        return "over"
    return "close" if limit.threshold and value >= CLOSE * limit.threshold else ""


def _heading(clips: dict[str, Clip], cells: dict[str, Cell]) -> str:
    spoken = {key: cell for key, cell in cells.items() if clips[key].has_speech}
    if not spoken:
        heard = [cell for cell in cells.values() if cell.silence and cell.silence.mark == "over"]
        return (
            f"Words were heard in {len(heard)} of {len(cells)} cells without speech"
            if heard
            else "Silence stayed silent"
        )
    names = {"final": "The worst final is", "first": "The worst first partial is", "wer": "Word errors are"}
    over = {name: [key for key, cell in spoken.items() if _is_over(cell, name)] for name in names}
    name = max(over, key=lambda name: len(over[name]))
    if not over[name]:
        return f"No clip is over a limit in any of {wording.plural(len(spoken), 'cell')} with speech"
    where = _common([clips[key] for key in over[name]])
    return (
        f"{names[name]} over the limit in {len(over[name])} of {wording.plural(len(spoken), 'cell')} with speech{where}"
    )


def _is_over(cell: Cell, name: str) -> bool:
    figure = {"final": cell.final, "first": cell.first, "wer": cell.wer}[name]
    return figure is not None and figure.mark == "over"


def _common(clips: Sequence[Clip]) -> str:
    """What the cells have in common, where few words can say it."""
    rates = {clip.rate_hz for clip in clips}
    conditions = sorted({clip.condition for clip in clips}, key=condition_order)
    said = [wording.hertz(rates.pop())] if len(rates) == 1 else []
    if len(conditions) <= 2:
        said.append(wording.listed(conditions, "or"))
    if not said:
        return ""
    return f", all of them {' '.join(said)}" if len(clips) > 1 else f": {' '.join(said)}"


def _limits(judgement: Judgement, clips: Sequence[Clip]) -> str:
    """`WER limit 12 % for clean and fast, 18 % for noisy, none for long.`"""
    by_limit: dict[str, list[str]] = {}
    for condition in sorted({clip.condition for clip in clips if clip.has_speech}, key=condition_order):
        found = {
            wording.limit(limit) if (limit := strictest(judgement, "wer", clip)) else "none"
            for clip in clips
            if clip.condition == condition and clip.has_speech
        }
        by_limit.setdefault(wording.listed(sorted(found), "or"), []).append(condition)
    if not by_limit or set(by_limit) == {"none"}:
        return ""
    return f"WER limit {', '.join(f'{limit} for {wording.listed(names)}' for limit, names in by_limit.items())}."
