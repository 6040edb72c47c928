"""What the listener saw: the hypothesis at every moment, and the life of every word that was shown."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from harness.measure.align import kept
from harness.measure.text import fold
from harness.model.timeline import Final, Partial, Timeline

Words = tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Hypothesis:
    """The finals so far plus the newest partial of the open segment, folded, from `at_ns` (run time) on."""

    at_ns: int
    words: Words
    settled: int  # how many of the words are final
    blank: bool  # the message that made it had no word in it (a server may send such to keep the line alive)


@dataclass(slots=True, kw_only=True)
class Life:
    """A word on the screen: from when, and until when (None: it is in the transcript)."""

    text: str
    shown_ns: int
    gone_ns: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Screen:
    """Every word ever shown, in order of appearance, and which of them stood on the screen together."""

    shown: tuple[Life, ...]
    moments: tuple[tuple[Life, ...], ...]  # one per hypothesis, in the order of its words
    standing: tuple[Life, ...]  # in the end: the transcript's words, in its order


def hypotheses(timeline: Timeline) -> tuple[Hypothesis, ...]:
    """One per partial and final heard, in order of arrival.

    A final closes its segment: a partial that comes for it afterwards was overtaken and changes nothing.
    A repeated final is one more final: nothing is de-duplicated.
    """
    found: list[Hypothesis] = []
    closed: set[int] = set()
    settled: Words = ()
    tail: tuple[int, Words] = (-1, ())  # the open segment and its newest partial
    for at_ns, heard in timeline.heard:
        if not isinstance(heard, Partial | Final) or (isinstance(heard, Partial) and heard.segment in closed):
            continue
        words = fold(heard.text)
        if isinstance(heard, Final):
            settled += words
            closed.add(heard.segment)
            tail = (-1, ()) if tail[0] in closed else tail
        else:
            tail = (heard.segment, words)
        found.append(Hypothesis(at_ns=at_ns, words=settled + tail[1], settled=len(settled), blank=not words))
    return tuple(found)


def watch(seen: Iterable[Hypothesis], over_ns: int) -> Screen:
    """Follow every word from the hypothesis that brought it to the one that no longer has it.

    A word is the same word while the least edits from one hypothesis to the next keep it, wherever it moves to.
    What never became final is taken back when the session is over, at `over_ns`: the listener does not keep it.
    """
    shown: list[Life] = []
    moments: list[tuple[Life, ...]] = []
    lives: tuple[Life, ...] = ()
    old: Words = ()
    settled = 0
    for hypothesis in seen:
        lives = _step(old, lives, hypothesis.words, hypothesis.at_ns, shown)
        old, settled = hypothesis.words, hypothesis.settled
        moments.append(lives)
    standing = _step(old, lives, old[:settled], over_ns, shown)
    return Screen(shown=tuple(shown), moments=tuple(moments), standing=standing)


def _step(old: Words, lives: tuple[Life, ...], new: Words, at_ns: int, shown: list[Life]) -> tuple[Life, ...]:
    if old == new:
        return lives
    same = {there: here for here, there in kept(old, new)}
    for gone in set(range(len(old))).difference(same.values()):
        lives[gone].gone_ns = at_ns
    born = {at: Life(text=word, shown_ns=at_ns) for at, word in enumerate(new) if at not in same}
    shown.extend(born.values())
    return tuple(lives[same[at]] if at in same else born[at] for at in range(len(new)))
