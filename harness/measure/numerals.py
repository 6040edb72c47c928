"""Numbers in words, figures and ordinals, read as the figures they stand for.

The normaliser has written nearly all of them as figures already; what it leaves apart ("5 30", "29 340", "19 oh 5") is
read here the way a person reads it out. What is no number reads as nothing.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

_UP_TO_NINETEEN: Final = (
    "zero one two three four five six seven eight nine "
    "ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen"
)
_TENS: Final = "twenty thirty forty fifty sixty seventy eighty ninety"
_ADDED: Final = {
    **{word: number for number, word in enumerate(_UP_TO_NINETEEN.split())},
    **{word: 10 * number for number, word in enumerate(_TENS.split(), start=2)},
    "oh": 0,
    "o": 0,
}
_SCALES: Final = {"hundred": 100, "thousand": 1000, "million": 1_000_000}
_IRREGULAR: Final = {
    "first": "one",
    "second": "two",
    "third": "three",
    "fifth": "five",
    "eighth": "eight",
    "ninth": "nine",
    "twelfth": "twelve",
}
_FIGURES: Final = re.compile(r"[$£€¢]?\d+(?:\.\d+)?%?")
_ORDINAL_FIGURES: Final = re.compile(r"(\d+)(?:st|nd|rd|th)")


@lru_cache(maxsize=65536)
def figures(words: tuple[str, ...]) -> str:
    """`1905` of (nineteen, oh, five), `21th` of (twenty, first) and of (21st,); empty where the words are no number."""
    cardinals = [_cardinal(word) for word in words]
    if any(ordinal for _, ordinal in cardinals[:-1]) or words[-1] == "and":
        return ""
    reading = _Reading()
    if not all(reading.takes(word) for word, _ in cardinals):
        return ""
    return reading.close() + ("th" if cardinals[-1][1] else "")


def _cardinal(word: str) -> tuple[str, bool]:
    """The word or figures without its ordinal ending, and whether it had one."""
    if found := _ORDINAL_FIGURES.fullmatch(word):
        return found[1], True
    stem = _IRREGULAR.get(word) or re.sub("th$", "", re.sub("ieth$", "y", word))
    return (stem, True) if stem != word and (stem in _ADDED or stem in _SCALES) else (word, False)


@dataclass(slots=True)
class _Reading:
    """Numbers one after the other: each grows while words fit into it, then stands behind those before it."""

    done: str = ""
    thousands: int = 0
    growing: int | None = None  # what is below the next thousand
    whole: bool = False  # written in figures: words no longer add to it

    def takes(self, word: str) -> bool:
        """Read one word more; whether it can belong to a number."""
        if word in _ADDED:
            self._add(_ADDED[word])
        elif word in _SCALES:
            self._scale(_SCALES[word])
        elif _FIGURES.fullmatch(word):
            self._put(word)
        else:
            self.whole = False
            return word == "and" and self._has_room(99)
        return True

    def close(self) -> str:
        """All that was read, as figures."""
        if self.thousands or self.growing is not None:
            self.done += str(self.thousands + (self.growing or 0))
        self.thousands, self.growing, self.whole = 0, None, False
        return self.done

    def _add(self, number: int) -> None:
        if not self._has_room(number):
            self.close()
        self.growing = (self.growing or 0) + number

    def _has_room(self, number: int) -> bool:
        """Twenty has room for five, nineteen has none, a hundred for both; a zero is always a figure of its own."""
        if self.whole or number == 0:
            return False
        if self.growing is None:
            return self.thousands > 0
        last = self.growing % 100
        return self.growing > 0 and (last == 0 or (number < 10 < last and last % 10 == 0))

    def _scale(self, scale: int) -> None:
        count = 1 if self.growing is None else self.growing
        if scale == _SCALES["hundred"]:
            self.growing = count * scale
        else:
            self.thousands, self.growing = self.thousands + count * scale, None
        self.whole = False

    def _put(self, written: str) -> None:
        if not written.isdecimal() or written[0] == "0":  # a sign, a point or a leading zero: nothing is added to it
            self.close()
            self.done += written
            return
        if int(written) < 100:
            self._add(int(written))
        else:
            self.close()
            self.growing = int(written)
        self.whole = True
