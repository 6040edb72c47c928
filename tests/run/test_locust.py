"""Whole runs whose engines stand behind Locust, in processes of their own, against a WebSocket server in this loop."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path

import pytest
from support.locusts import behind_locust, ours
from support.target import Run, targeted

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
