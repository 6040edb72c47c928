"""Load runs that lose a part of themselves, stop or are left alone: nothing measured is lost, and nobody is left."""

from __future__ import annotations

import asyncio
import re
import signal
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
from support.locusts import behind_locust, gone, ours, part_of
from support.target import Run, targeted

from harness.model.run import Ending
from harness.store.folder import RunFolder

pytestmark = pytest.mark.drill
SESSIONS, PROMPTLY_S = 60, 30


async def interrupted(run: Run, out: Path, engines: int, strike: Callable[[], object]) -> tuple[Ending, float]:
    """A run that is struck once two sessions are done and one is open; how it ended, and how long after."""
    playing = asyncio.create_task(run.play(engines=behind_locust(run.folder, out, engines)))
    while not (run.shown and run.shown[-1].done >= 2 and run.shown[-1].open):
        assert not playing.done(), playing.result()
        await asyncio.sleep(0.02)  # a poll of a condition, not a guess
    everyone, struck = ours(), time.monotonic()
    strike()
    ending = await playing
    took_s = time.monotonic() - struck
    await asyncio.to_thread(gone, everyone)
    return ending, took_s


def accounted(folder: RunFolder) -> dict[str, int]:
    reasons = [timeline.end_reason for timeline in folder.read().timelines]
    return {reason: reasons.count(reason) for reason in reasons}


@pytest.mark.parametrize(
    ("engines", "victim", "named"),
    [
        (2, "harness.run.engine", r"engine [12] died \(killed by signal 9\)"),
        (2, "--worker", r"the Locust worker died \(killed by signal 9\) \(engine [12]\)"),
        (2, "--master", r"the Locust master died \(killed by signal 9\)"),
        (1, "harness.run.engine", r"engine died \(killed by signal 9\)"),
        (1, "--locustfile", r"the Locust master died \(killed by signal 9\)"),
    ],
)
async def test_who_dies_is_named_and_ends_the_run(
    make_folder: Callable[..., RunFolder], tmp_path: Path, engines: int, victim: str, named: str
) -> None:
    """Its sessions are cut, the others' too, all that was measured is kept, and no process outlives the run."""
    folder = make_folder(sessions=SESSIONS, apart_s=0.5, spoken_ms=1000)
    async with targeted() as (_, spec):
        run = Run(folder, spec)
        ending, took_s = await interrupted(run, tmp_path, engines, lambda: part_of(ours(), victim).kill())
    (lost,) = ending.vitals.engines_lost
    assert re.fullmatch(named, lost), lost
    assert not ending.vitals.interrupted
    assert took_s < PROMPTLY_S
    reasons = accounted(folder)
    assert sum(reasons.values()) == SESSIONS
    assert reasons["completed"] >= 2
    assert reasons["cut"] >= 1
    assert reasons["never_started"] >= 1


async def test_an_interruption_cuts_every_engine(make_folder: Callable[..., RunFolder], tmp_path: Path) -> None:
    """As with one engine: nothing is lost, and the folder says that it was interrupted."""
    folder = make_folder(sessions=SESSIONS, apart_s=0.5, spoken_ms=1000)
    async with targeted() as (_, spec):
        run = Run(folder, spec)
        ending, took_s = await interrupted(run, tmp_path, 2, run.stop.set)
    assert (ending.vitals.engines_lost, ending.vitals.interrupted) == ((), True)
    assert took_s < PROMPTLY_S
    assert accounted(folder)["completed"] >= 2


async def test_a_stuck_engine_is_killed(make_folder: Callable[..., RunFolder], tmp_path: Path) -> None:
    """A stopped process does not notice that its parent is gone; when the run is cut, it is ended all the same."""
    folder = make_folder(sessions=SESSIONS, apart_s=0.5, spoken_ms=1000)

    def strike() -> None:
        part_of(ours(), "harness.run.engine").send_signal(signal.SIGSTOP)
        run.stop.set()

    async with targeted() as (_, spec):
        run = Run(folder, spec)
        ending, took_s = await interrupted(run, tmp_path, 2, strike)
    assert took_s < PROMPTLY_S
    assert len(ending.vitals.engines_lost) == 1


async def test_workers_that_stand_still_lose_nothing(make_folder: Callable[..., RunFolder], tmp_path: Path) -> None:
    """Locust would stop its test over three missed heartbeats; the engines neither wait for it nor drop a row."""
    folder = make_folder(sessions=24, apart_s=0.5, spoken_ms=1000)

    def strike() -> None:
        workers = [process for process in ours() if "--worker" in process.cmdline()]
        for worker in workers:
            worker.suspend()
        time.sleep(6)  # the fault itself
        for worker in workers:
            worker.resume()

    async with targeted() as (_, spec):
        run = Run(folder, spec)
        ending, _ = await interrupted(
            run, tmp_path, 2, partial(asyncio.get_running_loop().run_in_executor, None, strike)
        )
    assert ending.vitals.engines_lost == ()
    assert accounted(folder) == {"completed": 24}
    assert {len(timeline.send_lag_us) for timeline in folder.read().timelines} == {10}
