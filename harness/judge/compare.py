"""Two runs, pair by pair: what changed for each slice and each clip."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from harness.judge.change import Change, latency_change, wer_change
from harness.judge.pairing import Pair, pair, remembered, rows_of
from harness.model.clip import Clip
from harness.model.run import Measured, Record

METRICS: Final = ("wer", "final_ms", "first_partial_ms")
CONFIDENCE: Final = 0.95  # of each bound; the interval between two holds with 90 %


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """The changes of one part of the sessions, in the order of METRICS."""

    label: str
    changes: tuple[Change, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """Two runs; positive changes are worse in the new one."""

    slices: tuple[Row, ...]  # everything, each rate, each condition at each rate
    clips: tuple[Row, ...]
    only_new: tuple[str, ...]  # sessions without a partner for their words
    only_old: tuple[str, ...]


def compare(old: tuple[Record, Measured], new: tuple[Record, Measured]) -> Comparison:
    """Compare two runs of like plans; bounds are drawn with the new run's seed."""
    then = remembered(*old)
    pairings = {metric: pair(metric, rows_of(*new, metric), then) for metric in METRICS}
    pairs = {metric: found.pairs for metric, found in pairings.items()}
    seed = new[0].manifest.bound_seed
    clips = {one.session.clip.key: one.session.clip for found in pairs.values() for one in found}.values()
    return Comparison(
        slices=tuple(_row(label, keys, pairs, seed) for label, keys in _slices(clips)),
        clips=tuple(_row(label, keys, pairs, seed) for label, keys in _clips(clips)),
        only_new=pairings["wer"].only_new,
        only_old=pairings["wer"].only_old,
    )


def _slices(clips: Iterable[Clip]) -> Iterator[tuple[str, set[str]]]:
    """Labels with the keys of their clips."""
    grouped: dict[tuple[int, str, int], set[str]] = {}
    for clip in clips:
        for place in ((0, "", 0), (1, "", clip.rate_hz), (2, clip.condition, clip.rate_hz)):
            grouped.setdefault(place, set()).add(clip.key)
    for (_, condition, rate), keys in sorted(grouped.items()):
        yield f"{condition} {_khz(rate)}".strip() if rate else "all", keys


def _clips(clips: Iterable[Clip]) -> Iterator[tuple[str, set[str]]]:
    for clip in sorted(clips, key=lambda clip: (clip.condition, clip.clip_id, clip.rate_hz)):
        yield f"{clip.clip_id} {_khz(clip.rate_hz)}", {clip.key}


def _khz(rate_hz: int) -> str:
    return f"{rate_hz / 1000:g} kHz"


def _row(label: str, keys: set[str], pairs: dict[str, tuple[Pair, ...]], seed: int) -> Row:
    kept = {metric: [one for one in found if one.session.clip.key in keys] for metric, found in pairs.items()}
    words = wer_change(kept["wer"], by_source=False, confidence=CONFIDENCE, fail_confidence=CONFIDENCE, seed=seed)
    latencies = (
        latency_change(kept[metric], confidence=CONFIDENCE, fail_confidence=CONFIDENCE) for metric in METRICS[1:]
    )
    return Row(label=label, changes=(words, *latencies))
