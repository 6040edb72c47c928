"""What `harness doctor --load` plays: so many sessions at once through the real engine into a sink of our own."""

from __future__ import annotations

import asyncio
import hashlib
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import numpy as np
import soundfile

from harness.cli.live import manifest_of
from harness.cli.options import Asked
from harness.cli.sink import sink
from harness.drivers.base import DriverSpec
from harness.model.clip import Clip
from harness.model.plan import Plan, SessionPlan
from harness.model.run import Ending, Identity, Record
from harness.model.scenario import Arrival, Pacing, Scenario, Selection, Target
from harness.model.timeline import Sample
from harness.run.conduct import conduct
from harness.store.folder import RunFolder

RATE_HZ: Final = 16_000
OPENS_HZ: Final = 200  # sessions a second: a crowd that comes at once is another test
LEAD_NS: Final = 1_000_000_000  # from opening to the first sample, as in every plan
GRACE_NS: Final = 10_000_000_000
_GOLDEN: Final = (5**0.5 - 1) / 2  # its multiples fill an interval evenly, so no two sessions keep the same step
S: Final = 1_000_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """How much, in how many engines, and for how long all of it is open."""

    sessions: int
    workers: int
    frame_ms: int
    seconds: float

    @property
    def ramp_ns(self) -> int:
        return round(max(1.0, self.sessions / OPENS_HZ) * S)

    @property
    def lasts_s(self) -> float:
        """The whole trial: all open, one after another, and close so."""
        return (2 * self.ramp_ns + LEAD_NS) / S + self.seconds

    @property
    def window_ns(self) -> tuple[int, int]:
        """When every session sends."""
        begin = self.ramp_ns + LEAD_NS
        return begin, begin + round(self.seconds * S)


def play_load(load: Load) -> Record:
    """The record of all its engines as one. Raises EngineError where the harness could not even begin."""
    with ExitStack() as stack:
        place = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="harness-load-")))
        clip, audio = _clip(place, load)
        parts = []
        for number, plan in enumerate(plans(load, clip)):
            endpoint, pid = stack.enter_context(sink())  # one each, so that it is not the sink that is full first
            target = Target(name="sink", kind="real", endpoints=(("gateway", endpoint),))
            spec = DriverSpec.of(target, "gateway", endpoint)
            folder = _folder(place / f"worker-{number}", _asked(load, plan), target, spec, {clip.sha256: audio})
            parts.append(_Part(folder=folder, spec=spec, pids={"sink": pid}))
        asyncio.run(_conduct(parts))
        return as_one([part.folder.read() for part in parts])


def plans(load: Load, clip: Clip) -> tuple[Plan, ...]:
    """One an engine; the sessions are dealt round."""
    length_ns = load.ramp_ns + round(load.seconds * S)
    sessions = [_session(number, load, clip, length_ns) for number in range(load.sessions)]
    dealt = [tuple(sessions[worker :: load.workers]) for worker in range(load.workers)]
    return tuple(Plan(seed=0, lanes=len(own), sessions=own) for own in dealt)


def _session(number: int, load: Load, clip: Clip, length_ns: int) -> SessionPlan:
    open_ns = round(number * _GOLDEN % 1 * load.ramp_ns)
    start_ns = open_ns + LEAD_NS
    return SessionPlan(
        session_id=f"s{number + 1:05}",
        clip=clip,
        lane=number,
        repeat=0,
        open_ns=open_ns,
        start_ns=start_ns,
        frame_ns=load.frame_ms * 1_000_000,
        end_ns=start_ns + length_ns,
        deadline_ns=start_ns + length_ns + GRACE_NS,
    )


def as_one(records: Sequence[Record]) -> Record:
    """The engines' records as that of one run; in the series each engine has a number behind its name."""
    first = records[0]
    if len(records) == 1:
        return first
    sessions = tuple(session for one in records for session in one.manifest.plan.sessions)
    plan = replace(first.manifest.plan, lanes=len(sessions), sessions=sessions)
    endings = [one.ending for one in records if one.ending is not None]
    return Record(
        manifest=replace(first.manifest, plan=plan),
        ending=_last(endings) if len(endings) == len(records) else None,
        timelines=tuple(timeline for one in records for timeline in one.timelines),
        samples=tuple(_numbered(sample, number) for number, one in enumerate(records, 1) for sample in one.samples),
        damage=tuple(text for one in records for text in one.damage),
    )


def _last(endings: Sequence[Ending]) -> Ending:
    vitals = [one.vitals for one in endings]
    worst = replace(
        vitals[0],
        interrupted=any(one.interrupted for one in vitals),
        engines_lost=tuple(text for one in vitals for text in one.engines_lost),
        clock_drift_ms=max(one.clock_drift_ms for one in vitals),
        digest_faults=tuple(text for one in vitals for text in one.digest_faults),
    )
    return replace(max(endings, key=lambda one: one.elapsed_ns), vitals=worst)


def _numbered(sample: Sample, number: int) -> Sample:
    return replace(sample, source=f"{sample.source} {number}") if sample.source in ("engine", "sink") else sample


@dataclass(frozen=True, slots=True, kw_only=True)
class _Part:
    """What one engine plays, and against which sink."""

    folder: RunFolder
    spec: DriverSpec
    pids: dict[str, int]


async def _conduct(parts: Sequence[_Part]) -> None:
    stop = asyncio.Event()
    async with asyncio.TaskGroup() as group:
        for one in parts:
            playing = conduct(folder=one.folder, driver=one.spec, pids=one.pids, on_progress=lambda _: None, stop=stop)
            group.create_task(playing)


def _clip(place: Path, load: Load) -> tuple[Clip, Path]:
    """Silence: how much there is counts, not what is in it."""
    length_ns = load.ramp_ns + round(load.seconds * S)
    file = place / "silence.flac"
    soundfile.write(file, np.zeros(length_ns * RATE_HZ // S, dtype=np.int16), RATE_HZ)
    clip = Clip(
        clip_id="silence",
        rate_hz=RATE_HZ,
        path=file.name,
        sha256=hashlib.sha256(file.read_bytes()).hexdigest(),
        condition="silence",
        source="silence",
        speaker="nobody",
        speech="none",
        duration_ns=length_ns,
        reference="",
        words=(),
        segments=(),
    )
    return clip, file


def _asked(load: Load, plan: Plan) -> Asked:
    scenario = Scenario(
        name="load",
        description="How much this machine can send.",
        clips=(Selection(),),
        arrival=Arrival(lanes=load.sessions, seed=0, think_ms=0),
        pacing=Pacing(frame_ms=load.frame_ms, end_after_ms=None),
        objectives=(),
    )
    return Asked(scenario=scenario, plan=plan, corpus=Path())


def _folder(root: Path, asked: Asked, target: Target, spec: DriverSpec, clips: dict[str, Path]) -> RunFolder:
    root.mkdir()
    manifest = manifest_of(asked, target, spec, Identity(facts=()), (), {})
    return RunFolder.create(root, manifest.run_id, manifest, clips)
