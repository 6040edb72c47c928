"""Engines behind Locust, for tests."""

from __future__ import annotations

import time
from functools import partial
from pathlib import Path
from typing import Any

import psutil

from harness.run.lanes import active_lanes
from harness.run.locust import Locust, locust_engines
from harness.store.folder import RunFolder


def behind_locust(folder: RunFolder, out: Path, engines: int, **asked: Any) -> partial:
    return partial(locust_engines, Locust(engines=engines, **asked), active_lanes(folder.manifest().plan), out)


def ours() -> list[psutil.Process]:
    """What runs of what this test has started."""
    return [child for child in psutil.Process().children(recursive=True) if "harness" in command(child)]


def part_of(processes: list[psutil.Process], argument: str) -> psutil.Process:
    return next(process for process in processes if argument in process.cmdline())


def command(process: psutil.Process) -> str:
    try:
        return " ".join(process.cmdline())
    except psutil.Error:
        return ""


def gone(processes: list[psutil.Process], within_s: float = 10) -> None:
    """Fails where one of them lives on."""
    until = time.monotonic() + within_s
    while alive := [command(p) for p in processes if p.is_running() and p.status() != psutil.STATUS_ZOMBIE]:
        assert time.monotonic() < until, alive
        time.sleep(0.02)  # a poll of a condition, not a guess
