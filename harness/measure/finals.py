"""Which final belongs to which reference segment, and whether the last of them came at all.

Where the finals carry word times, those decide; where the contract has none, the alignment of the texts does.
"""

from __future__ import annotations

from bisect import bisect_right
from itertools import pairwise

from harness.measure.align import answered, reaches
from harness.measure.hearing import NS_PER_MS, Hearing
from harness.measure.text import fold
from harness.model.timeline import Final, HeardWord


def last_final_fault(hearing: Hearing) -> str:
    """Why the last final does not count as the end of the utterance, in one clause; empty when it does.

    A clip whose word times are not trusted says nothing about when its speech ended, so only the reach is asked there.
    """
    if not hearing.finals:
        return "no final came"
    at_ns, final = hearing.finals[-1]
    early_ms = (hearing.end_of_speech_ns - at_ns) / NS_PER_MS
    if hearing.clip.latency and early_ms >= 0:
        return f"the last final came {early_ms:.0f} ms before speech had ended"
    if not _reaches_last_segment(hearing, final):
        return "the last final does not reach into the last segment"
    return ""


def segment_arrivals(hearing: Hearing) -> tuple[int | None, ...]:
    """For each reference segment the run time at which its last final arrived; None where it has none."""
    timed = all(is_timed(final) for _, final in hearing.finals)
    arrivals: list[int | None] = [None] * len(hearing.segments)
    for (at_ns, _), inside in zip(
        hearing.finals, _segments_by_time(hearing) if timed else _segments_by_text(hearing), strict=True
    ):
        for segment in inside:
            arrivals[segment] = at_ns
    return tuple(arrivals)


def is_timed(final: Final) -> bool:
    """Whether the contract gave this final word times."""
    return any(word.end_ns is not None for word in final.words)


def _reaches_last_segment(hearing: Hearing, final: Final) -> bool:
    first = hearing.segments[-1].first_word
    if is_timed(final):
        end_ns = max(word.end_ns for word in final.words if word.end_ns is not None)
        return end_ns > hearing.clip.words[first].start_ns
    return reaches(fold(final.text), hearing.reference, first)


def _segments_by_time(hearing: Hearing) -> list[set[int]]:
    """A heard word is in the segment on its side of the middle of the pause: heard times may be off by 300 ms."""
    words = hearing.clip.words
    cuts = [
        (words[left.last_word].end_ns + words[right.first_word].start_ns) // 2
        for left, right in pairwise(hearing.segments)
    ]
    return [
        {bisect_right(cuts, middle) for word in final.words if (middle := _middle_ns(word)) is not None}
        for _, final in hearing.finals
    ]


def _middle_ns(word: HeardWord) -> int | None:
    if word.end_ns is None or word.start_ns is None:
        return word.end_ns
    return (word.start_ns + word.end_ns) // 2


def _segments_by_text(hearing: Hearing) -> list[set[int]]:
    """All segments from that of the first to that of the last reference word that a final's words stand against."""
    transcript = [(index, word) for index, (_, final) in enumerate(hearing.finals) for word in fold(final.text)]
    starts = [segment.first_word for segment in hearing.segments]
    touched: list[set[int]] = [set() for _ in hearing.finals]
    for reference, heard in answered(hearing.reference, [word for _, word in transcript]):
        touched[transcript[heard][0]].add(bisect_right(starts, reference) - 1)
    return [set(range(min(segments), max(segments) + 1)) if segments else set() for segments in touched]
