"""What one session's timeline means, metric by metric, and what the report draws of it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

MistakeKind = Literal["substitute", "delete", "insert"]

Writing = Literal["compound", "number", "contraction"]
"""In what two ways of writing the same words may differ."""

OUTCOMES = (
    "ok",
    "refused",
    "unauthorized",
    "unavailable",
    "timeout",
    "protocol",
    "disconnected",
    "no_final",
    "internal",
)

UNMEASURED = ("cut", "never_started", "harness")
"""What stands instead where nothing is known of the target; `harness`: it had no files or ports left."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Measurement:
    """One metric of one session. `numerator` None is missing and counts as worst; not applicable has no row."""

    session_id: str
    metric: str
    numerator: float | None
    denominator: float = 1.0
    reason: str = ""

    @property
    def value(self) -> float:
        """The ratio; +inf where missing."""
        return math.inf if self.numerator is None else self.numerator / self.denominator


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionOutcome:
    """How a session ended: one of OUTCOMES; or of UNMEASURED, and then nothing was measured.

    `code` is the target's own word for it.
    """

    session_id: str
    outcome: str
    code: str = ""
    detail: str = ""
    measured: bool = True
    disturbed: str = ""  # why the harness cannot vouch for it; empty when it can


@dataclass(frozen=True, slots=True, kw_only=True)
class EditStep:
    """One column of the word alignment: reference word, heard word, and what happened."""

    kind: Literal["equal", "substitute", "delete", "insert"]
    reference: str = ""
    heard: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mistake:
    """A wrong word of a session: one unequal column of the alignment behind its `wer`, after the normaliser.

    On a clip without speech every heard word is an insertion, and `at_ns` says when (run time) its final came.
    """

    session_id: str
    kind: MistakeKind
    at: int  # index of the reference word; of an insertion, of the reference word it stands before
    of: int  # reference words
    reference: str = ""
    heard: str = ""
    at_ns: int | None = None
    clip_ns: int | None = None  # on a clip without speech: where in the clip the target says that it heard the word


@dataclass(frozen=True, slots=True, kw_only=True)
class Respelling:
    """Adjacent mistakes of a session that are only another way of writing, and how many wrong words that makes."""

    session_id: str
    kind: Writing
    at: int  # index of the first reference word
    reference: str
    heard: str
    errors: int


@dataclass(frozen=True, slots=True, kw_only=True)
class WordTrace:
    """A reference word: when it was spoken, first shown for good, all in run time; None where it never was."""

    text: str
    start_ns: int
    end_ns: int
    shown_ns: int | None = None  # first stood in any hypothesis
    stays_ns: int | None = None  # first stood and was never taken back


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownWord:
    """A word as it appeared on the listener's screen: when, and when it was taken back (None: it stayed)."""

    text: str
    shown_ns: int
    gone_ns: int | None = None
    correct: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionTrace:
    """What the report draws of a session."""

    session_id: str
    words: tuple[WordTrace, ...]
    shown: tuple[ShownWord, ...]
    edits: tuple[EditStep, ...]
    hypothesis_ns: tuple[int, ...]  # arrivals of partials and finals
    final_ns: tuple[int, ...]
    transcript: str
    segments: tuple[
        tuple[int, int | None], ...
    ] = ()  # where they can be told apart: end of speech, arrival of the final
