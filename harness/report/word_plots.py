"""The drawings of the words' section: a count as a bar, a word's share then and now, and when false words came."""

from __future__ import annotations

from collections.abc import Sequence

from harness.report import wording
from harness.report.false_words import SilentClip
from harness.report.svg import Drawing, Scale, rows_for, text_width, ticks
from harness.report.word_changes import Change

_BAR, _BAR_HEIGHT = 72, 9
_SHARE, _SHARE_HEIGHT, _EDGE = 220, 22, 8
_WIDTH, _TOP, _FLOOR, _BASE = 1060, 34, 66, 84
_ROW = 15
COLUMNS = 420


def bar(times: int, top: int) -> str:
    """Its length against the most frequent one's; the number stands beside it."""
    drawing = Drawing(_BAR, _BAR_HEIGHT, wording.plural(times, "time"))
    drawing.rect(0, 0, max(2.0, _BAR * times / top), _BAR_HEIGHT, "f-soft")
    return drawing.svg()


def shares(change: Change) -> str:
    """A ring where the share of wrong sessions was, a dot where it is."""
    then, now = change.then / change.of_then, change.now / change.of_now
    label = f"wrong in {wording.percent(then, 0)} of the baseline's sessions, {wording.percent(now, 0)} now"
    drawing = Drawing(_SHARE, _SHARE_HEIGHT, label)
    scale, y = _share_scale(), _SHARE_HEIGHT / 2
    for share in (0.0, 0.5, 1.0):
        drawing.line((scale(share), 0), (scale(share), _SHARE_HEIGHT), "s-hair w1")
    drawing.line((scale(then) + 4.5, y), (scale(now), y), "s-base w15")
    drawing.circle((scale(then), y), 4.5, "nofill s-base w15")
    drawing.circle((scale(now), y), 5, "f-data")
    return drawing.svg()


def share_axis() -> str:
    """The head of the column that `shares` fills."""
    drawing = Drawing(_SHARE, 14, "Share of sessions in which the word is wrong, from 0 to 100 %")
    for share in (0.0, 0.5, 1.0):
        drawing.text((_share_scale()(share), 11), wording.percent(share, 0), "ink3", "middle")
    return drawing.svg()


def _share_scale() -> Scale:
    return Scale(low=0, high=1, start=_EDGE + 8, end=_SHARE - _EDGE - 12)


def moments(found: SilentClip, peaks: Sequence[float]) -> str:
    """The clip's outline with a mark at each false word; `peaks` is empty where there is no audio."""
    said = ", ".join(f"“{moment.text}” {moment.when}" for moment in found.moments)
    drawing = Drawing(_WIDTH, _BASE, f"{found.title}: {said}")
    last = max(moment.clip_ns for moment in found.moments)
    length = found.clip.duration_ns
    scale = Scale(low=0, high=max(length, last) / 1e9 * 1.01, start=4, end=_WIDTH - 24)
    _wave(drawing, peaks, scale(length / 1e9))
    for at in ticks(0, scale.high):
        drawing.line((scale(at), _TOP), (scale(at), _FLOOR + 4), "s-hair w1")
        drawing.text((scale(at), _BASE - 4), f"{at:g}{wording.NNBSP}s" if not at else f"{at:g}", "ink3")
    _marks(drawing, found, scale)
    return drawing.svg()


def _wave(drawing: Drawing, peaks: Sequence[float], end: float) -> None:
    """A line through the middle where the audio is not stored."""
    middle, half = (_TOP + _FLOOR) / 2, (_FLOOR - _TOP) / 2 - 2
    if not any(peaks):
        drawing.line((4, middle), (end, middle), "s-base w1")
        return
    step = (end - 4) / len(peaks)
    upper = [(4 + index * step, middle - max(peak * half, 0.5)) for index, peak in enumerate(peaks)]
    lower = [(x, 2 * middle - y) for x, y in reversed(upper)]
    drawing.path([*upper, *lower], "f-wave", closed=True)


def _marks(drawing: Drawing, found: SilentClip, scale: Scale) -> None:
    """A square on a line at each moment; its words where they fit, and in the list below in any case."""
    spots = [(scale(moment.clip_ns / 1e9), moment.text) for moment in found.moments]
    spans = [(x, min(x + text_width(text), _WIDTH)) for x, text in spots]
    for (x, text), row in zip(spots, rows_for(spans, 2), strict=True):
        drawing.line((x, _TOP - 3), (x, _FLOOR), "s-bad w15")
        drawing.square((x, _FLOOR), 3.2, "f-bad")
        if row is not None:
            over = x + text_width(text) > _WIDTH
            drawing.text((x, _TOP - 8 - row * _ROW), text, "b t-bad", "end" if over else "start")
