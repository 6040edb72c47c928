"""The catalogue of metrics: names, units, legal aggregates, when a value is missing and when it does not apply."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final, Literal

from harness.model.clip import Clip

Unit = Literal["ms", "ratio", "count"]

QUANTILES: Final = MappingProxyType({"p50": 0.50, "p95": 0.95, "p99": 0.99})
_LATENCY: Final = ("p50", "p95", "p99", "max")
_NONE: Final = "never"


class Scope(StrEnum):
    """Which sessions a metric can have a value for; elsewhere it does not apply, and has no row."""

    EVERY = "every session"
    SPEECH = "clips with speech"
    TIMED = "clips with speech whose word times are trusted"
    SEGMENTED = "clips of several segments whose word times are trusted"
    SILENCE = "clips without speech"

    def judges(self, clip: Clip) -> bool:
        """Whether an objective on such a metric reads this clip's sessions.

        A descriptive clip (too hard to hold a system to) is left out of accuracy and latency, never of errors.
        """
        return self.covers(clip) and (clip.binding or self is Scope.EVERY)

    def covers(self, clip: Clip) -> bool:
        """Whether the metric can have a value for sessions of this clip."""
        timed = clip.has_speech and clip.latency
        return {
            Scope.EVERY: True,
            Scope.SPEECH: clip.has_speech,
            Scope.TIMED: timed,
            Scope.SEGMENTED: timed and len(clip.segments) > 1,
            Scope.SILENCE: not clip.has_speech,
        }[self]


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """One metric of one session; the texts are the report's glossary."""

    name: str
    label: str
    unit: Unit
    aggregates: tuple[str, ...]
    meaning: str
    missing: str = _NONE
    applies: Scope = Scope.EVERY


def _latency(name: str, label: str, meaning: str, missing: str, applies: Scope = Scope.SPEECH) -> Metric:
    return Metric(
        name=name, label=label, unit="ms", aggregates=_LATENCY, meaning=meaning, missing=missing, applies=applies
    )


_ALL: Final = (
    _latency("connect_ms", "connect", "from the start of opening to ready to take audio", "never ready", Scope.EVERY),
    _latency(
        "first_partial_ms",
        "first partial",
        "arrival of the first hypothesis after speech onset minus the end of the first word; may be negative",
        "no hypothesis came",
        Scope.TIMED,
    ),
    _latency(
        "first_partial_onset_ms",
        "first partial from onset",
        "the same, counted from speech onset, so it contains the length of the first word",
        "no hypothesis came",
        Scope.TIMED,
    ),
    _latency(
        "first_correct_word_ms",
        "first correct word",
        "the same as first partial, for the first hypothesis whose first word is right",
        "the first word was never right",
        Scope.TIMED,
    ),
    _latency(
        "partial_lag_ms",
        "lag per word",
        "median over the reference words of: first moment the word stands in a hypothesis and stays, minus its end",
        "at least half of the words were never shown",
        Scope.TIMED,
    ),
    _latency(
        "final_ms",
        "final",
        "arrival of the last final minus the end of speech; it must come after it and reach into the last segment",
        "no such final came",
        Scope.TIMED,
    ),
    _latency(
        "segment_final_ms",
        "segment final",
        "the worst segment's final minus that segment's end",
        "a segment has no final",
        Scope.SEGMENTED,
    ),
    _latency(
        "partial_interval_ms",
        "partial interval",
        "median time between hypotheses while speech lasts",
        "fewer than two hypotheses",
        Scope.TIMED,
    ),
    Metric(
        name="upwr",
        label="unstable partial words",
        unit="ratio",
        aggregates=("pooled",),
        meaning="words shown in a partial and taken back, over the words of the finals (after arXiv 2006.01416)",
        missing="no final",
        applies=Scope.SPEECH,
    ),
    Metric(
        name="wer",
        label="word errors",
        unit="ratio",
        aggregates=("pooled", "max"),
        meaning="substituted, deleted and inserted words over reference words, after a named normaliser",
        missing="never: without a final all words are deletions",
        applies=Scope.SPEECH,
    ),
    Metric(
        name="silence_words",
        label="words on silence",
        unit="count",
        aggregates=("sum", "max", "rate"),
        meaning="words heard on a clip in which nobody speaks",
        applies=Scope.SILENCE,
    ),
    Metric(
        name="early_words",
        label="early words",
        unit="count",
        aggregates=("sum", "max", "rate"),
        meaning="words shown before speech onset",
        applies=Scope.SPEECH,
    ),
    _latency(
        "word_time_error_ms",
        "word time error",
        "median distance between heard and reference word ends, over correct words, where word times are given",
        "no final",
        Scope.TIMED,
    ),
    Metric(
        name="error",
        label="errors",
        unit="count",
        aggregates=("rate", "sum"),
        meaning="1 where the session's outcome is not ok; failed sessions stay in every denominator",
    ),
    Metric(
        name="send_lag_ms",
        label="send lag",
        unit="ms",
        aggregates=_LATENCY,
        meaning="the session's worst frame: the engine's dispatch minus the due time; the harness's own health",
    ),
)

METRICS: Final = MappingProxyType({metric.name: metric for metric in _ALL})
