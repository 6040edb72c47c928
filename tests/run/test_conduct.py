"""Whole runs with the real engine process, against a WebSocket server in this loop."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable

import pandas as pd
import psutil
from support.target import Run, targeted

from harness.drivers.base import DriverSpec
from harness.model.timeline import Closed, Final, Opened
from harness.observe.scrape import Page
from harness.store.folder import RunFolder


def engines() -> list[psutil.Process]:
    return [child for child in psutil.Process().children() if "harness.run.engine" in child.cmdline()]


async def test_a_run_is_stored_whole(make_folder: Callable[..., RunFolder]) -> None:
    """Every session completed, every frame accounted for, and nothing left running."""
    folder = make_folder(sessions=3)
    before = len(asyncio.all_tasks())
    async with targeted() as (target, spec):
        run = Run(folder, spec)
        ending = await run.play()
    record = folder.read()
    assert record.ending == ending
    assert [timeline.end_reason for timeline in record.timelines] == ["completed"] * 3
    for timeline in record.timelines:
        assert [type(heard) for _, heard in timeline.heard] == [Opened, Final, Closed]
        assert len(timeline.send_lag_us) == 3
        assert min(timeline.send_lag_us) >= 0
        assert timeline.engine == "engine"
    probes = 2 * 6_400  # the engine warms up with one, and the run ends with one
    assert target.bytes == 3 * 3 * 3_200 + probes
    assert ending.vitals.identity_after is not None
    assert (ending.vitals.engines_lost, ending.vitals.digest_faults, ending.vitals.interrupted) == ((), (), False)
    assert {sample.source for sample in record.samples} == {"target", "harness", "engine", "host"}
    told = {sample.metric for sample in record.samples if sample.source == "engine"}
    assert told >= {"cpu_percent", "loop_busy_percent", "open_files", "open_files_limit", "ports_in_use", "ports_limit"}
    assert len(pd.read_parquet(folder.path / "sessions")) == 3
    assert (engines(), len(asyncio.all_tasks())) == ([], before)


async def test_pages_of_metrics_are_scraped_while_it_runs(make_folder: Callable[..., RunFolder]) -> None:
    """Their figures stand in the series on the run's clock; one that nobody serves is down, with its reason."""
    folder = make_folder(sessions=2)
    async with targeted(metrics="gateway_active_sessions 1\n") as (_, spec):
        run = Run(folder, spec)
        here = spec.endpoint.replace("ws", "http") + "/metrics"
        pages = (Page(source="here", address=here), Page(source="gone", address="http://127.0.0.1:1/"))
        ending = await run.play(pages=pages)
    samples = folder.read().samples
    kept = {(one.source, one.metric, one.value) for one in samples if one.source in ("here", "gone")}
    assert kept == {("here", "up", 1.0), ("here", "gateway_active_sessions", 1.0), ("gone", "up", 0.0)}
    assert all(0 <= one.at_ns <= ending.elapsed_ns for one in samples)
    assert ending.vitals.scrape_faults == (("gone", "nothing listens there"),)


async def test_the_manifest_says_when_the_run_began_and_progress_counts(make_folder: Callable[..., RunFolder]) -> None:
    """began_utc is settled just before the first frame; the last progress has everything done."""
    folder = make_folder(sessions=1)
    async with targeted() as (_, spec):
        run = Run(folder, spec)
        ending = await run.play()
    began = pd.Timestamp(folder.manifest().began_utc)
    took_ns = (pd.Timestamp(ending.ended_utc) - began).value
    assert 0 < ending.elapsed_ns <= took_ns
    assert [run.shown[0].phase, run.shown[-1].phase] == ["starting", "finishing"]
    assert (run.shown[-1].done, run.shown[-1].planned, run.shown[-1].failed) == (1, 1, 0)
    assert run.shown[-1].final_ms is not None


async def test_an_interruption_keeps_what_was_measured(make_folder: Callable[..., RunFolder]) -> None:
    """The open session is cut, those to come never started, and the folder says that it was interrupted."""
    folder = make_folder(sessions=3, apart_s=100)
    async with targeted() as (target, spec):
        run = Run(folder, spec)
        playing = asyncio.create_task(run.play())
        await target.streaming.wait()
        run.stop.set()
        ending = await playing
    assert ending.vitals.interrupted
    assert ending.vitals.engines_lost == ()
    assert [t.end_reason for t in folder.read().timelines] == ["cut", "never_started", "never_started"]
    assert engines() == []


async def test_an_interruption_before_the_start_starts_nothing(make_folder: Callable[..., RunFolder]) -> None:
    """Ctrl-C while the engine decodes."""
    folder = make_folder(sessions=2)
    async with targeted() as (_, spec):
        run = Run(folder, spec)
        run.stop.set()
        ending = await run.play()
    assert (ending.vitals.interrupted, ending.elapsed_ns) == (True, 0)
    assert [t.end_reason for t in folder.read().timelines] == ["never_started"] * 2


async def test_an_engine_that_dies_is_a_finding(make_folder: Callable[..., RunFolder]) -> None:
    """Its open session is cut; the ending says how it died; the folder reads."""
    folder = make_folder(sessions=2, apart_s=100)
    async with targeted() as (_, spec):
        run = Run(folder, spec)
        playing = asyncio.create_task(run.play())
        await run.opened.wait()
        (engine,) = engines()
        engine.send_signal(signal.SIGKILL)
        ending = await playing
    assert len(ending.vitals.engines_lost) == 1
    assert "signal 9" in ending.vitals.engines_lost[0]
    timelines = folder.read().timelines
    assert [t.end_reason for t in timelines] == ["cut", "never_started"]
    assert [t.opened_ns is None for t in timelines] == [False, True]
    assert len(pd.read_parquet(folder.path / "sessions")) == 2


async def test_a_run_that_is_cancelled_leaves_no_engine(make_folder: Callable[..., RunFolder]) -> None:
    """However the block is left."""
    async with targeted() as (target, spec):
        playing = asyncio.create_task(Run(make_folder(sessions=2, apart_s=100), spec).play())
        await target.streaming.wait()
        playing.cancel()
        await asyncio.gather(playing, return_exceptions=True)
    assert playing.cancelled()
    assert engines() == []


async def test_a_clip_changed_in_the_folder_is_a_digest_fault(make_folder: Callable[..., RunFolder]) -> None:
    """Its sessions never start, and the run cannot be vouched for."""
    folder = make_folder(sessions=1)
    (clip,) = folder.manifest().plan.clips
    (folder.path / clip.path).write_bytes(b"other")
    async with targeted() as (_, spec):
        ending = await Run(folder, spec).play()
    assert len(ending.vitals.digest_faults) == 1
    assert [t.end_reason for t in folder.read().timelines] == ["never_started"]


async def test_a_target_that_is_gone_is_data(make_folder: Callable[..., RunFolder]) -> None:
    """Nobody listens: the session is completed with an error, and the target has no identity afterwards."""
    folder = make_folder(sessions=1)
    ending = await Run(folder, DriverSpec(driver="gateway", endpoint="ws://127.0.0.1:1")).play()
    (timeline,) = folder.read().timelines
    assert timeline.end_reason == "completed"
    assert [type(heard).__name__ for _, heard in timeline.heard] == ["Errored", "Closed"]
    assert ending.vitals.identity_after is None
