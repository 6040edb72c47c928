"""Wrong words that are the right ones in another way of writing: compounds, numbers, contractions.

It reads what the normaliser left of both texts, so most contractions and numbers are settled before it. It claims only
what the letters show: "well" for "we'll", or "would" for the "had" of "I'd", stay the errors they are.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby
from operator import attrgetter, itemgetter
from typing import Final

from harness.measure.numerals import figures
from harness.model.measurement import Mistake, Respelling, Writing

_LONGEST: Final = 10  # words written as one: a telephone number, figure by figure

_ENDINGS: Final = {"n't": "not", "'re": "are", "'ve": "have", "'ll": "will", "'m": "am", "'s": "is", "'d": "would"}
_CONTRACTED: Final = (
    "i'm i've i'll i'd you're you've you'll you'd he's he'll he'd she's she'll she'd it's it'll we're we've we'll we'd "
    "they're they've they'll they'd that's that'll there's here's what's where's who's how's don't doesn't didn't "
    "isn't aren't wasn't weren't haven't hasn't hadn't couldn't shouldn't wouldn't mustn't needn't"
)
_OWN_WORDS: Final = frozenset(
    {"ill", "id", "hell", "hed", "shell", "shed", "were", "well", "wed"}
)  # no apostrophe lost
_OTHERS: Final = (
    "can't=can not;won't=will not;let's=let us;y'all=you all;gonna=going to;wanna=want to;gotta=got to;kinda=kind of;"
    "sorta=sort of;outta=out of;lemme=let me;gimme=give me;dunno=do not know;imma=i am going to;alright=all right;"
    "ok=okay;cuz=because;til=until"
)
_SHORT: Final = {
    **{
        word: f"{word.removesuffix(end)} {full}"
        for word in _CONTRACTED.split()
        for end, full in _ENDINGS.items()
        if word.endswith(end)
    },
    **dict(pair.split("=") for pair in _OTHERS.split(";")),
}
_WRITTEN_OUT: Final = {
    **{short.replace("'", ""): full for short, full in _SHORT.items() if short.replace("'", "") not in _OWN_WORDS},
    **_SHORT,
}

Words = tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Same:
    """Words of both sides that are the same otherwise written: where they begin and how many, there and there."""

    kind: Writing
    at: tuple[int, int]
    of: tuple[int, int]


_Way = tuple[int, tuple[_Same, ...]]  # errors so far, and what was found to be the same


def respellings(mistakes: Iterable[Mistake]) -> tuple[Respelling, ...]:
    """What of the mistakes is only written otherwise; mistakes of a session stand together, in order.

    `errors` says how many wrong words fewer there would be, were both ways of writing one.
    """
    return tuple(
        found
        for _, own in groupby(mistakes, key=attrgetter("session_id"))
        for block in _adjacent(own)
        for found in _in_block(block)
    )


def _adjacent(mistakes: Iterable[Mistake]) -> Iterator[list[Mistake]]:
    """Mistakes without a right word between them."""
    block: list[Mistake] = []
    for mistake in mistakes:
        if block and mistake.at != block[-1].at + (block[-1].kind != "insert"):
            yield block
            block = []
        block.append(mistake)
    if block:
        yield block


def _in_block(block: Sequence[Mistake]) -> Iterator[Respelling]:
    reference = tuple(mistake.reference for mistake in block if mistake.reference)
    heard = tuple(mistake.heard for mistake in block if mistake.heard)
    errors, same = _least(reference, heard) if reference and heard else (len(block), ())
    saved = len(block) - errors
    for one in same if saved > 0 else ():
        share = min(max(one.of), saved)
        saved -= share
        yield Respelling(
            session_id=block[0].session_id,
            kind=one.kind,
            at=block[0].at + one.at[0],
            reference=" ".join(reference[one.at[0] : one.at[0] + one.of[0]]),
            heard=" ".join(heard[one.at[1] : one.at[1] + one.of[1]]),
            errors=share,
        )


@lru_cache(maxsize=8192)
def _least(reference: Words, heard: Words) -> _Way:
    """The fewest errors between both where another way of writing is none (edit distance with such steps at 0)."""
    same: defaultdict[tuple[int, int], list[_Same]] = defaultdict(list)
    for one in _sames(reference, heard):
        same[one.at[0] + one.of[0], one.at[1] + one.of[1]].append(one)
    if not same:
        return max(len(reference), len(heard)), ()
    ways: dict[tuple[int, int], _Way] = {(0, 0): (0, ())}
    for i in range(len(reference) + 1):
        for j in range(len(heard) + 1):
            wrong = i > 0 and j > 0 and reference[i - 1] != heard[j - 1]
            steps = [((i - 1, j - 1), int(wrong)), ((i - 1, j), 1), ((i, j - 1), 1)]
            found = [(ways[at][0] + cost, ways[at][1]) for at, cost in steps if at in ways]
            found += [(ways[one.at][0], (*ways[one.at][1], one)) for one in same[i, j]]
            if found:  # the first of equals stands: nothing is called the same that saves no error
                ways[i, j] = min(found, key=itemgetter(0))
    return ways[len(reference), len(heard)]


def _sames(reference: Words, heard: Words) -> Iterator[_Same]:
    """Every pair of stretches that another way of writing makes equal, short ones first."""
    there: defaultdict[tuple[Writing, str], list[tuple[int, int]]] = defaultdict(list)
    for at, of in _stretches(heard):
        for form in _forms(heard[at : at + of]):
            there[form].append((at, of))
    for at, of in _stretches(reference):
        for form in _forms(reference[at : at + of]):
            for at_there, of_there in there.get(form, ()):
                if form[0] == "compound" and 1 not in (of, of_there):
                    continue  # "a nice man" for "an ice man" is misheard
                if reference[at : at + of] != heard[at_there : at_there + of_there]:
                    yield _Same(kind=form[0], at=(at, at_there), of=(of, of_there))


def _stretches(words: Words) -> Iterator[tuple[int, int]]:
    for of in range(1, _LONGEST + 1):
        for at in range(len(words) - of + 1):
            yield at, of


def _forms(words: Words) -> Iterator[tuple[Writing, str]]:
    """What two ways of writing have in common: the figures, the letters without spaces, or the words written out."""
    if number := figures(words):
        yield "number", number
        return
    yield "compound", "".join(words)
    yield "contraction", " ".join(_WRITTEN_OUT.get(word, word) for word in words)
    last = words[-1]
    if last not in _WRITTEN_OUT and len(last) > 3 and last.endswith("s") and last[-2] not in "siu'":
        # The normaliser makes "john is" of "john's", whoever wrote "johns".
        yield "contraction", " ".join((*words[:-1], last[:-1], "is"))
