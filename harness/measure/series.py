"""What was read of processes and servers over a run: gauges as they are, counters as what they grew by a second."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Final

from harness.measure.quantile import quantile
from harness.model.load import Engine, Series
from harness.model.series import LOOP_BUSY, LOOP_WAITING, TICK_LATE
from harness.model.timeline import Sample, Timeline

QUEUE: Final = "queue_ms"
"""Made of two counters of Triton: the time that requests waited, over how many there were."""

_QUEUED_US: Final = "nv_inference_queue_duration_us"
_COUNTS: Final = ("nv_inference_request_success", "nv_inference_count")
_COUNTERS: Final = ("_total", "_count", "_sum", "_us")
_NS_PER_S: Final = 1e9

Points = tuple[tuple[int, float], ...]
Read = Mapping[tuple[str, str], Points]  # by source and metric


def series(samples: Iterable[Sample]) -> tuple[Series, ...]:
    """By metric and source, in order of time; what is no number is left out, and so are buckets of histograms."""
    read = _read(samples)
    found = [(metric, source, points) for (source, metric), points in read.items() if "_bucket" not in metric]
    shown = [(*_as_rate(metric, points), source) for metric, source, points in found]
    shown += _queues(read)
    return tuple(
        Series(source=source, metric=metric, points=points)
        for metric, points, source in sorted(shown, key=lambda one: (one[0], one[2]))
        if points
    )


def engines(samples: Iterable[Sample], timelines: Iterable[Timeline]) -> tuple[Engine, ...]:
    """How each of the harness's own engines fared, as far as it was read; late ticks are told from 10 ms on."""
    read, played = _read(samples), _played(timelines)
    names = {source for source, metric in read if metric in (LOOP_BUSY, LOOP_WAITING, TICK_LATE)}
    return tuple(
        Engine(
            source=name,
            sessions=len(played.get(name, ())) if played else None,
            send_lag_p99_us=quantile([lag for one in played.get(name, ()) for lag in one.send_lag_us], 0.99),
            busy_percent=_most(read, name, LOOP_BUSY),
            waiting_percent=_most(read, name, LOOP_WAITING),
            late_ticks=len(read.get((name, TICK_LATE), ())),
            tick_late_ms=_most(read, name, TICK_LATE),
        )
        for name in sorted(names | played.keys())
    )


def _played(timelines: Iterable[Timeline]) -> Mapping[str, Sequence[Timeline]]:
    """By the engine's name; empty where the folder does not say who played what."""
    found: defaultdict[str, list[Timeline]] = defaultdict(list)
    for one in timelines:
        if one.engine and one.opened_ns is not None:
            found[one.engine].append(one)
    return found


def _most(read: Read, source: str, metric: str) -> float | None:
    return max((value for _, value in read.get((source, metric), ())), default=None)


def _read(samples: Iterable[Sample]) -> Read:
    found: defaultdict[tuple[str, str], list[tuple[int, float]]] = defaultdict(list)
    for one in samples:
        if math.isfinite(one.value):
            found[one.source, one.metric].append((one.at_ns, one.value))
    return {key: tuple(sorted(points)) for key, points in found.items()}


def _as_rate(metric: str, points: Points) -> tuple[str, Points]:
    """A counter that began anew has no rate there."""
    name, _, labels = metric.partition("{")
    if not name.endswith(_COUNTERS):
        return metric, points
    return f"{name} a second" + (f"{{{labels}" if labels else ""), tuple(_rates(points))


def _rates(points: Points) -> Iterator[tuple[int, float]]:
    for (then_ns, before), (now_ns, after) in pairwise(points):
        if after >= before and now_ns > then_ns:
            yield now_ns, (after - before) / (now_ns - then_ns) * _NS_PER_S


def _queues(read: Read) -> Iterator[tuple[str, Points, str]]:
    """Per source and model: ms of waiting a request, where any came."""
    for (source, metric), waited in read.items():
        name, _, labels = metric.partition("{")
        if name != _QUEUED_US:
            continue
        of = f"{{{labels}" if labels else ""
        counts = next((read[source, one + of] for one in _COUNTS if (source, one + of) in read), ())
        came = dict(counts)
        both = [(at, us, came[at]) for at, us in waited if at in came]
        grown = [(at, us - us_before, n - n_before) for (_, us_before, n_before), (at, us, n) in pairwise(both)]
        yield QUEUE + of, tuple((at, us / n / 1000) for at, us, n in grown if n > 0 and us >= 0), source
