"""Symptoms in the words: which defect of the target the mistakes of a run have in common."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher
from itertools import pairwise
from typing import Final

from harness.judge.played import Played, Words, is_habit, plain, quoted, seen_in
from harness.judge.wording import of_sessions, plural
from harness.model.measurement import Mistake

LEAST_REPEATED: Final = 0.5
"""Of a repeated final's words that must have come in excess of the reference: speakers say things twice, too."""

LEAST_SEGMENT: Final = 3
"""Words of a segment that can be called lost; one or two missing words are word errors."""

MOST_LEFT: Final = 0.2
"""Of a lost segment's words that may still be matched, or stand in their place: a chance "the", a word cut off."""

_MOST_NAMED: Final = 3


def wrong_words(sessions: Sequence[Played]) -> Iterator[str]:
    """One sentence a symptom; none for mistakes that have no pattern."""
    spoken = [one for one in sessions if one.clip.has_speech and one.finals]
    yield from _last_word(spoken)
    yield from _swapped(spoken)
    yield from _repeated(spoken)
    yield from _lost_segments([one for one in spoken if len(one.clip.segments) > 1])
    yield from _on_silence([one for one in sessions if not one.clip.has_speech])


def _last_word(spoken: Sequence[Played]) -> Iterator[str]:
    hits = [(one, word) for one in spoken if (word := _missing_end(one.mistakes))]
    sessions = [one for one, _ in hits]
    if is_habit(sessions, spoken):
        one, word = hits[0]
        yield f'The last word is missing in {seen_in(sessions, spoken)}, such as "{word}" in {one.name}.'


def _missing_end(mistakes: Sequence[Mistake]) -> str:
    """The last reference word where it has nothing in its place; empty where it has, or where all are missing."""
    deleted = [one for one in mistakes if one.kind == "delete"]
    if not deleted or deleted[-1].at != deleted[-1].of - 1 or len(deleted) == deleted[-1].of:
        return ""
    return deleted[-1].reference


def _swapped(spoken: Sequence[Played]) -> Iterator[str]:
    hits = [(one, word) for one in spoken if (word := _misplaced(one.mistakes))]
    sessions = [one for one, _ in hits]
    if is_habit(sessions, spoken):
        one, word = hits[0]
        yield (
            f"Neighbouring words are swapped in {seen_in(sessions, spoken)}: "
            f'"{word}" stands on the wrong side of its neighbour in {one.name}.'
        )


def _misplaced(mistakes: Sequence[Mistake]) -> str:
    """A word that changed places with its neighbour; empty where none did.

    Aligned by least edits, "a b" heard as "b a" is two substitutions, or one word kept and the other deleted on one
    side of it and inserted on the other: all cost two.
    """
    for one, other in pairwise(mistakes):
        apart = other.at - one.at
        crossed = one.reference == other.heard and one.heard == other.reference
        if (one.kind, other.kind, apart) in _SWAPS and crossed:
            return one.reference or one.heard
    return ""


_SWAPS: Final = {
    ("substitute", "substitute", 1),
    ("delete", "insert", 2),  # an insertion is counted at the word behind it
    ("insert", "delete", 1),
}


def _repeated(spoken: Sequence[Played]) -> Iterator[str]:
    hits = [(one, words) for one in spoken if (words := _said_again(one))]
    if hits:
        one, words = hits[0]
        where = seen_in([one for one, _ in hits], spoken)
        yield f"A segment came twice in {where}, such as {quoted(words)} in {one.name}."


def _said_again(one: Played) -> Words:
    """A final whose text had come before, though it was not spoken twice."""
    excess = sum(len(plain(final.text)) for _, final in one.finals) - len(one.reference)
    before: set[Words] = set()
    for _, final in one.finals:
        words = plain(final.text)
        if words in before and excess >= LEAST_REPEATED * len(words):
            return words
        before.add(words)
    return ()


def _lost_segments(spoken: Sequence[Played]) -> Iterator[str]:
    """Which segment of which clip, and in how many of the clip's sessions at any rate."""
    lost: defaultdict[tuple[str, int], list[Played]] = defaultdict(list)
    for one in spoken:
        for segment in _lost(one):
            lost[one.clip.clip_id, segment].append(one)
    worst = sorted(lost.items(), key=lambda item: (-len(item[1]), item[0]))
    if worst:
        parts = [_lost_part(segment, hits, spoken) for (_, segment), hits in worst[:_MOST_NAMED]]
        more = len(worst) - len(parts)
        parts += [f"and {more} more"] if more else []
        yield f"A whole segment is missing: {'; '.join(parts)}."


def _lost_part(segment: int, hits: Sequence[Played], spoken: Sequence[Played]) -> str:
    clip, played = hits[0].clip, sum(one.clip.clip_id == hits[0].clip.clip_id for one in spoken)
    of = clip.segments[segment]
    words = quoted(hits[0].reference[of.first_word : of.last_word + 1])
    place = f"segment {segment + 1} of {len(clip.segments)}"
    return f"{clip.clip_id} lacks {place}, {words}, in {of_sessions(len(hits), played)}"


def _lost(one: Played) -> list[int]:
    """Indices of the segments of which next to nothing was heard, right or wrong."""
    if sum(mistake.kind == "delete" for mistake in one.mistakes) < LEAST_SEGMENT:
        return []
    heard = [word for _, final in one.finals for word in plain(final.text)]
    blocks = SequenceMatcher(None, one.reference, heard, autojunk=False).get_matching_blocks()
    places = {block.a + step: block.b + step for block in blocks for step in range(block.size)}
    lost = []
    for index, segment in enumerate(one.clip.segments):
        words = range(segment.first_word, segment.last_word + 1)
        before = max((at for word, at in places.items() if word < words.start), default=-1)
        behind = min((at for word, at in places.items() if word >= words.stop), default=len(heard))
        if len(words) >= LEAST_SEGMENT and behind - before - 1 <= MOST_LEFT * len(words):
            lost.append(index)
    return lost


def _on_silence(silent: Sequence[Played]) -> Iterator[str]:
    """Any word is worth saying: nobody spoke."""
    hits = [one for one in silent if one.mistakes]
    if hits:
        words = [mistake.heard for mistake in hits[0].mistakes]
        total = plural(sum(len(one.mistakes) for one in hits), "word")
        where = f"{of_sessions(len(hits), len(silent))} in which nobody speaks"
        yield f"{total} heard on silence, in {where}, such as {quoted(words)} in {hits[0].name}."
