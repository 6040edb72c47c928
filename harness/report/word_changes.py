"""Words that got worse: right in every session of the blessed baseline, wrong in most sessions now; and the reverse."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from harness.model.baseline import Baseline, BlessedSession, PastMistake, played
from harness.model.clip import Clip
from harness.model.measurement import Mistake
from harness.model.run import Record
from harness.report import wording
from harness.report.confusions import named
from harness.report.spoken import Spoken

_MOST = 12
_MOST_BETTER = 8
_NAMED_HEARD = 2

_Wrong = dict[int, tuple[str, str]]  # of a session: index of the reference word -> the word, what was heard


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A reference word of a clip, and in how many sessions it is wrong now and was wrong then."""

    word: str
    heard: str  # where it is wrong
    clip: str
    now: int
    of_now: int
    then: int
    of_then: int


@dataclass(frozen=True, slots=True, kw_only=True)
class WordChanges:
    heading: str
    worse: tuple[Change, ...]
    more: int  # worse ones that are not listed
    better: str


def build(record: Record, sessions: Sequence[Spoken]) -> WordChanges | None:
    """None without a baseline that kept its mistakes and played a clip of this run in the same way."""
    baseline, manifest = record.baseline, record.manifest
    if baseline is None or (baseline.driver, baseline.normaliser) != (manifest.driver, manifest.normaliser):
        return None
    common = list(_common(baseline, sessions))
    if not common:
        return None
    changes = [change for clip, now, then in common for change in _changes(clip, now, then)]
    worse = sorted((one for one in changes if not one.then), key=lambda one: -one.now / one.of_now)
    return WordChanges(
        heading=_heading(len(worse), len({clip.clip_id for clip, _, _ in common})),
        worse=tuple(worse[:_MOST]),
        more=max(len(worse) - _MOST, 0),
        better=_better([one for one in changes if one.then]),
    )


def _common(baseline: Baseline, sessions: Sequence[Spoken]) -> Iterator[tuple[Clip, list[_Wrong], list[_Wrong]]]:
    """Clips that both runs played alike, with the wrong words of each session now and then."""
    blessed: defaultdict[tuple[str, str, int], list[BlessedSession]] = defaultdict(list)
    for one in baseline.sessions:
        words = sum(round(reading.denominator) for reading in one.readings if reading.metric == "wer")
        blessed[one.clip, one.played, words].append(one)
    plays: defaultdict[tuple[str, str, int], list[Spoken]] = defaultdict(list)
    for two in sessions:
        if not two.lost:  # a session that heard nothing tells nothing about a word
            plays[two.session.clip.key, played(two.session.plan), two.words].append(two)
    for key, now in sorted(plays.items(), key=lambda item: item[0]):
        then = [one.mistakes for one in blessed[key] if one.mistakes is not None]
        if then and len(then) == len(blessed[key]):
            yield now[0].session.clip, [_wrong(one.mistakes) for one in now], [_wrong(one) for one in then]


def _wrong(mistakes: Sequence[Mistake] | Sequence[PastMistake]) -> _Wrong:
    return {one.at: (one.reference, one.heard) for one in mistakes if one.kind != "insert"}


def _changes(clip: Clip, now: Sequence[_Wrong], then: Sequence[_Wrong]) -> Iterator[Change]:
    """Never wrong then and mostly now, or the reverse, in the order of the words."""
    wrong_now = Counter(at for play in now for at in play)
    wrong_then = Counter(at for play in then for at in play)
    for at in sorted(wrong_now | wrong_then):
        worse = not wrong_then[at] and 2 * wrong_now[at] > len(now)
        better = not wrong_now[at] and 2 * wrong_then[at] > len(then)
        if worse or better:
            cases = [play[at] for play in (now if worse else then) if at in play]
            yield Change(
                word=cases[0][0],
                heard=named(Counter(f"“{heard}”" if heard else "nothing" for _, heard in cases), _NAMED_HEARD),
                clip=f"{clip.clip_id}, {wording.hertz(clip.rate_hz)}{'' if clip.binding else ', descriptive'}",
                now=wrong_now[at],
                of_now=len(now),
                then=wrong_then[at],
                of_then=len(then),
            )


def _heading(worse: int, clips: int) -> str:
    where = f"of {wording.plural(clips, 'clip')} played in both"
    if not worse:
        return f"No word {where} was right in every baseline session and is wrong in most now"
    verb = (
        "was right in every baseline session and is" if worse == 1 else "were right in every baseline session and are"
    )
    return f"{wording.plural(worse, 'word')} {where} {verb} wrong in most now"


def _better(changes: Sequence[Change]) -> str:
    """`The reverse: 1 word was wrong in most baseline sessions and never now: “valley” (accent-orchard, 8 kHz).`"""
    if not changes:
        return ""
    names = [f"“{one.word}” ({one.clip})" for one in changes[:_MOST_BETTER]]
    more = len(changes) - _MOST_BETTER
    verb = "was" if len(changes) == 1 else "were"
    listed = ", ".join(names) + (f" and {wording.count(more)} more" if more > 0 else "")
    words = wording.plural(len(changes), "word")
    return f"The reverse: {words} {verb} wrong in most baseline sessions and never now: {listed}."
