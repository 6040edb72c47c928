"""The engine's core in virtual time: plans without files, a scripted target, and what the outbox got to hear."""

from __future__ import annotations

import asyncio
import hashlib
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from support.clips import hello

from harness.clock import ManualClock
from harness.drivers.scripted import Answer, Script, ScriptedDriver
from harness.model.plan import Plan, SessionPlan
from harness.model.run import Identity, Manifest
from harness.model.scenario import Arrival, Pacing, Scenario, Target
from harness.model.timeline import Closed, Final, Heard, Opened
from harness.run.outbox import Outbox
from harness.run.stage import Stage
from harness.store.folder import RunFolder
from harness.store.rows import heard_of

MS = 1_000_000
S = 1_000_000_000

CLIP = hello("clip", "0" * 64)


def polite(_: SessionPlan) -> Sequence[Answer]:
    """Ready 50 ms after opening; 100 ms after the end one final and a good close."""
    return (
        Answer(after="open", delay_ns=50 * MS, heard=Opened()),
        Answer(after="end", delay_ns=100 * MS, heard=Final(segment=0, text="hello there")),
        Answer(after="end", delay_ns=100 * MS, heard=Closed(code="1000")),
    )


@pytest.fixture
def make_session() -> Callable[..., SessionPlan]:
    def make(session_id: str = "s1", open_ns: int = 0, length_ns: int = S, frame_ns: int = 100 * MS) -> SessionPlan:
        return SessionPlan(
            session_id=session_id,
            clip=CLIP,
            lane=0,
            repeat=0,
            open_ns=open_ns,
            start_ns=open_ns + S,
            frame_ns=frame_ns,
            end_ns=open_ns + S + length_ns,
            deadline_ns=open_ns + 11 * S + length_ns,
        )

    return make


class Theatre:
    """A stage on a clock that tests move."""

    def __init__(self) -> None:
        self.clock: ManualClock = ManualClock()
        self.outbox = Outbox()
        self.driver: ScriptedDriver
        self.stage: Stage
        self.rows: dict[str, dict[str, Any]] = {}
        self.opened: dict[str, int] = {}
        self.lags_us: defaultdict[str, list[int]] = defaultdict(list)
        self.heard: defaultdict[str, list[tuple[int, Heard]]] = defaultdict(list)

    def set(self, *plans: SessionPlan, script: Script = polite) -> asyncio.Task[None]:
        self.driver = ScriptedDriver(self.clock, script)
        cast = [(plan, frames(plan)) for plan in plans]
        self.stage = Stage(cast, driver=self.driver, clock=self.clock, outbox=self.outbox)
        return asyncio.ensure_future(self.stage.play())

    async def play(self, *plans: SessionPlan, script: Script = polite, until_ns: int = 60 * S) -> None:
        """Run to the end; fails when the stage is not done by then."""
        playing = self.set(*plans, script=script)
        await self.clock.run_to_end(until_ns)
        assert playing.done()
        await playing
        self.collect()

    def collect(self) -> None:
        if (batch := self.outbox.take()) is None:
            return
        self.opened.update(batch["opened"])
        self.rows.update({row["session_id"]: row for row in batch["over"]})
        for session_id, _, lag_us in batch["frames"]:
            self.lags_us[session_id].append(lag_us)
        for row in batch["heard"]:
            self.heard[row["session_id"]].append((row["at_ns"], heard_of(row)))


def frames(plan: SessionPlan) -> list[bytes]:
    """Frames that say their own number; the last one may be short."""
    size = plan.clip.rate_hz * 2 * plan.frame_ns // S
    audio = b"".join(bytes([number]) * size for number in range(plan.frame_count))
    audio = audio[: plan.clip.rate_hz * 2 * plan.spoken_ns // S]
    return [audio[at : at + size] for at in range(0, len(audio), size)]


class StallingClock(ManualClock):
    """From one moment on the process gets no CPU for a while: whoever sleeps then wakes late."""

    def __init__(self, at_ns: int, for_ns: int) -> None:
        super().__init__()
        self._at_ns, self._until_ns = at_ns, at_ns + for_ns

    async def sleep_until(self, at_ns: int) -> None:
        await super().sleep_until(self._wakes_ns(at_ns))

    def call_at(self, at_ns: int, back: Callable[[], None]) -> None:
        super().call_at(self._wakes_ns(at_ns), back)

    def _wakes_ns(self, at_ns: int) -> int:
        return self._until_ns if self._at_ns <= at_ns < self._until_ns else at_ns


@pytest.fixture
def theatre() -> Theatre:
    return Theatre()


@pytest.fixture
def stalled() -> Callable[[int, int], Theatre]:
    """A theatre whose process stands still from a moment on, for a while."""

    def make(at_ns: int, for_ns: int) -> Theatre:
        theatre = Theatre()
        theatre.clock = StallingClock(at_ns, for_ns)
        return theatre

    return make


@pytest.fixture
def make_folder(tmp_path: Path, make_session: Callable[..., SessionPlan]) -> Callable[..., RunFolder]:
    """A run's folder with sessions of 300 ms of one real clip; the first one opens 100 ms into the run."""

    def make(sessions: int = 1, apart_s: float = 0.2, spoken_ms: int = 300) -> RunFolder:
        file = tmp_path / "ramp.flac"
        soundfile.write(file, np.arange(16_000, dtype=np.int16), 16_000)
        clip = replace(CLIP, sha256=hashlib.sha256(file.read_bytes()).hexdigest())
        plans = tuple(
            replace(make_session(f"s{n}", 100 * MS + round(n * apart_s * S), length_ns=spoken_ms * MS), clip=clip)
            for n in range(sessions)
        )
        run_id = f"run-{len(list(tmp_path.iterdir()))}"
        manifest = Manifest(
            run_id=run_id,
            began_utc="",
            driver="gateway",
            endpoint="ws://127.0.0.1:1",
            scenario=Scenario(
                name="n",
                description="d",
                clips=(),
                arrival=Arrival(lanes=1, seed=1),
                pacing=Pacing(),
                objectives=(),
            ),
            target=Target(name="t", kind="real", endpoints=(("gateway", "ws://127.0.0.1:1"),)),
            plan=Plan(seed=1, lanes=1, sessions=plans),
            identity_before=Identity(facts=()),
            bound_seed=1,
            normaliser="n",
            versions=(),
            environment=(),
            digests=(),
        )
        return RunFolder.create(tmp_path / run_id, run_id, manifest, {clip.sha256: file})

    return make
