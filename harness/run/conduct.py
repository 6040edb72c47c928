"""The parent of a run: starts engines, stores what they tell, samples processes, draws progress, and ends it all."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Final

from harness.clock import wall_against_monotonic_ns
from harness.drivers.base import Driver, DriverSpec
from harness.drivers.registry import make_driver
from harness.errors import EngineError, FolderError, TargetError
from harness.model.run import Ending, Identity, Vitals
from harness.model.series import TICK_LATE
from harness.observe.scrape import Page, Scrapers
from harness.observe.watch import Watch
from harness.run.channel import Channel, Engines
from harness.run.child import one_engine
from harness.run.framing import Message
from harness.run.progress import Board, Phase, Progress
from harness.store import codec
from harness.store.folder import RunFolder
from harness.store.rows import Row, frame_row

OnProgress = Callable[[Progress], None]

LEAD_NS: Final = 200_000_000  # between "go" and at_ns 0
READY_S: Final = 120.0  # decoding a long corpus on a busy machine
PATIENCE_S: Final = 30.0  # after the plan's last deadline an engine that is still not done is stuck
CUT_S: Final = 10.0
FLUSH_S: Final = 2.0
SAMPLE_S: Final = 1.0
PROGRESS_S: Final = 0.2


async def conduct(
    *,
    folder: RunFolder,
    driver: DriverSpec,
    pids: Mapping[str, int],
    on_progress: OnProgress,
    stop: asyncio.Event,
    pages: Sequence[Page] = (),
    engines: Engines = one_engine,
) -> Ending:
    """Play the plan of the folder's manifest against the target and store everything, `ending.json` last.

    `pids` are processes to sample by name, `pages` are scraped. Setting `stop` cuts the run: what was measured is kept.
    An engine that dies is a finding in the Ending's vitals, and cuts the others. Raises TargetError for a driver that
    cannot be made at all, and EngineError where the disk takes no more.
    """
    target = make_driver(driver)
    run = _Run(folder, pids, pages, on_progress, stop)
    try:
        async with engines() as channels:
            await run.play(channels, driver)
        return await run.close(target)
    finally:
        await target.close()


class _Run:
    """One run's state between its start and its ending."""

    def __init__(
        self,
        folder: RunFolder,
        pids: Mapping[str, int],
        pages: Sequence[Page],
        on_progress: OnProgress,
        stop: asyncio.Event,
    ) -> None:
        self._folder = folder
        self._manifest = folder.manifest()
        self._board = Board(self._manifest.plan)
        self._parts = folder.parts()
        self._pids = dict(pids)
        self._scrapers = Scrapers(pages, self._elapsed_ns)
        self._on_progress = on_progress
        self._stop = stop
        self._phase: Phase = "starting"
        self._epoch_ns: int | None = None  # monotonic time of at_ns 0, once that is settled
        self._wall_ns = 0
        self._watch = Watch({}, engines=(), now_ns=time.monotonic_ns)
        self._took_ns = 0  # the streaming alone: Locust takes some seconds more to end
        self._playing: set[Channel] = set()
        self._void = asyncio.Event()  # it proves nothing any more, and ends
        self._vitals = Vitals()

    async def play(self, engines: Sequence[Channel], driver: DriverSpec) -> None:
        """From the engines' start to their end, whichever way it comes."""
        self._playing = set(engines)
        tasks = [
            asyncio.create_task(self._perform(engines, driver)),
            asyncio.create_task(_every(PROGRESS_S, self._show)),
            asyncio.create_task(_every(FLUSH_S, self._parts.flush)),
            asyncio.create_task(_every(SAMPLE_S, self._sample)),
            asyncio.create_task(self._cut_when(self._stop)),
            asyncio.create_task(self._cut_when(self._void)),
        ]
        try:  # only the first of them ends by itself; another one that does has failed, on a full disk say
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
        except FolderError as error:
            raise EngineError(f"{error} What stands in {self._folder.path} is kept and can be judged.") from error
        finally:
            self._scrapers.stop()
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            self._took_ns = self._elapsed_ns()
            self._phase = "finishing"
            self._show()

    async def close(self, target: Driver) -> Ending:
        """Account for every session, ask the target again who it is, and seal the folder."""
        self._parts.add("sessions", self._board.left_open())
        self._parts.add("series", [_series_row(*reading) for reading in self._scrapers.take()])
        self._parts.flush(last=True)
        vitals = replace(self._vitals, scrape_faults=self._scrapers.faults, identity_after=await _identity(target))
        ending = Ending(
            ended_utc=_iso(datetime.now(UTC)), elapsed_ns=self._took_ns, vitals=vitals, parts=self._parts.written
        )
        self._folder.write_ending(ending)
        return ending

    async def _perform(self, engines: Sequence[Channel], driver: DriverSpec) -> None:
        try:
            async with asyncio.timeout(READY_S):
                ready = await asyncio.gather(
                    *(self._ready(engine, driver, part, len(engines)) for part, engine in enumerate(engines))
                )
            if all(ready) and not self._stop.is_set():
                self._go(engines)
                async with asyncio.timeout((self._manifest.plan.end_ns + LEAD_NS) / 1e9 + PATIENCE_S):
                    await asyncio.gather(*map(self._listen, engines))
        except TimeoutError:
            stuck = f"was stuck while {self._phase} and had to be killed"
            await asyncio.gather(*(self._mourn(one, f"the {one.name} {stuck}") for one in set(self._playing)))

    async def _ready(self, engine: Channel, driver: DriverSpec, part: int, of: int) -> bool:
        folder = str(self._folder.path.resolve())
        engine.tell({"type": "start", "folder": folder, "driver": codec.encode(driver), "part": part, "of": of})
        if (ready := await engine.hear()) is None:
            await self._mourn(engine)
            return False
        faults = (*self._vitals.digest_faults, *ready["faults"])
        self._vitals = replace(self._vitals, digest_faults=tuple(dict.fromkeys(faults)))
        return True

    def _go(self, engines: Sequence[Channel]) -> None:
        """at_ns 0 is settled, and stands in the manifest, before anything is sent."""
        pids = {name: pid for engine in engines for name, pid in engine.pids.items()}
        watched = {**self._pids, "harness": os.getpid(), **pids}
        paced = [engine.name for engine in engines if engine.name in pids]  # those on this host
        self._watch = Watch(watched, engines=paced, now_ns=time.monotonic_ns)
        self._epoch_ns = time.monotonic_ns() + LEAD_NS
        self._wall_ns = wall_against_monotonic_ns()
        began = datetime.fromtimestamp((self._epoch_ns + self._wall_ns) / 1e9, UTC)
        self._folder.write_manifest(replace(self._manifest, began_utc=_iso(began)))
        self._phase = "running"
        self._scrapers.start()
        self._parts.add("series", [_clock_row(engine) for engine in engines if engine.bound_ns])
        for engine in engines:
            engine.tell({"type": "go", "epoch_ns": self._epoch_ns})

    async def _listen(self, engine: Channel) -> None:
        while (message := await engine.hear()) is not None:
            match message["type"]:
                case "done":
                    self._playing.discard(engine)
                    return
                case "by_hand":
                    self._vitals = replace(self._vitals, exploratory=message["why"])
                    if message["over"]:
                        self._void.set()
                case "stopped":
                    self._lose(message["why"])
                case _:
                    self._follow(message, engine.name)
        await self._mourn(engine)

    def _follow(self, batch: Message, name: str) -> None:
        self._board.follow(batch)
        self._parts.add("heard", batch["heard"])
        self._parts.add("sessions", [{**row, "engine": name} for row in batch["over"]])
        self._parts.add("series", [_series_row(at, name, TICK_LATE, late_us / 1000) for at, late_us in batch["late"]])
        self._parts.add("frames", [frame_row(*frame) for frame in batch["frames"]])

    async def _mourn(self, engine: Channel, why: str = "") -> None:
        if why:
            engine.kill()
        epitaph = await engine.epitaph()
        self._playing.discard(engine)
        if self._vitals.interrupted and self._epoch_ns is None:
            return  # cut while it was still getting ready: it was ours to kill, and nothing is lost
        self._lose(why or epitaph)

    def _lose(self, why: str) -> None:
        lost = (*self._vitals.engines_lost, why)
        self._vitals = replace(self._vitals, engines_lost=tuple(dict.fromkeys(lost)))
        self._void.set()

    async def _cut_when(self, over: asyncio.Event) -> None:
        """Cut the run; an engine that does not manage to in time is killed, and its sessions are cut as well.

        A run that lost an engine proves nothing any more: the others are cut as a person would have done it.
        """
        await over.wait()
        if over is self._stop:
            self._vitals = replace(self._vitals, interrupted=True)
        for engine in self._playing:
            engine.tell({"type": "cut"})
        await asyncio.sleep(CUT_S)
        for engine in self._playing:
            engine.kill()
        await asyncio.Event().wait()

    def _sample(self) -> None:
        if self._phase != "running":
            return
        drift_ms = abs(wall_against_monotonic_ns() - self._wall_ns) / 1e6
        self._vitals = replace(self._vitals, clock_drift_ms=max(self._vitals.clock_drift_ms, drift_ms))
        at_ns = self._elapsed_ns()
        self._parts.add("series", [_series_row(at_ns, *reading) for reading in self._watch.sample()])
        self._parts.add("series", [_series_row(*reading) for reading in self._scrapers.take()])

    def _show(self) -> None:
        self._on_progress(self._board.progress(self._phase, self._elapsed_ns()))

    def _elapsed_ns(self) -> int:
        return 0 if self._epoch_ns is None else max(0, time.monotonic_ns() - self._epoch_ns)


def _clock_row(engine: Channel) -> Row:
    """How well the clock of an engine on another host is known: its times may be off by so much against the others'."""
    return {"at_ns": 0, "source": engine.name, "metric": "clock_bound_ms", "value": engine.bound_ns / 1e6}


async def _every(seconds: float, chore: Callable[[], None]) -> None:
    while True:
        await asyncio.sleep(seconds)
        chore()


def _series_row(at_ns: int, source: str, metric: str, value: float) -> Row:
    return {"at_ns": at_ns, "source": source, "metric": metric, "value": value}


async def _identity(target: Driver) -> Identity | None:
    try:
        return await target.probe()
    except TargetError:
        return None


def _iso(moment: datetime) -> str:
    return moment.isoformat(timespec="microseconds")
