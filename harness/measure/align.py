"""Word alignments by least edits: which words of two sequences are the same ones."""

from __future__ import annotations

from collections.abc import Sequence

from rapidfuzz.distance import Levenshtein

Pairs = list[tuple[int, int]]


def kept(old: Sequence[str], new: Sequence[str]) -> Pairs:
    """Indices (in `old`, in `new`) of the words that both have, in order.

    Hypotheses mostly grow at their end, so what is common in front and behind is paired before anything is aligned:
    that leaves the number of edits as it is, and makes the usual case free.
    """
    shorter = min(len(old), len(new))
    front = next((at for at in range(shorter) if old[at] != new[at]), shorter)
    left = shorter - front
    back = next((at for at in range(left) if old[-1 - at] != new[-1 - at]), left)
    pairs = [(at, at) for at in range(front)]
    for step in Levenshtein.opcodes(old[front : len(old) - back], new[front : len(new) - back]):
        if step.tag == "equal":
            pairs += zip(
                range(front + step.src_start, front + step.src_end),
                range(front + step.dest_start, front + step.dest_end),
                strict=True,
            )
    return pairs + [(len(old) - step, len(new) - step) for step in range(back, 0, -1)]


def answered(reference: Sequence[str], heard: Sequence[str]) -> Pairs:
    """Indices (in `reference`, in `heard`) of the words that stand against each other, right or wrong."""
    return [
        pair
        for step in Levenshtein.opcodes(reference, heard)
        if step.tag in ("equal", "replace")
        for pair in zip(range(step.src_start, step.src_end), range(step.dest_start, step.dest_end), strict=True)
    ]


def reaches(words: Sequence[str], reference: Sequence[str], first: int) -> bool:
    """Whether `words`, laid where they fit the reference best, end at or behind its word `first`.

    They may begin and end anywhere (Sellers 1980: free ends in the reference). Plain alignment cannot tell: against
    "we saw the | end of the road" it may lay the last word of "we saw the" on either "the". Where words fit as well
    with the part from `first` as without, they are given to it: a misheard last word is an error of its text, no loss.
    """
    costs = [0] * (len(reference) + 1)
    for count, word in enumerate(words, start=1):
        above, costs = costs, [count]
        for at, expected in enumerate(reference):
            costs.append(min(above[at] + (word != expected), above[at + 1] + 1, costs[at] + 1))
    return min(costs[first + 1 :]) <= min(costs[: first + 1])
