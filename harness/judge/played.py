"""A run's sessions as symptoms are read from them: what was spoken, what came back, and what was wrong with it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from harness.judge.wording import of_sessions, plural
from harness.model.clip import Clip
from harness.model.measurement import Measurement, Mistake
from harness.model.plan import SessionPlan
from harness.model.run import Measured, Record
from harness.model.timeline import Final as FinalHeard
from harness.model.timeline import Heard, HeardWord, Partial

LEAST_SHARE: Final = 0.1
"""Of the sessions. A slip now and then is accuracy, which `wer` judges; from one session in ten it is a habit."""

LEAST_SOURCES: Final = 3
"""Recordings. One that always goes wrong the same way is that recording's difficulty, two may be chance."""

_QUOTED: Final = 6  # words

Words = tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Played:
    """A session that ran to its end. Times are run time, those of `HeardWord` clip time."""

    session: SessionPlan
    mistakes: tuple[Mistake, ...]
    rows: Mapping[str, Measurement]  # by metric
    partials: tuple[Partial, ...]  # those with a word in them
    finals: tuple[tuple[int, FinalHeard], ...]  # the same, with their arrival

    @property
    def clip(self) -> Clip:
        return self.session.clip

    @property
    def name(self) -> str:
        return f"{self.session.session_id} ({self.clip.key})"

    @property
    def reference(self) -> Words:
        """The clip's words, one each: their indices are those of the clip's segments."""
        return tuple("".join(plain(word.text)) for word in self.clip.words)

    @property
    def words(self) -> tuple[tuple[str, HeardWord], ...]:
        """The finals' words with their times, where the contract gives any."""
        told = (word for _, final in self.finals for word in final.words)
        return tuple((text, word) for word in told if (text := "".join(plain(word.text))))

    def finite(self, metric: str) -> float | None:
        """A metric's value; None where it is missing or does not apply."""
        row = self.rows.get(metric)
        return None if row is None or row.numerator is None else row.value


def sessions_played(record: Record, measured: Measured) -> tuple[Played, ...]:
    """In plan order: the counted sessions that say something about how the target recognises speech.

    Left out are sessions that broke (their story is the error), that the harness itself disturbed (their times are
    partly ours), and descriptive clips (too hard to hold a system to).
    """
    whole = {one.session_id for one in measured.outcomes if one.outcome in ("ok", "no_final") and not one.disturbed}
    told = {timeline.session_id: timeline.heard for timeline in record.timelines}
    mistakes: defaultdict[str, list[Mistake]] = defaultdict(list)
    for mistake in measured.mistakes:
        mistakes[mistake.session_id].append(mistake)
    rows: defaultdict[str, dict[str, Measurement]] = defaultdict(dict)
    for row in measured.measurements:
        rows[row.session_id][row.metric] = row
    return tuple(
        _played(session, told[session.session_id], mistakes[session.session_id], rows[session.session_id])
        for session in record.manifest.plan.counted
        if session.clip.binding and session.session_id in whole and session.session_id in told
    )


def _played(
    session: SessionPlan,
    told: Sequence[tuple[int, Heard]],
    mistakes: Sequence[Mistake],
    rows: Mapping[str, Measurement],
) -> Played:
    return Played(
        session=session,
        mistakes=tuple(mistakes),
        rows=rows,
        partials=tuple(one for _, one in told if isinstance(one, Partial) and plain(one.text)),
        finals=tuple((at, one) for at, one in told if isinstance(one, FinalHeard) and plain(one.text)),
    )


def plain(text: str) -> Words:
    """The text's words as they are compared here: letters and digits only, in lower case."""
    return tuple(_plain(text))


def _plain(text: str) -> Iterator[str]:
    for token in text.casefold().split():
        if word := "".join(letter for letter in token if letter.isalnum()):
            yield word


def quoted(words: Sequence[str]) -> str:
    """The first few of them in quotation marks."""
    return f'"{" ".join(words[:_QUOTED])}{" …" if len(words) > _QUOTED else ""}"'


def is_habit(hits: Sequence[Played], among: Sequence[Played]) -> bool:
    """Whether it is seen so often, and on so different audio, that it is the target's doing."""
    return len(hits) >= LEAST_SHARE * len(among) and len(_sources(hits)) >= LEAST_SOURCES


def seen_in(hits: Sequence[Played], among: Sequence[Played]) -> str:
    """`40 of 48 sessions (4 recordings)`."""
    return f"{of_sessions(len(hits), len(among))} ({plural(len(_sources(hits)), 'recording')})"


def _sources(sessions: Sequence[Played]) -> set[str]:
    return {one.clip.source for one in sessions}
