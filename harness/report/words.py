"""The words: which are wrong most often, which only look wrong, which nobody said, and which were right before."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from harness.model.run import Measured, Record
from harness.model.verdict import Judgement, Outcome
from harness.report import conditions, confusions, false_words, respelled, word_changes, wording
from harness.report.conditions import Condition
from harness.report.confusions import Confusions, named
from harness.report.facts import Session, Standing, join
from harness.report.false_words import FalseWords
from harness.report.respelled import Respelled
from harness.report.spoken import Spoken, rates_of, spoken, wrong_of
from harness.report.word_changes import WordChanges

_NAMED = 3  # clips in a sentence


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """The parts in order; None, or empty, is left out."""

    heading: str
    lede: str
    confusions: Confusions | None
    conditions: tuple[Condition, ...]
    rates: tuple[int, ...]
    respelled: Respelled | None
    false_words: FalseWords | None
    changes: WordChanges | None


def build(record: Record, measured: Measured, rows: Sequence[Standing], sessions: Sequence[Session]) -> Words | None:
    """None where no session was measured that has words, or should have none."""
    told = spoken(measured, sessions)
    silence = false_words.build(measured, sessions)
    if not told and silence is None:
        return None
    bound = [one for one in told if one.session.clip.binding] or list(told)
    return Words(
        heading=_heading(bound) if bound else silence.heading if silence else "",
        lede=_lede(bound, told),
        confusions=confusions.build(measured, told),
        conditions=conditions.build(told),
        rates=rates_of(told),
        respelled=respelled.build(measured, rows, told),
        false_words=silence,
        changes=word_changes.build(record, told),
    )


def terminal(record: Record, measured: Measured, judgement: Judgement) -> str:
    """One line for the summary where a line about words that decides the run does not PASS; empty otherwise."""
    if judgement.outcome is Outcome.INVALID:
        return ""
    metrics = {
        one.objective.metric
        for one in judgement.verdicts
        if one.objective.gate and not one.known_limit and one.outcome is not Outcome.PASS
    }
    told = [one for one in spoken(measured, join(record, measured)) if one.session.clip.binding]
    false = sum(row.numerator or 0 for row in measured.measurements if row.metric == "silence_words")
    said = [_heading(told)] if "wer" in metrics and told else []
    said += [f"{wording.plural(round(false), 'word')} heard where nobody speaks"] if false else []
    return f"words   {'; '.join(said)}" if said and metrics & {"wer", "silence_words"} else ""


def _heading(sessions: Sequence[Spoken]) -> str:
    """`61 of 1,204 words are wrong; 3 of 24 clips make half of them`."""
    wrong, words = wrong_of(sessions)
    clips = _by_clip(sessions)
    if not wrong:
        return f"All {wording.plural(words, 'word')} are right"
    verb = "is" if wrong == 1 else "are"
    half = _half(clips)
    blamed = f"{wording.count(half)} of {wording.plural(len(clips), 'clip')}"
    rest = f"{blamed} {'makes' if half == 1 else 'make'} half of them" if wrong > 1 else "in one clip"
    return f"{wording.count(wrong)} of {wording.plural(words, 'word')} {verb} wrong; {rest}"


def _by_clip(sessions: Sequence[Spoken]) -> Counter[str]:
    """Wrong words of each clip, both rates together."""
    wrong: Counter[str] = Counter()
    for one in sessions:
        wrong[one.session.clip.clip_id] += one.wrong
    return wrong


def _half(clips: Counter[str]) -> int:
    """The fewest clips that make at least half of the wrong words."""
    total, reached = clips.total(), 0
    for number, (_, wrong) in enumerate(clips.most_common(), start=1):
        reached += wrong
        if 2 * reached >= total:
            return number
    return len(clips)


def _frequent(sessions: Sequence[Spoken], wrong: int) -> str:
    """How much the listed confusions make together; empty where none came twice."""
    rows = confusions.rank(sessions, ())[: confusions.LISTED]
    if not rows or rows[0].times == 1:
        return ""
    first = f"{rows[0].text}, {wording.count(rows[0].times)} times"
    if len(rows) == 1:
        return f"The most frequent mistake is {first}"
    part = f"{wording.count(sum(row.times for row in rows))} of {wording.count(wrong)}"
    return f"The {wording.number_word(len(rows))} most frequent mistakes make {part}; first {first}"


def _lede(bound: Sequence[Spoken], told: Sequence[Spoken]) -> str:
    clips = +_by_clip(bound)
    if not clips:
        return ""
    said = [f"Most wrong words: {named({f'{name} ({wrong})': wrong for name, wrong in clips.items()}, _NAMED)}"]
    said.append(_frequent(bound, clips.total()))
    loose = [one for one in told if not one.session.clip.binding]
    if loose and len(loose) < len(told):
        wrong, words = wrong_of(loose)
        descriptive = wording.plural(len(_by_clip(loose)), "descriptive clip")
        said.append(
            f"{wording.count(wrong)} of {wording.plural(words, 'word')} more in {descriptive}, which stand apart"
        )
    return wording.joined(said)
