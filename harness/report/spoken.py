"""The sessions with speech, each with its wrong words."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from harness.model.measurement import Mistake
from harness.model.run import Measured
from harness.report import wording
from harness.report.facts import Session


@dataclass(frozen=True, slots=True, kw_only=True)
class Spoken:
    """A measured session with speech, and its wrong words."""

    session: Session
    mistakes: tuple[Mistake, ...]

    @property
    def wrong(self) -> int:
        return round(self.session.values["wer"].numerator or 0)

    @property
    def words(self) -> int:
        return round(self.session.values["wer"].denominator)

    @property
    def lost(self) -> bool:
        """Nothing at all was heard: its words say nothing about which words are hard."""
        return len(self.mistakes) == self.words and all(one.kind == "delete" for one in self.mistakes)


def spoken(measured: Measured, sessions: Iterable[Session]) -> tuple[Spoken, ...]:
    """The sessions that have word errors to count, whether they have any or not."""
    own: defaultdict[str, list[Mistake]] = defaultdict(list)
    for mistake in measured.mistakes:
        own[mistake.session_id].append(mistake)
    return tuple(
        Spoken(session=session, mistakes=tuple(own[session.plan.session_id]))
        for session in sessions
        if "wer" in session.values
    )


def rates_of(sessions: Iterable[Spoken]) -> tuple[int, ...]:
    """The rates that were played, highest first."""
    return tuple(sorted({one.session.clip.rate_hz for one in sessions}, reverse=True))


def wrong_of(sessions: Iterable[Spoken]) -> tuple[int, int]:
    """Wrong words, and reference words."""
    pairs = [(one.wrong, one.words) for one in sessions]
    return sum(wrong for wrong, _ in pairs), sum(words for _, words in pairs)


def error_rate(sessions: Sequence[Spoken]) -> str:
    """The pooled WER in percent; a dash where there are no words."""
    wrong, words = wrong_of(sessions)
    return wording.percent(wrong / words) if words else "–"  # noqa: RUF001  typographic dash
