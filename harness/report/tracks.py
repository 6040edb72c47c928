"""The course of a load run as tracks on one time axis. Values only; times in seconds since the run began."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from harness.model.load import Course, LevelTable, Moment, Series
from harness.model.plan import Stage
from harness.model.series import (
    CORE_BUSY,
    CORE_STOLEN,
    CPU,
    LOOP_BUSY,
    LOOP_WAITING,
    OPEN_FILES,
    OPEN_FILES_LIMIT,
    PORTS_IN_USE,
    PORTS_LIMIT,
    RSS,
    THREADS,
    TICK_LATE,
    UP,
)
from harness.report import wording

_MOST_SOURCES, _MOST_SERIES = 4, 8  # lines of a track; tracks of what was read of processes and servers
_READ = {  # what is known of a metric that observers read, most telling first: title, and what its value is divided by
    CPU: ("CPU, % of one core", 1.0),
    LOOP_BUSY: ("pacing thread, % of one core", 1.0),
    CORE_BUSY: ("cores busy, %", 1.0),
    RSS: ("memory, MB", 1e6),
    "gpu_utilization": ("GPU, share busy", 1.0),
    "nv_gpu_utilization": ("GPU, share busy", 1.0),
    "queue_ms": ("queue time, ms a request", 1.0),
    "nv_gpu_memory_used_bytes": ("GPU memory, MB", 1e6),
    "gpu_memory_used_bytes": ("GPU memory, MB", 1e6),
}
_UNSHOWN = frozenset(
    {
        *(THREADS, UP, OPEN_FILES, OPEN_FILES_LIMIT, PORTS_IN_USE, PORTS_LIMIT, TICK_LATE, CORE_STOLEN, LOOP_WAITING),
        "nv_inference_queue_duration_us a second",  # of which the queue time is made
    }
)
_LONGEST = 17  # letters of a source beside its line

Points = tuple[tuple[float, float], ...]
Style = Literal["line", "dashes", "area", "bars"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Trace:
    """One line or set of bars; +inf stands at the top, a gap where nothing was measured."""

    label: str
    tone: str
    style: Style
    points: Points


@dataclass(frozen=True, slots=True, kw_only=True)
class Track:
    """`limit` is drawn as everywhere: a black line with its value."""

    title: str
    note: str
    traces: tuple[Trace, ...]
    limit: float | None = None
    limit_text: str = ""
    log: bool = False
    tall: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Band:
    """A stage: its warm-up is sent and not counted."""

    label: str
    kind: str
    from_s: float
    steady_s: float
    until_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Tracks:
    bin_s: float
    until_s: float
    bands: tuple[Band, ...]
    tracks: tuple[Track, ...]
    left_out: tuple[str, ...]  # metrics that were read and are not drawn
    says: str


def build(course: Course, table: LevelTable, late_ms: float) -> Tracks:
    """Tracks without a single figure are left out. `late_ms`: later than this the harness disturbs a session."""
    read, left_out = _read(course.series)
    tracks = (
        _sessions(course),
        _trouble(course),
        _latency("first partial, ms after the first word", course, table.first_partial_limit_ms, _FIRST),
        _latency("final, ms after the end of speech", course, table.final_limit_ms, _FINAL),
        *read,
        _harness(course, late_ms),
    )
    return Tracks(
        bin_s=course.bin_ns / 1e9,
        until_s=course.until_ns / 1e9,
        bands=tuple(map(_band, course.stages)),
        tracks=tuple(track for track in tracks if any(trace.points for trace in track.traces)),
        left_out=left_out,
        says=_says(course),
    )


Pick = Callable[[Moment], float | None]
_FIRST: tuple[Pick, Pick] = (lambda one: one.first_partial_p50_ms, lambda one: one.first_partial_p95_ms)
_FINAL: tuple[Pick, Pick] = (lambda one: one.final_p50_ms, lambda one: one.final_p95_ms)


def _band(stage: Stage) -> Band:
    kind = "" if stage.kind in ("level", "rise") else stage.kind
    return Band(
        label=wording.count(stage.level),
        kind=kind,
        from_s=stage.from_ns / 1e9,
        steady_s=stage.steady_ns / 1e9,
        until_s=stage.until_ns / 1e9,
    )


def _sessions(course: Course) -> Track:
    return Track(
        title="sessions at once",
        note="open ones, and those whose opening or audio was planned for then",
        tall=True,
        traces=(
            Trace(label="open", tone="soft", style="area", points=_points(course, lambda one: one.active)),
            Trace(label="planned", tone="ink", style="dashes", points=_points(course, lambda one: one.planned)),
        ),
    )


def _trouble(course: Course) -> Track:
    """Arrivals with what became of them, in numbers a bin."""
    every = f"in {course.bin_ns / 1e9:g}{wording.NNBSP}s, and how many were refused or failed otherwise"
    bars = [Trace(label="opened", tone="soft", style="bars", points=_points(course, lambda one: one.arrivals))]
    for label, tone, pick in (("refused", "ink2", _refused), ("failed", "bad", _failed)):
        points = _points(course, pick)
        if any(value for _, value in points):
            bars.append(Trace(label=label, tone=tone, style="bars", points=points))
    return Track(title="sessions opened", note=every, traces=tuple(bars))


def _refused(one: Moment) -> float:
    return one.refused + one.failed  # they stand behind the failed ones


def _failed(one: Moment) -> float:
    return one.failed


def _latency(title: str, course: Course, limit_ms: float | None, picks: tuple[Pick, Pick]) -> Track:
    return Track(
        title=title,
        note="of counted sessions",
        tall=True,
        traces=(
            Trace(label="p95", tone="data", style="line", points=_points(course, picks[1])),
            Trace(label="p50", tone="base", style="line", points=_points(course, picks[0])),
        ),
        limit=limit_ms,
        limit_text="" if limit_ms is None else wording.milliseconds(limit_ms),
    )


def _harness(course: Course, late_ms: float) -> Track:
    return Track(
        title="the harness itself, ms late",
        note="log scale; over the limit a session counts as disturbed",
        log=True,
        traces=(
            Trace(
                label="worst tick",
                tone="ink2",
                style="dashes",
                points=_points(course, lambda one: _late(one.tick_late_max_us)),
            ),
            Trace(
                label="send lag p99",
                tone="data",
                style="line",
                points=_points(course, lambda one: _late(one.send_lag_p99_us)),
            ),
        ),
        limit=late_ms,
        limit_text=wording.milliseconds(late_ms),
    )


def _late(lag_us: int | None) -> float | None:
    return None if lag_us is None else lag_us / 1000


def _read(series: Sequence[Series]) -> tuple[list[Track], tuple[str, ...]]:
    """A track for each metric that was read: those whose meaning is known first; the last ones are only named."""
    known = list(_READ)
    metrics = sorted(
        {_name(one) for one in series} - _UNSHOWN,
        key=lambda name: (known.index(name) if name in _READ else len(known), name),
    )
    tracks = [_metric(name, [one for one in series if _name(one) == name]) for name in metrics[:_MOST_SERIES]]
    return tracks, tuple(metrics[_MOST_SERIES:])


def _name(one: Series) -> str:
    """The metric without its labels."""
    return one.metric.split("{")[0]


def _metric(name: str, series: Sequence[Series]) -> Track:
    title, unit = _READ.get(name, (name.replace("_", " "), 1.0))
    order = sorted(series, key=lambda one: -max(value for _, value in one.points))
    tones: tuple[tuple[str, Style], ...] = (("data", "line"), ("ink2", "line"), ("base", "dashes"), ("soft", "line"))
    return Track(
        title=title,
        note=f"the highest {_MOST_SOURCES} of {len(order)}" if len(order) > _MOST_SOURCES else "",
        traces=tuple(
            Trace(
                label=_source(one), tone=tone, style=style, points=tuple((at / 1e9, v / unit) for at, v in one.points)
            )
            for one, (tone, style) in zip(order, tones, strict=False)
        ),
    )


def _source(one: Series) -> str:
    """With what tells series of one source apart; long ones are cut, the folder has them whole."""
    labels = "".join(part for part in one.metric.partition("{")[2].rstrip("}") if part != '"')
    text = f"{one.source} {labels}".strip()
    return text if len(text) <= _LONGEST else f"…{text[1 - _LONGEST :]}"


def _points(course: Course, pick: Pick) -> Points:
    """At the middle of each bin that has a figure."""
    middle = course.bin_ns / 2
    return tuple(((one.at_ns + middle) / 1e9, value) for one in course.moments if (value := pick(one)) is not None)


def _says(course: Course) -> str:
    """What the drawing shows, for those who cannot see it."""
    most = max((one.active for one in course.moments), default=0)
    worst = max((one.final_p95_ms for one in course.moments if one.final_p95_ms is not None), default=None)
    latest = "no final measured" if worst is None else f"the worst p95 of a bin is {wording.value('ms', worst)}"
    refused, failed = (sum(getattr(one, name) for one in course.moments) for name in ("refused", "failed"))
    took = wording.span(course.until_ns)
    return (
        f"{wording.count(most)} sessions open at most over {took}; final: {latest}; {refused} refused, {failed} failed"
    )


def highest(track: Track) -> float:
    """Of all finite values, and of the limit."""
    values = [value for trace in track.traces for _, value in trace.points if math.isfinite(value)]
    return max([*values, track.limit or 0.0], default=1.0) or 1.0
