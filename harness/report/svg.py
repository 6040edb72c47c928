"""Small pure helpers that write SVG. Colours are classes: the style sheet says what they are in light and dark."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from html import escape

Point = tuple[float, float]

_NARROW = frozenset("iljt.,:;'!|()[] fr1-\u202f")
_WIDE = frozenset("mwMW@%—")


def num(value: float) -> str:
    """A coordinate with one digit, none where it is whole."""
    text = f"{value:.1f}"
    text = text.removesuffix(".0")
    return "0" if text == "-0" else text


def text_width(text: str, size: float = 12) -> float:
    """A generous guess: no font is embedded, so the reader's own decides."""
    units = sum(0.34 if c in _NARROW else 0.86 if c in _WIDE else 0.66 if c.isupper() else 0.57 for c in text)
    return units * size


@dataclass(frozen=True, slots=True, kw_only=True)
class Scale:
    """Linear, or logarithmic where `log`, from data to pixels."""

    low: float
    high: float
    start: float
    end: float
    log: bool = False

    def __call__(self, value: float) -> float:
        low, high, at = self.low, self.high, value
        if self.log:
            low, high, at = math.log10(low), math.log10(high), math.log10(max(value, self.low / 10))
        return self.start + (at - low) / (high - low) * (self.end - self.start)


@dataclass(slots=True)
class Drawing:
    """Collects elements; `svg()` closes it. `label` states the finding for those who cannot see it."""

    width: float
    height: float
    label: str
    parts: list[str] = field(default_factory=list)

    def line(self, a: Point, b: Point, cls: str) -> None:
        self.parts.append(f'<path class="{cls}" d="M{num(a[0])} {num(a[1])}L{num(b[0])} {num(b[1])}"/>')

    def path(self, points: Iterable[Point], cls: str, *, closed: bool = False) -> None:
        steps = "L".join(f"{num(x)} {num(y)}" for x, y in points)
        self.parts.append(f'<path class="{cls}" d="M{steps}{"Z" if closed else ""}"/>')

    def rect(self, x: float, y: float, width: float, height: float, cls: str) -> None:
        self.parts.append(
            f'<rect class="{cls}" x="{num(x)}" y="{num(y)}" width="{num(max(width, 0))}" height="{num(height)}"/>'
        )

    def circle(self, at: Point, radius: float, cls: str) -> None:
        self.parts.append(f'<circle class="{cls}" cx="{num(at[0])}" cy="{num(at[1])}" r="{num(radius)}"/>')

    def square(self, at: Point, radius: float, cls: str) -> None:
        self.rect(at[0] - radius, at[1] - radius, 2 * radius, 2 * radius, cls)

    def triangle(self, at: Point, radius: float, cls: str) -> None:
        """Points up: a value that never came."""
        x, y = at
        self.path([(x - radius, y + radius), (x + radius, y + radius), (x, y - radius)], cls, closed=True)

    def arrow(self, at: Point, radius: float, cls: str, *, left: bool = False) -> None:
        """The tip at `at`: the value lies further on."""
        x, y = at
        back = x + 1.6 * radius if left else x - 1.6 * radius
        self.path([(back, y - radius), (x, y), (back, y + radius)], cls, closed=True)

    def use(self, symbol: str, at: Point, size: float) -> None:
        """A symbol of the page, centred."""
        x, y = num(at[0] - size / 2), num(at[1] - size / 2)
        self.parts.append(f'<use href="#{symbol}" x="{x}" y="{y}" width="{num(size)}" height="{num(size)}"/>')

    def text(self, at: Point, text: str, cls: str = "", anchor: str = "start") -> None:
        classes = " ".join(one for one in (cls, {"start": "", "middle": "mid", "end": "end"}[anchor]) if one)
        attribute = f' class="{classes}"' if classes else ""
        self.parts.append(f'<text{attribute} x="{num(at[0])}" y="{num(at[1])}">{escape(text)}</text>')

    def title(self, at: Point, text: str, note: str = "") -> None:
        """A strong title with a note behind it, wherever the reader's font ends the title."""
        beside = f'<tspan class="beside" dx="8">{escape(note)}</tspan>' if note else ""
        self.parts.append(f'<text class="b halo" x="{num(at[0])}" y="{num(at[1])}">{escape(text)}{beside}</text>')

    def svg(self) -> str:
        size = (
            f'width="{num(self.width)}" height="{num(self.height)}" viewBox="0 0 {num(self.width)} {num(self.height)}"'
        )
        return f'<svg role="img" aria-label="{escape(self.label)}" {size}>{"".join(self.parts)}</svg>'


def ticks(low: float, high: float, about: int = 5) -> list[float]:
    """Round numbers between two values, steps of 1, 2, 4 or 5 times a power of ten."""
    if high <= low:
        return [low]
    rough = (high - low) / about
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(factor * power for factor in (1, 2, 4, 5, 10) if factor * power >= rough * 0.999)
    first = math.ceil(low / step - 1e-9)
    return [round((first + i) * step, 9) for i in range(int((high - first * step) / step + 1e-9) + 1)]


def rows_for(spans: Sequence[tuple[float, float]], rows: int, gap: float = 4) -> list[int | None]:
    """For labels (start, end), most important first: the first of `rows` rows where each fits, None where none does."""
    taken: list[list[tuple[float, float]]] = [[] for _ in range(rows)]
    placed: list[int | None] = []
    for start, end in spans:
        fits = (row for row in range(rows) if all(end + gap <= a or start >= b + gap for a, b in taken[row]))
        row = next(fits, None)
        if row is not None:
            taken[row].append((start, end))
        placed.append(row)
    return placed
