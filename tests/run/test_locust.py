"""Whole runs whose engines stand behind Locust, in processes of their own, against a WebSocket server in this loop."""

from __future__ import annotations

import asyncio
import csv
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from support.locusts import behind_locust, ours
from support.target import Run, targeted

from harness.run.fresh import surroundings
from harness.store.folder import RunFolder


@pytest.mark.slow
@pytest.mark.parametrize("engines", [1, 2])
async def test_a_run_behind_locust_is_stored_whole(
    make_folder: Callable[..., RunFolder], tmp_path: Path, engines: int
) -> None:
    """Every row of every engine arrives, Locust's own files have our names, and no process is left."""
    folder = make_folder(sessions=6, spoken_ms=1000)
    async with targeted() as (_, spec):
        ending = await Run(folder, spec).play(engines=behind_locust(folder, tmp_path, engines))
    vitals = ending.vitals
    assert (vitals.engines_lost, vitals.digest_faults, vitals.exploratory, vitals.interrupted) == ((), (), "", False)
    record = folder.read()
    assert [timeline.end_reason for timeline in record.timelines] == ["completed"] * 6
    assert [len(timeline.send_lag_us) for timeline in record.timelines] == [10] * 6
    with (tmp_path / "locust_stats.csv").open(encoding="utf-8") as file:
        rows = {row["Name"]: (row["Request Count"], row["Failure Count"]) for row in csv.DictReader(file)}
    assert rows.pop("Aggregated")
    assert rows == {
        "connect": ("6", "0"),
        "first partial": ("6", "0"),
        "final": ("6", "0"),
        "session": ("6", "0"),
        "send lag": ("6", "0"),
    }
    assert (tmp_path / "locust.html").exists()
    assert ours() == []


@pytest.mark.slow
async def test_an_engine_from_another_host_plays_its_part(
    make_folder: Callable[..., RunFolder], tmp_path: Path
) -> None:
    """It gets plan and clips over the wire, and the folder says how well its moment of beginning is known."""
    folder = make_folder(sessions=6, spoken_ms=1000)
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    (tmp_path / "clock").write_text("another boot", encoding="ascii")
    double = Path(__file__).parents[1] / "doubles" / "foreign_worker.py"
    command = [sys.executable, "-m", "locust", "-f", str(double), "--worker", "--master-port", str(port)]
    environment = surroundings() | {"FOREIGN_CLOCK": str(tmp_path / "clock")}
    worker = await asyncio.create_subprocess_exec(*command, env=environment, cwd=tmp_path, stderr=subprocess.DEVNULL)
    async with targeted() as (_, spec):
        asked = behind_locust(folder, tmp_path, 1, elsewhere=1, bind=("127.0.0.1", port))
        ending = await Run(folder, spec).play(engines=asked)
    assert await asyncio.wait_for(worker.wait(), 20) == 0
    assert ending.vitals.engines_lost == ()
    record = folder.read()
    assert [timeline.end_reason for timeline in record.timelines] == ["completed"] * 6
    (bound,) = [sample for sample in record.samples if sample.metric == "clock_bound_ms"]
    assert bound.source in {"engine 1", "engine 2"}
    assert 0 < bound.value < 1000
