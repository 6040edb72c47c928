"""Can you trust the run? The harness's own health, and what this run cannot tell."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from harness.model.run import Manifest, Record
from harness.model.scenario import Scenario
from harness.model.series import CPU, RSS
from harness.model.timeline import Sample
from harness.model.verdict import Check, Judgement, Outcome
from harness.report import wording
from harness.report.facts import Session

_MINUTE_NS = 60_000_000_000
_SHORTEST_NS = 4 * _MINUTE_NS  # of which memory is told: caches and arenas fill in the first minutes of any process
_MB = 1e6
_SEVERAL = "several"  # the speaker of a clip with more than one
_INDEPENDENT_LANES = 2  # more sessions at once share their minutes


@dataclass(frozen=True, slots=True, kw_only=True)
class Lag:
    """Every dispatched frame's lag, sorted."""

    values_us: tuple[int, ...]
    frame_ms: int
    late_us: float  # a frame later than this disturbs its session

    def at(self, share: float) -> int:
        """The smallest lag with at least this share of frames at or below it."""
        return self.values_us[max(1, math.ceil(round(len(self.values_us) * share, 9))) - 1]


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """One process's CPU over the run: (seconds, percent of one core)."""

    source: str
    points: tuple[tuple[float, float], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Memory:
    """One process's resident memory in MB: medians of its first and last minute, and its growth in the second half.

    The growth is from the middle minute's median to the last one's: what start-up takes is no leak.
    """

    source: str
    first_mb: float
    last_mb: float
    mb_per_minute: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Trust:
    heading: str
    lede: str
    lag: Lag | None
    loads: tuple[Load, ...]
    memory: str
    checks: tuple[Check, ...]
    findings: tuple[str, ...]
    cannot_tell: tuple[str, ...]


def build(record: Record, judgement: Judgement, sessions: Sequence[Session]) -> Trust:
    scenario = record.manifest.scenario
    lags = sorted(lag for session in sessions for lag in session.timeline.send_lag_us)
    return Trust(
        heading=_heading(record, judgement),
        lede="Latency counts from the moment a word was due, so a slow harness would make the target look bad.",
        lag=_lag(lags, scenario) if lags else None,
        loads=_loads(record.samples),
        memory=_remembered(memory(record.samples)),
        checks=tuple(sorted(judgement.checks, key=lambda check: check.clear)),
        findings=judgement.findings,
        cannot_tell=tuple(wording.sentence(text) for text in _cannot_tell(record.manifest, sessions)),
    )


def _lag(lags_us: Sequence[int], scenario: Scenario) -> Lag:
    return Lag(values_us=tuple(lags_us), frame_ms=scenario.pacing.frame_ms, late_us=1000 * scenario.limits.tick_late_ms)


def _heading(record: Record, judgement: Judgement) -> str:
    failed = [check for check in judgement.checks if not check.clear]
    total = len(judgement.checks)
    if failed or judgement.outcome is Outcome.INVALID:
        return f"No: {wording.number_word(len(failed))} of {wording.number_word(total)} validity checks failed"
    if not total:
        return "Nothing was checked that could have made this run INVALID"
    cut = record.ending is None or record.ending.vitals.interrupted
    clear = f"all {wording.number_word(total)} checks that could have made this run INVALID are clear"
    return f"As far as it got: {clear}" if cut else f"Yes: {clear}"


def _loads(samples: Sequence[Sample]) -> tuple[Load, ...]:
    """The CPU of each process."""
    found: dict[str, list[tuple[float, float]]] = {}
    for sample in samples:
        if sample.metric == CPU and math.isfinite(sample.value):
            found.setdefault(sample.source, []).append((sample.at_ns / 1e9, sample.value))
    return tuple(Load(source=source, points=tuple(sorted(points))) for source, points in sorted(found.items()))


def memory(samples: Sequence[Sample]) -> tuple[Memory, ...]:
    """How each process's memory moved, the fastest growth first; nothing of a run of less than four minutes."""
    found: dict[str, list[Sample]] = {}
    for sample in samples:
        if sample.metric == RSS:
            found.setdefault(sample.source, []).append(sample)
    moved = [one for source, own in found.items() if (one := _moved(source, own)) is not None]
    return tuple(sorted(moved, key=lambda one: (-one.mb_per_minute, one.source)))


def _moved(source: str, samples: Sequence[Sample]) -> Memory | None:
    began_ns, ended_ns = min(one.at_ns for one in samples), max(one.at_ns for one in samples)
    middle_ns = (began_ns + ended_ns) // 2
    minutes = [
        [one.value for one in samples if from_ns <= one.at_ns <= from_ns + _MINUTE_NS]
        for from_ns in (began_ns, middle_ns - _MINUTE_NS // 2, ended_ns - _MINUTE_NS)
    ]
    if ended_ns - began_ns < _SHORTEST_NS or not all(minutes):  # a process may have been gone for a while
        return None
    first, middle, last = (median(values) / _MB for values in minutes)
    apart = (ended_ns - middle_ns) / _MINUTE_NS - 0.5
    return Memory(source=source, first_mb=first, last_mb=last, mb_per_minute=(last - middle) / apart)


def _remembered(moved: Sequence[Memory]) -> str:
    """`Resident memory, …: engine 92 → 93 MB, +0.11 a minute; gateway …`; empty where nothing is known."""
    said = [
        f"{one.source} {wording.count(round(one.first_mb))} → {wording.count(round(one.last_mb))}{wording.NNBSP}MB, "
        f"{wording.signed(one.mb_per_minute, 2)} a minute"
        for one in moved
    ]
    lead = "Resident memory in the first → in the last minute, and its growth in the run’s second half"  # noqa: RUF001
    return f"{lead}: {'; '.join(said)}." if said else ""


def _cannot_tell(manifest: Manifest, sessions: Sequence[Session]) -> list[str]:
    clips = {session.clip.clip_id: session.clip for session in sessions if session.clip.has_speech}
    speakers = {clip.speaker for clip in clips.values()}
    voices = "several speakers" if _SEVERAL in speakers else wording.plural(len(speakers), "speaker")
    mix = f"{wording.plural(len(clips), 'speech clip')} by {voices}"
    population = any(objective.claim == "population" for objective in manifest.scenario.objectives)
    others = "; of other audio like it only where a line says so, and not of other days"
    said = [f"The bounds speak of this mix of {mix}{others if population else ', not of other audio or other days'}"]
    if manifest.plan.lanes > _INDEPENDENT_LANES:
        said.append(
            f"{wording.plural(manifest.plan.lanes, 'session')} ran at once and share what the target went through, "
            "so the bounds hold for those minutes; a release plays one or two lanes"
        )
    if manifest.scenario.pacing.end_after_ms is None:
        said.append("Clips ran to their end in silence: finals show the server’s own endpointing")  # noqa: RUF001
    else:
        said.append(
            f"The client ends the stream {wording.milliseconds(manifest.scenario.pacing.end_after_ms)} after speech: "
            "how the server finds the end by itself was not tested"
        )
    return said + _references(manifest) + _embedded(manifest)


def _references(manifest: Manifest) -> list[str]:
    clips = {session.clip.clip_id: session.clip for session in manifest.plan.counted if session.clip.has_speech}
    unheard = sum(not clip.confirmed_by_ear for clip in clips.values())
    synthetic = sum(clip.speech == "synthetic" for clip in clips.values())
    loose = sum(not clip.latency for clip in clips.values())
    said = []
    if unheard:
        said.append(f"{wording.count(unheard)} of {wording.plural(len(clips), 'transcript')} not confirmed by ear")
    if synthetic:
        said.append(f"{wording.plural(synthetic, 'clip')} spoken by a synthetic voice")
    if loose:
        said.append(f"{wording.plural(loose, 'clip')} without trusted word times: no latency is judged on them")
    return said


def _embedded(manifest: Manifest) -> list[str]:
    if manifest.target.kind != "embedded":
        return []
    return ["The target is the embedded stand-in on this machine: its figures say nothing about a Riva on a GPU"]
