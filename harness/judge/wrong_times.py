"""Symptoms in the times: partials, finals and word times that go wrong in one way all through a run."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations
from operator import itemgetter
from statistics import median
from typing import Final

from harness.judge.played import Played, Words, is_habit, plain, seen_in
from harness.judge.wording import plural, show
from harness.model.metrics import METRICS
from harness.stats import paired

LATER_MS: Final = 100.0
"""Less than this between two rates may be their filters and frames, and no listener notices it."""

OFF_SCALE: Final = 0.02
"""Of a word-time scale of 1. Rough word ends tilt a sentence by 5 % and more, but not all sentences the same way: what
is left of a sound recogniser over a run is under 1 %. A wrong rate or hop is more (44.1 for 48 kHz: 9 %)."""

LEAST_WORDS: Final = 5
LEAST_APART_NS: Final = 1_000_000_000
"""Between two words that are compared: over less, the roughness of their ends is all there is to see."""

MOST_RETURNS: Final = 0.2
"""Of the partials. At the usual five a second, one in five is a word that goes and comes back every second. Words that
are taken back once are no flicker: an eager recogniser guesses at a word before it is over (`upwr` counts those)."""

_CONFIDENCE: Final = 0.975  # of each end, so that the interval holds at 95 %
_ENOUGH_PAIRS: Final = 500  # the interval is narrow by then, and the work grows with the square
_MOST_WORDS: Final = 20  # of either end of a long clip: what lies far apart tells most
_NS_PER_MS: Final = 1_000_000


def wrong_times(sessions: Sequence[Played]) -> Iterator[str]:
    """One sentence a symptom; none for delays that vary without a pattern."""
    spoken = [one for one in sessions if one.clip.has_speech and one.finals]
    yield from _one_rate_later(spoken)
    yield from _no_partials(spoken)
    yield from _early_finals([one for one in spoken if one.clip.latency])
    yield from _flicker(spoken)
    yield from _scaled([one for one in spoken if one.clip.latency])


def _one_rate_later(spoken: Sequence[Played]) -> Iterator[str]:
    """Clip by clip and repeat by repeat: the two rates carry the same words, so nothing else should differ."""
    for slow, fast in combinations(sorted({one.clip.rate_hz for one in spoken}), 2):
        shifts = {metric: _shift(spoken, metric, slow, fast) for metric in ("first_partial_ms", "final_ms")}
        for later, earlier, sign in ((slow, fast, 1), (fast, slow, -1)):
            parts = [_later(metric, found, sign) for metric, found in shifts.items() if _is_later(found, sign)]
            if parts:
                than = f"At {later / 1000:g} kHz the target answers later than at {earlier / 1000:g} kHz"
                yield f"{than}, clip by clip: {'; '.join(parts)}."


def _shift(spoken: Sequence[Played], metric: str, slow: int, fast: int) -> paired.Shift:
    values: dict[tuple[int, str, int], float] = {}
    for one in spoken:
        if (value := one.finite(metric)) is not None:
            values[one.clip.rate_hz, one.clip.clip_id, one.session.repeat] = value
    both = [
        (value, values[fast, clip, repeat])
        for (rate_hz, clip, repeat), value in values.items()
        if rate_hz == slow and (fast, clip, repeat) in values
    ][:_ENOUGH_PAIRS]
    return paired.shift([one for one, _ in both], [other for _, other in both], _CONFIDENCE)


def _is_later(found: paired.Shift, sign: int) -> bool:
    return (found.low if sign > 0 else -found.high) > LATER_MS


def _later(metric: str, found: paired.Shift, sign: int) -> str:
    low, high = (found.low, found.high) if sign > 0 else (-found.high, -found.low)
    value = sign * (found.value or 0.0)
    return (
        f"{METRICS[metric].label} by {show(value, 'ms')} "
        f"({low:,.0f} to {high:,.0f} ms at 95 %, {plural(found.pairs, 'pair')})"
    )


def _no_partials(spoken: Sequence[Played]) -> Iterator[str]:
    hits = [one for one in spoken if not one.partials]
    if is_habit(hits, spoken):
        yield f"No partial came before the final in {seen_in(hits, spoken)}, such as {hits[0].name}."


def _early_finals(spoken: Sequence[Played]) -> Iterator[str]:
    hits = [(one, early_ms) for one in spoken if (early_ms := _early_ms(one)) > 0]
    sessions = [one for one, _ in hits]
    if is_habit(sessions, spoken):
        typical = show(median(early_ms for _, early_ms in hits), "ms")
        one, early_ms = hits[0]
        yield (
            f"The last final came before the speech had ended in {seen_in(sessions, spoken)}, "
            f"typically {typical} before, such as {show(early_ms, 'ms')} in {one.name}."
        )


def _early_ms(one: Played) -> float:
    end_ns = one.session.start_ns + one.clip.words[-1].end_ns
    return (end_ns - one.finals[-1][0]) / _NS_PER_MS


def _flicker(spoken: Sequence[Played]) -> Iterator[str]:
    returns = [_returns(one) for one in spoken]
    partials = sum(len(one.partials) for one in spoken)
    if partials and sum(returns) > MOST_RETURNS * partials:
        share = show(sum(returns) / partials, "ratio")
        most, worst = max(zip(returns, spoken, strict=True), key=itemgetter(0))
        yield (
            f"Partials flicker: {sum(returns):,} of {plural(partials, 'partial')} ({share}) bring back a word that the "
            f"one before had taken away, most in {worst.name}: {most} of {len(worst.partials)}."
        )


def _returns(one: Played) -> int:
    """Partials that show a word again in the place where the last one had another, or none."""
    shown = [(partial.segment, plain(partial.text)) for partial in one.partials]
    return sum(
        len({segment for segment, _ in three}) == 1 and _comes_back(*(words for _, words in three))
        for three in zip(shown, shown[1:], shown[2:], strict=False)
    )


def _comes_back(first: Words, second: Words, third: Words) -> bool:
    return any(
        word == again and second[at : at + 1] != (word,)
        for at, (word, again) in enumerate(zip(first, third, strict=False))
    )


def _scaled(spoken: Sequence[Played]) -> Iterator[str]:
    slopes = [slope for one in spoken if (slope := _slope(one)) is not None][:_ENOUGH_PAIRS]
    found = paired.shift(slopes, [1.0] * len(slopes), _CONFIDENCE)
    if found.low > OFF_SCALE or found.high < -OFF_SCALE:
        middle, low, high = (1 + (end or 0.0) for end in (found.value, found.low, found.high))
        yield (
            f"Heard word times are scaled: they run {middle:.3f} times as long as the reference's "
            f"({low:.3f} to {high:.3f} at 95 %, {plural(found.pairs, 'session')})."
        )


def _slope(one: Played) -> float | None:
    """Of heard over reference word ends, in one session; None where it has too little to draw a line through.

    The median of the slopes between pairs of words (Theil 1950, Sen 1968): an offset is no scale, and single ends that
    are far off are outvoted.
    """
    points = _anchors(one)
    pairs = combinations(points[:_MOST_WORDS] + points[_MOST_WORDS:][-_MOST_WORDS:], 2)
    slopes = [(b[1] - a[1]) / (b[0] - a[0]) for a, b in pairs if b[0] - a[0] >= LEAST_APART_NS]
    return median(slopes) if slopes and len(points) >= LEAST_WORDS else None


def _anchors(one: Played) -> list[tuple[int, int]]:
    """Reference and heard ends of the right words before the first wrong one, and of those behind the last.

    Not of the two next to what is wrong: where a segment was lost, one may be a chance "the" of another segment.
    """
    reference = [(text, word.end_ns) for text, word in zip(one.reference, one.clip.words, strict=True)]
    heard = [(text, word.end_ns) for text, word in one.words]
    shorter = min(len(reference), len(heard))
    front = next((at for at in range(shorter) if reference[at][0] != heard[at][0]), shorter)
    left = shorter - front
    back = next((at for at in range(left) if reference[-1 - at][0] != heard[-1 - at][0]), left)
    if len(reference) > front or len(heard) > front:
        front, back = max(0, front - 1), max(0, back - 1)
    pairs = [*zip(reference[:front], heard[:front], strict=True)]
    pairs += zip(reference[len(reference) - back :], heard[len(heard) - back :], strict=True)
    return [(spoken_ns, told_ns) for (_, spoken_ns), (_, told_ns) in pairs if told_ns is not None]
