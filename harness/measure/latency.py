"""How long the listener waited. Every latency counts from the intended time, so no delay of anybody's can hide."""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import pairwise
from statistics import median

from harness.measure.align import kept
from harness.measure.finals import is_timed, last_final_fault, segment_arrivals
from harness.measure.hearing import NS_PER_MS, Hearing
from harness.measure.hypothesis import Hypothesis
from harness.measure.text import fold_word
from harness.measure.wer import word_errors
from harness.model.measurement import Measurement
from harness.model.timeline import HeardWord


def latencies(hearing: Hearing) -> Iterator[Measurement]:
    """The latency rows that apply to the session's clip, in the catalogue's order, but for `word_time_error_ms`."""
    yield connect(hearing)
    if hearing.clip.has_speech and hearing.clip.latency:
        yield from first_words(hearing)
        yield partial_lag(hearing)
        yield final(hearing)
        if len(hearing.segments) > 1:
            yield segment_final(hearing)
        yield partial_interval(hearing)


def connect(hearing: Hearing) -> Measurement:
    """Ready to take audio minus the planned moment of opening."""
    ready_ns = hearing.timeline.ready_ns
    if ready_ns is None:
        return hearing.row("connect_ms", None, reason="never ready")
    return hearing.row("connect_ms", (ready_ns - hearing.plan.open_ns) / NS_PER_MS)


def first_words(hearing: Hearing) -> Iterator[Measurement]:
    """First partial, the same from onset, and the first whose first word is right; negative where it was guessed."""
    candidates = qualifying(hearing)
    spoken_ns = hearing.spoken_at(hearing.clip.words[0].end_ns)
    first = candidates[0].at_ns if candidates else None
    correct = next((seen.at_ns for seen in candidates if seen.words[0] == hearing.reference[0]), None)
    none, never = "no new hypothesis came after speech onset", "the first word was never right"
    yield _since(hearing, "first_partial_ms", first, spoken_ns, none)
    yield _since(hearing, "first_partial_onset_ms", first, hearing.onset_ns, none)
    yield _since(hearing, "first_correct_word_ms", correct, spoken_ns, never if candidates else none)


def qualifying(hearing: Hearing) -> tuple[Hypothesis, ...]:
    """Hypotheses after speech onset that have a word and are not what stood on the screen at onset."""
    before = [seen for seen in hearing.seen if seen.at_ns <= hearing.onset_ns]
    stale = before[-1].words if before else ()
    return tuple(seen for seen in hearing.seen[len(before) :] if seen.words and seen.words != stale)


def partial_lag(hearing: Hearing) -> Measurement:
    """The median over the reference words of: stands for good minus its end; infinite when half never came."""
    lags = [
        math.inf if stays_ns is None else (stays_ns - hearing.spoken_at(word.end_ns)) / NS_PER_MS
        for word, stays_ns in zip(hearing.clip.words, hearing.stays_ns, strict=True)
    ]
    middle = median(lags)
    if math.isinf(middle):
        lost = sum(math.isinf(lag) for lag in lags)
        return hearing.row("partial_lag_ms", None, reason=f"{lost} of {len(lags)} words never came")
    return hearing.row("partial_lag_ms", middle)


def final(hearing: Hearing) -> Measurement:
    """The last final's arrival minus the end of speech."""
    fault = last_final_fault(hearing)
    arrival = None if fault else hearing.finals[-1][0]
    return _since(hearing, "final_ms", arrival, hearing.end_of_speech_ns, fault)


def segment_final(hearing: Hearing) -> Measurement:
    """The worst segment's final minus that segment's end; like the last one, a final must come after it."""
    waits = []
    for number, (segment, arrival) in enumerate(zip(hearing.segments, segment_arrivals(hearing), strict=True), start=1):
        end_ns = hearing.spoken_at(hearing.clip.words[segment.last_word].end_ns)
        if arrival is None or arrival <= end_ns:
            reason = f"segment {number} of {len(hearing.segments)} has no final"
            return hearing.row("segment_final_ms", None, reason=reason)
        waits.append(arrival - end_ns)
    if fault := last_final_fault(hearing):
        return hearing.row("segment_final_ms", None, reason=fault)
    return hearing.row("segment_final_ms", max(waits) / NS_PER_MS)


def partial_interval(hearing: Hearing) -> Measurement:
    """The median time between messages with words in them, from speech onset to the end of speech."""
    arrivals = [
        seen.at_ns
        for seen in hearing.seen
        if not seen.blank and hearing.onset_ns <= seen.at_ns <= hearing.end_of_speech_ns
    ]
    if len(arrivals) < 2:
        reason = "fewer than two hypotheses while speech lasted"
        return hearing.row("partial_interval_ms", None, reason=reason)
    gaps = [later - earlier for earlier, later in pairwise(arrivals)]
    return hearing.row("partial_interval_ms", median(gaps) / NS_PER_MS)


def word_time_error(hearing: Hearing) -> Measurement | None:
    """The median distance of heard and reference word ends over correct words.

    No row where the text is right and yet no word stands for another ("293" for "two nine three"): all is well, and
    there is nothing to time.
    """
    if not hearing.finals:
        return hearing.row("word_time_error_ms", None, reason="no final came")
    if not any(is_timed(final) for _, final in hearing.finals):
        return hearing.row("word_time_error_ms", None, reason="no word times came")
    ends = [(text, word.end_ns) for word in _heard_words(hearing) if (text := fold_word(word.text))]
    errors = [
        abs(end_ns - hearing.clip.words[reference].end_ns) / NS_PER_MS
        for reference, heard in kept(hearing.reference, tuple(text for text, _ in ends))
        if (end_ns := ends[heard][1]) is not None
    ]
    if not errors and not word_errors(hearing.clip.reference, hearing.transcript).errors:
        return None
    if not errors:
        return hearing.row("word_time_error_ms", None, reason="no word was right")
    return hearing.row("word_time_error_ms", median(errors))


def _heard_words(hearing: Hearing) -> list[HeardWord]:
    return [word for _, final in hearing.finals for word in final.words]


def _since(hearing: Hearing, metric: str, arrival: int | None, origin_ns: int, reason: str) -> Measurement:
    if arrival is None:
        return hearing.row(metric, None, reason=reason)
    return hearing.row(metric, (arrival - origin_ns) / NS_PER_MS)
