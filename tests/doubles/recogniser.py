"""A recogniser that knows what is said: what it would send for a session and when, and twelve ways to be different.

Pure: it reads the clip's words and their times, and hears nothing. It never stands in a result; the tests of this
project run on it to see whether the harness names what was planted.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from enum import StrEnum

from harness.model.clip import Clip, Word
from harness.model.plan import SessionPlan
from harness.model.timeline import Final, Heard, HeardWord, Partial

MS = 1_000_000
UNDERSTOOD_AFTER_NS = 100 * MS  # a word can be shown that long after it has been spoken
PARTIAL_EVERY_NS = 200 * MS
FINAL_AFTER_NS = 500 * MS  # the end of a segment, less than the 600 ms without which the next one cannot begin

LATE_NS = 400 * MS
REPEATED_AFTER_NS = 100 * MS
EARLY_NS = 250 * MS
SCALE = 1.1


class Defect(StrEnum):
    """The last two are spellings, and no defects."""

    NONE = "none"
    DROPS_LAST_WORD = "drops-last-word"
    SWAPS_TWO_WORDS = "swaps-two-words"
    LATE_ON_8_KHZ = "late-on-8-khz"
    WORDS_ON_SILENCE = "words-on-silence"
    NO_PARTIALS = "no-partials"
    REPEATS_A_SEGMENT = "repeats-a-segment"
    FINAL_BEFORE_THE_END = "final-before-the-end"
    FLICKERS = "flickers"
    SCALES_WORD_TIMES = "scales-word-times"
    LOSES_A_SEGMENT = "loses-a-segment"
    UPPER_CASE = "upper-case-and-punctuation"
    DIGITS = "digits"


@dataclass(frozen=True, slots=True, kw_only=True)
class Utterance:
    """What it understood of a segment, and when the segment ends; clip time."""

    words: tuple[Word, ...]
    end_ns: int


Utterances = list[Utterance]
Cue = tuple[int, Heard]
Cues = list[Cue]


def recognise(plan: SessionPlan, defect: Defect = Defect.NONE) -> Cues:
    """What is sent and when (run time), in order of time; neither Opened nor Closed."""
    understood = UNDERSTANDING.get(defect, lambda said: said)(utterances(plan.clip))
    if defect is Defect.WORDS_ON_SILENCE and not plan.clip.has_speech:
        understood = [THANK_YOU]
    spell = SPELLING.get(defect, lambda words: words)
    cues = [cue for said in understood if said.words for cue in answer(said, spell)]
    cues = SENDING.get(defect, lambda cues, _: cues)(cues, plan.clip)
    return [(plan.start_ns + at_ns, heard) for at_ns, heard in numbered(sorted(cues, key=lambda cue: cue[0]))]


def utterances(clip: Clip) -> Utterances:
    parts = [clip.words[segment.first_word : segment.last_word + 1] for segment in clip.segments]
    return [Utterance(words=words, end_ns=words[-1].end_ns) for words in parts]


def answer(said: Utterance, spell: Spelling) -> Iterator[Cue]:
    """Partials from its first word on, then the final; clip time."""
    final_ns = said.end_ns + FINAL_AFTER_NS
    for at_ns in range(said.words[0].end_ns + UNDERSTOOD_AFTER_NS, final_ns, PARTIAL_EVERY_NS):
        known = [word for word in said.words if word.end_ns + UNDERSTOOD_AFTER_NS <= at_ns]
        yield at_ns, Partial(segment=0, text=" ".join(word.text for word in spell(known)))
    spelt = spell(said.words)
    words = tuple(HeardWord(text=word.text, start_ns=word.start_ns, end_ns=word.end_ns) for word in spelt)
    yield final_ns, Final(segment=0, text=" ".join(word.text for word in spelt), words=words, audio_end_ns=said.end_ns)


def numbered(cues: Iterable[Cue]) -> Iterator[Cue]:
    """Each final ends a segment."""
    segment = 0
    for at_ns, heard in cues:
        yield at_ns, replace(heard, segment=segment)
        segment += isinstance(heard, Final)


# What it understands: segments in, segments out.


def without_last_word(said: Utterances) -> Utterances:
    return [*said[:-1], *(replace(last, words=last.words[:-1]) for last in said[-1:])]


def with_two_words_swapped(said: Utterances) -> Utterances:
    """Two neighbours in the middle of the first segment; each is spoken when the other should be."""
    return [*(replace(first, words=_swapped(first.words)) for first in said[:1]), *said[1:]]


def _swapped(words: tuple[Word, ...]) -> tuple[Word, ...]:
    at = len(words) // 2
    if at == 0:
        return words
    left, right = words[at - 1], words[at]
    swapped = (replace(left, text=right.text), replace(right, text=left.text))
    return (*words[: at - 1], *swapped, *words[at + 1 :])


def without_middle_segment(said: Utterances) -> Utterances:
    """The first of two, so that the last final is still that of the end; a clip of one segment stays whole."""
    lost = (len(said) - 1) // 2
    return [part for at, part in enumerate(said) if at != lost or len(said) == 1]


THANK_YOU = Utterance(
    words=(
        Word(text="thank", start_ns=2000 * MS, end_ns=2300 * MS),
        Word(text="you", start_ns=2300 * MS, end_ns=2500 * MS),
    ),
    end_ns=2500 * MS,
)

Understanding = Callable[[Utterances], Utterances]
UNDERSTANDING: dict[Defect, Understanding] = {
    Defect.DROPS_LAST_WORD: without_last_word,
    Defect.SWAPS_TWO_WORDS: with_two_words_swapped,
    Defect.LOSES_A_SEGMENT: without_middle_segment,
}


# How it spells: words in, words out, in partials and finals alike.


def in_upper_case(words: Iterable[Word]) -> list[Word]:
    spelt = [replace(word, text=f"{word.text.upper()},") for word in words]
    return [*spelt[:-1], *(replace(last, text=f"{last.text[:-1]}.") for last in spelt[-1:])]


def in_digits(words: Iterable[Word]) -> list[Word]:
    """Numbers as digits, those in a row as one: "two nine three" is "293"."""
    spelt: list[Word] = []
    for word in words:
        digits = NUMBERS.get(word.text, "")
        if digits and spelt and spelt[-1].text.isdigit():
            spelt[-1] = replace(spelt[-1], text=spelt[-1].text + digits, end_ns=word.end_ns)
        else:
            spelt.append(replace(word, text=digits or word.text))
    return spelt


NUMBERS = {
    word: str(number)
    for number, word in enumerate("zero one two three four five six seven eight nine ten".split())  # noqa: SIM905
}

Spelling = Callable[[Iterable[Word]], Iterable[Word]]
SPELLING: dict[Defect, Spelling] = {Defect.UPPER_CASE: in_upper_case, Defect.DIGITS: in_digits}


# What it sends: cues in clip time in, cues out.


def late_on_8_khz(cues: Cues, clip: Clip) -> Cues:
    return [(at_ns + LATE_NS * (clip.rate_hz == 8000), heard) for at_ns, heard in cues]


def without_partials(cues: Cues, _: Clip) -> Cues:
    return [cue for cue in cues if isinstance(cue[1], Final)]


def with_first_segment_twice(cues: Cues, _: Clip) -> Cues:
    finals = without_partials(cues, _)
    return [*cues, *((at_ns + REPEATED_AFTER_NS, heard) for at_ns, heard in finals[:1])]


def with_an_early_end(cues: Cues, clip: Clip) -> Cues:
    """The last final comes while its last word is still being spoken, and nothing after it."""
    if not cues:
        return cues
    early_ns = clip.words[-1].end_ns - EARLY_NS
    return [*(cue for cue in cues[:-1] if cue[0] < early_ns), (early_ns, cues[-1][1])]


def flickering(cues: Cues, _: Clip) -> Cues:
    """Every other partial ends in another word."""
    return [(at_ns, _misheard(heard) if number % 2 else heard) for number, (at_ns, heard) in enumerate(cues)]


def _misheard(heard: Heard) -> Heard:
    if not isinstance(heard, Partial):
        return heard
    return replace(heard, text=" ".join([*heard.text.split()[:-1], "what"]))


def with_scaled_times(cues: Cues, _: Clip) -> Cues:
    return [(at_ns, _scaled(heard)) for at_ns, heard in cues]


def _scaled(heard: Heard) -> Heard:
    if not isinstance(heard, Final):
        return heard
    words = (
        replace(word, start_ns=round((word.start_ns or 0) * SCALE), end_ns=round((word.end_ns or 0) * SCALE))
        for word in heard.words
    )
    return replace(heard, words=tuple(words))


Sending = Callable[[Cues, Clip], Cues]
SENDING: dict[Defect, Sending] = {
    Defect.LATE_ON_8_KHZ: late_on_8_khz,
    Defect.NO_PARTIALS: without_partials,
    Defect.REPEATS_A_SEGMENT: with_first_segment_twice,
    Defect.FINAL_BEFORE_THE_END: with_an_early_end,
    Defect.FLICKERS: flickering,
    Defect.SCALES_WORD_TIMES: with_scaled_times,
}
