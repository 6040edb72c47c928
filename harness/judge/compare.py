"""Two runs, pair by pair: what changed for each slice and each clip."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from harness.judge.change import Change, latency_change, wer_change
from harness.judge.pairing import Pair, Pairing, incomparable, pair, remembered, rows_of
from harness.model.baseline import BlessedSession
from harness.model.clip import Clip
from harness.model.run import Measured, Record
from harness.model.verdict import ClipChange

METRICS: Final = ("wer", "final_ms", "first_partial_ms")
CONFIDENCE: Final = 0.95  # of each bound; the interval between two holds with 90 %

Pairs = dict[str, tuple[Pair, ...]]


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
    pairings = _pairings(*new, remembered(*old))
    pairs = {metric: found.pairs for metric, found in pairings.items()}
    seed = new[0].manifest.bound_seed
    return Comparison(
        slices=tuple(_row(label, _of(keys, pairs), seed) for label, keys in _slices(_clips(pairs))),
        clips=tuple(row for _, row in _clip_rows(pairs, seed)),
        only_new=pairings["wer"].only_new,
        only_old=pairings["wer"].only_old,
    )


def clip_changes(record: Record, measured: Measured) -> tuple[ClipChange, ...]:
    """Every clip against the blessed baseline; descriptive, and empty where nothing can be compared."""
    baseline = record.baseline
    if baseline is None or incomparable(baseline, record.manifest):
        return ()
    pairs = {metric: found.pairs for metric, found in _pairings(record, measured, baseline.sessions).items()}
    rows = _clip_rows(pairs, record.manifest.bound_seed)
    return tuple(
        ClipChange(clip=key, metric=metric, pairs=change.pairs, value=change.value, low=change.low, high=change.high)
        for key, row in rows
        for metric, change in zip(METRICS, row.changes, strict=True)
        if change.value is not None
    )


def _slices(clips: Iterable[Clip]) -> Iterator[tuple[str, set[str]]]:
    """Labels with the keys of their clips."""
    grouped: dict[tuple[int, str, int], set[str]] = {}
    for clip in clips:
        for place in ((0, "", 0), (1, "", clip.rate_hz), (2, clip.condition, clip.rate_hz)):
            grouped.setdefault(place, set()).add(clip.key)
    for (_, condition, rate), keys in sorted(grouped.items()):
        yield f"{condition} {_khz(rate)}".strip() if rate else "all", keys


def _clip_rows(pairs: Pairs, seed: int) -> Iterator[tuple[str, Row]]:
    """Every clip's key with its row."""
    by_clip: dict[str, dict[str, list[Pair]]] = {}
    for metric, found in pairs.items():
        for one in found:
            by_clip.setdefault(one.session.clip.key, {of: [] for of in pairs})[metric].append(one)
    for clip in sorted(_clips(pairs), key=lambda clip: (clip.condition, clip.clip_id, clip.rate_hz)):
        yield clip.key, _row(f"{clip.clip_id} {_khz(clip.rate_hz)}", by_clip[clip.key], seed)


def _clips(pairs: Pairs) -> Collection[Clip]:
    return {one.session.clip.key: one.session.clip for found in pairs.values() for one in found}.values()


def _pairings(record: Record, measured: Measured, then: tuple[BlessedSession, ...]) -> dict[str, Pairing]:
    return {metric: pair(metric, rows_of(record, measured, metric), then) for metric in METRICS}


def _khz(rate_hz: int) -> str:
    return f"{rate_hz / 1000:g} kHz"


def _of(keys: set[str], pairs: Pairs) -> dict[str, list[Pair]]:
    return {metric: [one for one in found if one.session.clip.key in keys] for metric, found in pairs.items()}


def _row(label: str, kept: Mapping[str, Sequence[Pair]], seed: int) -> Row:
    words = wer_change(kept["wer"], by_source=False, confidence=CONFIDENCE, fail_confidence=CONFIDENCE, seed=seed)
    latencies = (
        latency_change(kept[metric], confidence=CONFIDENCE, fail_confidence=CONFIDENCE) for metric in METRICS[1:]
    )
    return Row(label=label, changes=(words, *latencies))
