"""Whether a clip's transcript, word times and segments can be true together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from harness.corpus.words import segments_of, words_of
from harness.model.clip import Segment, Word

NS_PER_MS = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """What is wrong, and under which key of the golden file."""

    key: str
    problem: str


def problem_of(reference: str, words: Sequence[Word], segments: Sequence[Segment], duration_ns: int) -> Problem | None:
    """The first contradiction among a clip's reference, words, segments and length; None where there is none."""
    return _times(words, duration_ns) or _texts(reference, words) or _runs(words, segments)


def _times(words: Sequence[Word], duration_ns: int) -> Problem | None:
    before_ns = 0
    for index, word in enumerate(words):
        key = f"words[{index}]"
        if word.end_ns <= word.start_ns:
            return Problem(key=key, problem=f"{word.text!r} ends before it starts")
        if word.start_ns < before_ns:
            return Problem(key=key, problem=f"{word.text!r} starts before the word ahead of it ends")
        if word.end_ns > duration_ns:
            return Problem(key=key, problem=f"{word.text!r} ends after the clip")
        before_ns = word.end_ns
    return None


def _texts(reference: str, words: Sequence[Word]) -> Problem | None:
    expected, timed = words_of(reference), tuple(word.text for word in words)
    if "" in expected:
        return Problem(key="reference", problem="a lone punctuation mark is no word")
    if len(expected) != len(timed):
        return Problem(key="words", problem=f"{len(timed)} words are timed, but the reference has {len(expected)}")
    for index, (want, got) in enumerate(zip(expected, timed, strict=True)):
        if want != got:
            return Problem(key=f"words[{index}]", problem=f"is {got!r}, but the reference says {want!r}")
    return None


def _runs(words: Sequence[Word], segments: Sequence[Segment]) -> Problem | None:
    expected = segments_of([(word.start_ns / NS_PER_MS, word.end_ns / NS_PER_MS) for word in words])
    if expected != tuple((part.first_word, part.last_word) for part in segments):
        return Problem(key="segments", problem=f"do not follow the pauses of 600 ms, which give {list(expected)}")
    return None
