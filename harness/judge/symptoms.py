"""What a run's faults have in common, said by name: findings that lead to the defect, and no verdict.

A verdict says that an objective failed; a symptom says how it looks from outside ("the last word is missing in 40 of
48 sessions"). They stay silent where mistakes are scattered, as those of a sound recogniser are.
"""

from __future__ import annotations

from collections.abc import Iterator

from harness.judge.played import sessions_played
from harness.judge.wrong_times import wrong_times
from harness.judge.wrong_words import wrong_words
from harness.model.run import Measured, Record


def symptoms(record: Record, measured: Measured) -> Iterator[str]:
    """A sentence for each, words first; the thresholds stand beside the patterns, each with its reason."""
    sessions = sessions_played(record, measured)
    yield from wrong_words(sessions)
    yield from wrong_times(sessions)
