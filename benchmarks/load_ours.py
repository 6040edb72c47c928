"""A crowd played by our own engine as it really is: a run's folder, the conductor, and the engine in its process."""

from __future__ import annotations

import asyncio
import hashlib
import os
import tempfile
from collections import Counter
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import soundfile
from load_crowd import LEAD_NS, RATE_HZ, Crowd, S, name_of

from harness.drivers.base import DriverSpec
from harness.model.clip import Clip
from harness.model.plan import Plan, SessionPlan
from harness.model.run import Identity, Manifest
from harness.model.scenario import Arrival, Pacing, Scenario, Target
from harness.run.child import Child, started
from harness.run.conduct import conduct
from harness.run.framing import Message
from harness.run.fresh import engine_command
from harness.run.progress import Progress
from harness.store.folder import RunFolder

GRACE_NS = 10 * S


@dataclass(slots=True)
class Played:
    """What a generator says of itself. Lags are in µs, frame by frame."""

    epoch_ns: int = 0
    lags_us: dict[str, list[int]] = field(default_factory=dict)
    came_ns: dict[str, list[int]] = field(default_factory=dict)  # only where the answers tell
    faults: Counter[str] = field(default_factory=Counter)
    tick_late_ms: float = 0.0  # the worst of the whole run


class Tap:
    """The engine's channel, with an ear on it: nothing is changed."""

    def __init__(self, child: Child, played: Played, on_go: Callable[[int, int], None]) -> None:
        self._child, self._played, self._on_go = child, played, on_go
        self.name, self.epitaph, self.kill = child.name, child.epitaph, child.kill

    @property
    def pids(self) -> Mapping[str, int]:
        return self._child.pids

    @property
    def bound_ns(self) -> int:
        return self._child.bound_ns

    def tell(self, message: Message) -> None:
        if message["type"] == "go":
            self._played.epoch_ns = message["epoch_ns"]
            self._on_go(self._child.pid, message["epoch_ns"])
        self._child.tell(message)

    async def hear(self) -> Message | None:
        message = await self._child.hear()
        if message is not None and message["type"] == "batch":
            self._note(message)
        return message

    def _note(self, batch: Message) -> None:
        played = self._played
        for name, _, lag_us in batch["frames"]:
            played.lags_us.setdefault(name, []).append(lag_us)
        for row in batch["heard"]:
            if row["kind"] == "partial" and row["text"][0].isdigit():
                _, came_ns, _ = row["text"].split(" ", 2)  # of a stream that keeps its order and loses nothing
                played.came_ns.setdefault(row["session_id"], []).append(int(came_ns))
            elif row["kind"] in ("errored", "refused"):
                played.faults[row["code"]] += 1
        for row in batch["over"]:
            played.tick_late_ms = max(played.tick_late_ms, row["tick_late_max_us"] / 1000)
            if row["end_reason"] != "completed":
                played.faults[row["end_reason"]] += 1


def play(crowd: Crowd, driver: DriverSpec, core: int, on_go: Callable[[int, int], None]) -> Played:
    """Play it on that core. `on_go` is told the engine's pid and the epoch, ns of CLOCK_MONOTONIC."""
    played = Played()
    perform(
        Show(plan_of=lambda clip: _plan(crowd, clip), pieces=crowd.pieces(), frame_ms=crowd.frame_ms),
        driver,
        core,
        played,
        on_go,
    )
    return played


@dataclass(frozen=True, slots=True, kw_only=True)
class Show:
    """What is to be played: the frames of the one clip, and the plan that is made with it."""

    plan_of: Callable[[Clip], Plan]
    pieces: Sequence[bytes]
    frame_ms: int
    command: Callable[[int], list[str]] = engine_command
    on_progress: Callable[[Progress], None] = lambda _: None


def perform(show: Show, driver: DriverSpec, core: int, played: Played, on_go: Callable[[int, int], None]) -> None:
    """Conduct it as every run is; `played` fills while it goes on."""

    @asynccontextmanager
    async def engines() -> AsyncIterator[tuple[Tap]]:
        ours = os.sched_getaffinity(0)
        os.sched_setaffinity(0, {core})  # a child begins where its parent may run, and so do its threads
        engine = started("engine", show.command)
        try:
            child = await engine.__aenter__()
        finally:
            os.sched_setaffinity(0, ours)
        try:
            yield (Tap(child, played, on_go),)
        finally:
            await engine.__aexit__(None, None, None)

    with tempfile.TemporaryDirectory(prefix="load-engine-") as place:
        folder = _folder(Path(place), show, driver)
        ending = asyncio.run(
            conduct(
                folder=folder,
                driver=driver,
                pids={},
                on_progress=show.on_progress,
                stop=asyncio.Event(),
                engines=engines,
            )
        )
    played.faults.update(ending.vitals.engines_lost)


def _folder(root: Path, show: Show, driver: DriverSpec) -> RunFolder:
    audio = root / "pieces.flac"
    samples = np.frombuffer(b"".join(show.pieces), dtype="<i2")
    soundfile.write(audio, samples, RATE_HZ)
    sha256 = hashlib.sha256(audio.read_bytes()).hexdigest()
    plan = show.plan_of(_clip(sha256, len(samples)))
    return RunFolder.create(root, "run", _manifest(plan, show.frame_ms, driver), {sha256: audio})


def _plan(crowd: Crowd, clip: Clip) -> Plan:
    sessions = [
        session(name_of(number), number, open_ns, clip, crowd.frame_ns)
        for number, open_ns in enumerate(crowd.opens_ns())
    ]
    return Plan(seed=crowd.seed, lanes=len(sessions), sessions=tuple(sessions))


def _clip(sha256: str, samples: int) -> Clip:
    return Clip(
        clip_id="pieces",
        rate_hz=RATE_HZ,
        path="",
        sha256=sha256,
        condition="clean",
        source="",
        speaker="",
        speech="none",
        duration_ns=samples * S // RATE_HZ,
        reference="",
        words=(),
        segments=(),
    )


def session(name: str, lane: int, open_ns: int, clip: Clip, frame_ns: int) -> SessionPlan:
    """The whole clip, a second after opening."""
    start_ns = open_ns + LEAD_NS
    end_ns = start_ns + clip.duration_ns
    return SessionPlan(
        session_id=name,
        clip=clip,
        lane=lane,
        repeat=0,
        open_ns=open_ns,
        start_ns=start_ns,
        frame_ns=frame_ns,
        end_ns=end_ns,
        deadline_ns=end_ns + GRACE_NS,
    )


def _manifest(plan: Plan, frame_ms: int, driver: DriverSpec) -> Manifest:
    scenario = Scenario(
        name="load",
        description="What one engine can send.",
        clips=(),
        arrival=Arrival(lanes=plan.lanes, seed=plan.seed),
        pacing=Pacing(frame_ms=frame_ms),
        objectives=(),
    )
    return Manifest(
        run_id="run",
        began_utc=datetime.now(UTC).isoformat(),
        driver=driver.driver,
        endpoint=driver.endpoint,
        scenario=scenario,
        target=Target(name="sink", kind="real", endpoints=((driver.driver, driver.endpoint),)),
        plan=plan,
        identity_before=Identity(facts=()),
        bound_seed=plan.seed,
        normaliser="",
        versions=(),
        environment=(),
        digests=(),
    )
