"""Clips × rate: where in the corpus it goes wrong."""  # noqa: RUF002  the multiplication sign is meant

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from harness.model.clip import Clip
from harness.model.verdict import ClipChange, Judgement, Verdict
from harness.report import wording
from harness.report.facts import Session
from harness.report.limits import limits, mark, strictest

_MARKS, _FEWER_MARKS = 56, 28  # repeats with a mark of their own in a cell's strip; fewer where changes need room
_ORDER = ("clean", "fast", "accented", "line", "noisy", "music", "silence", "long")
_LONG = "long"  # its clips are many utterances: what counts is each one's final, not the last one's alone

Changes = Mapping[tuple[str, str], ClipChange]


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """A number of a cell. mark: `over`, `known` (only a known limit is exceeded), `close` or nothing."""

    text: str
    mark: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """A clip at a rate. `strip` holds the finals in running order, +inf never came; `known`: so is its limit."""

    n: int
    wer: Figure | None
    first: Figure | None
    final: Figure | None
    silence: Figure | None
    strip: tuple[float, ...]
    limit_ms: float | None
    known: bool = False
    wer_change: str = ""  # against the baseline: a dot where it is unclear
    final_change: str = ""

    @property
    def figures(self) -> tuple[Figure, ...]:
        return tuple(one for one in (self.wer, self.first, self.final, self.silence) if one is not None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """`note` stands beside the clip's name; `only` says where it is played, for a cell without sessions."""

    clip_id: str
    words: int
    cells: tuple[Cell | None, ...]
    note: str = ""
    only: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Matrix:
    heading: str
    rates: tuple[int, ...]
    groups: tuple[tuple[str, tuple[Row, ...]], ...]
    limits: str
    compared: bool  # with a baseline
    known: bool  # a known limit is exceeded somewhere
    repeats: int  # in the fullest strip

    @property
    def marks(self) -> int:
        """How many marks a strip has room for."""
        return _FEWER_MARKS if self.compared else _MARKS

    @property
    def bunch(self) -> int:
        """Repeats that a mark of the fullest strip stands for."""
        return math.ceil(self.repeats / self.marks)

    @property
    def segments(self) -> bool:
        """Whether a row shows its segments' finals."""
        return any(row.note for _, rows in self.groups for row in rows)


def build(judgement: Judgement, sessions: Sequence[Session]) -> Matrix | None:
    """None where no session was measured."""
    played: dict[str, list[Session]] = {}
    for session in sessions:
        played.setdefault(session.clip.key, []).append(session)
    if not played:
        return None
    clips = {key: found[0].clip for key, found in played.items()}
    changes = {(change.clip, change.metric): change for change in judgement.changes}
    cells = {key: _cell(judgement, clips[key], found, changes) for key, found in played.items()}
    rates = tuple(sorted({clip.rate_hz for clip in clips.values()}, reverse=True))
    return Matrix(
        heading=_heading(clips, cells),
        rates=rates,
        groups=_groups(clips, rates, cells),
        limits=_limits(judgement, list(clips.values())),
        compared=bool(judgement.changes),
        known=any(figure.mark == "known" for cell in cells.values() for figure in cell.figures),
        repeats=max(len(cell.strip) for cell in cells.values()),
    )


def _groups(
    clips: dict[str, Clip], rates: Sequence[int], cells: dict[str, Cell]
) -> tuple[tuple[str, tuple[Row, ...]], ...]:
    by_id: dict[str, Clip] = {clip.clip_id: clip for clip in clips.values()}
    names = sorted(by_id, key=lambda clip_id: (*condition_order(by_id[clip_id].condition), clip_id))
    groups: dict[str, list[Row]] = {}
    for clip_id in names:
        clip = by_id[clip_id]
        at = [rate for rate in rates if f"{clip_id}@{rate}" in cells]
        row = Row(
            clip_id=clip_id,
            words=len(clip.words),
            cells=tuple(cells.get(f"{clip_id}@{rate}") for rate in rates),
            note="segment finals" if _in_segments(clip) else "",
            only=f"{wording.listed(map(wording.hertz, at))} only",
        )
        groups.setdefault(clip.condition, []).append(row)
    return tuple((condition, tuple(rows)) for condition, rows in groups.items())


def condition_order(condition: str) -> tuple[int, str]:
    """Easy to hard, as the golden list names them; others follow by name."""
    return (_ORDER.index(condition) if condition in _ORDER else len(_ORDER), condition)


def _in_segments(clip: Clip) -> bool:
    return clip.condition == _LONG and clip.latency and len(clip.segments) > 1


def _cell(judgement: Judgement, clip: Clip, sessions: Sequence[Session], changes: Changes) -> Cell:
    ran = sorted(sessions, key=lambda session: session.plan.start_ns)
    metric = "segment_final_ms" if _in_segments(clip) else "final_ms"
    held = limits(judgement, metric, clip)
    return Cell(
        n=len(ran),
        wer=_pooled(ran, limits(judgement, "wer", clip)),
        first=_worst(ran, "first_partial_ms", limits(judgement, "first_partial_ms", clip)),
        final=_worst(ran, metric, held),
        silence=_words(ran, limits(judgement, "silence_words", clip)),
        strip=tuple(value for session in ran if (value := session.value(metric)) is not None),
        limit_ms=held[0].objective.threshold if held else None,
        known=bool(held and held[0].known_limit),
        wer_change=_change(changes.get((clip.key, "wer"))),
        final_change=_change(changes.get((clip.key, metric))),
    )


def _change(change: ClipChange | None) -> str:
    """`+6.1`, in points or ms; a dot where its interval contains zero, a dash where nothing was paired."""
    if change is None:
        return "–"  # noqa: RUF001  typographic dash
    if change.unclear:
        return "·"
    return wording.signed(change.value * 100, 1) if change.metric == "wer" else wording.signed(change.value, 0)


def _pooled(sessions: Sequence[Session], held: Sequence[Verdict]) -> Figure | None:
    """Errors over reference words, all repeats together: the ratio of their sums."""
    rows = [session.values["wer"] for session in sessions if "wer" in session.values]
    total = sum(row.denominator for row in rows)
    if not total:
        return None
    share = sum(row.numerator or 0.0 for row in rows) / total
    return Figure(text=f"{share * 100:.1f}", mark=mark(held, share))


def _worst(sessions: Sequence[Session], metric: str, held: Sequence[Verdict]) -> Figure | None:
    values = [value for session in sessions if (value := session.value(metric)) is not None]
    if not values:
        return None
    worst = max(values)
    return Figure(text=wording.NEVER if math.isinf(worst) else wording.count(round(worst)), mark=mark(held, worst))


def _words(sessions: Sequence[Session], held: Sequence[Verdict]) -> Figure | None:
    rows = [value for session in sessions if (value := session.value("silence_words")) is not None]
    if not rows:
        return None
    return Figure(text=wording.plural(round(sum(rows)), "word"), mark=mark(held, sum(rows)))


def _heading(clips: dict[str, Clip], cells: dict[str, Cell]) -> str:
    spoken = {key: cell for key, cell in cells.items() if clips[key].has_speech}
    if not spoken:
        heard = [cell for cell in cells.values() if cell.silence and cell.silence.mark == "over"]
        said = f"Words were heard in {len(heard)} of {len(cells)} cells without speech"
        return said if heard else "Silence stayed silent"
    names = {"final": "The worst final is", "first": "The worst first partial is", "wer": "Word errors are"}
    over = {name: [key for key, cell in spoken.items() if _marked(cell, name, "over")] for name in names}
    name = max(over, key=lambda name: len(over[name]))
    of = f"{wording.plural(len(spoken), 'cell')} with speech"
    if not over[name]:
        known = sum(any(_marked(cell, name, "known") for name in names) for cell in spoken.values())
        return (
            f"Only known limits are exceeded, in {known} of {of}"
            if known
            else f"No clip is over a limit in any of {of}"
        )
    where = _common([clips[key] for key in over[name]])
    return f"{names[name]} over the limit in {len(over[name])} of {of}{where}"


def _marked(cell: Cell, name: str, as_what: str) -> bool:
    figure = {"final": cell.final, "first": cell.first, "wer": cell.wer}[name]
    return figure is not None and figure.mark == as_what


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
