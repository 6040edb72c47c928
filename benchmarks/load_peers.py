"""A crowd played by others: plain Locust with two WebSocket libraries, and k6 where it is installed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from load_crowd import Crowd
from load_ours import Played

from harness.clock import wall_against_monotonic_ns

HERE = Path(__file__).parent
BEGIN_S, END_S = 60.0, 30.0
K6_BEGINS_S = 3.0
OnGo = Callable[[int, int], None]


def play_locust(name: str, crowd: Crowd, url: str, core: int, on_go: OnGo) -> Played:
    """`name` is that of a locustfile beside this one. `on_go` is told the pid and the epoch."""
    played = Played()
    with tempfile.TemporaryDirectory(prefix="load-locust-") as place:
        out = Path(place)
        command = [sys.executable, "-m", "locust", "-f", str(HERE / f"{name}.py"), "--headless", "--only-summary"]
        command += ["-u", str(crowd.sessions), "-r", str(crowd.sessions), "--loglevel", "ERROR"]
        facts = {"LOAD_CROWD": crowd.to_json(), "LOAD_URL": url, "LOAD_OUT": place}
        with (out / "log").open("wb") as log, _pinned(core, command, facts, log.fileno()) as process:
            if not _appears(out / "epoch", process, BEGIN_S):
                played.faults["did not begin"] += 1
                process.kill()
                return played
            played.epoch_ns = int((out / "epoch").read_text(encoding="ascii"))
            on_go(process.pid, played.epoch_ns)
            _wait(process, played.epoch_ns + crowd.end_ns)
        if not (out / "played.json").exists():
            played.faults["did not end"] += 1
            return played
        said = json.loads((out / "played.json").read_bytes())
    played.lags_us = said["lags_us"]
    played.faults.update(said["faults"])
    return played


def play_k6(crowd: Crowd, url: str, core: int, on_go: OnGo) -> Played:
    """It cannot say how late it was: only the sink can."""
    begins_s = K6_BEGINS_S + crowd.sessions / 500
    epoch_ns = time.monotonic_ns() + int(begins_s * 1e9)
    played = Played(epoch_ns=epoch_ns)
    facts = {
        "LOAD_CROWD": crowd.to_json(),
        "LOAD_URL": url,
        "LOAD_OPENS_MS": json.dumps([round(at_ns / 1e6, 3) for at_ns in crowd.opens_ns()]),
        "LOAD_EPOCH_MS": str((epoch_ns + wall_against_monotonic_ns()) / 1e6),
        "LOAD_FRAMES": str(crowd.frames),
        "LOAD_FRAME_BYTES": str(crowd.frame_bytes),
    }
    command = ["k6", "run", "--quiet", "--no-usage-report", "--no-summary", "--address", "", str(HERE / "load_k6.js")]
    with (
        tempfile.TemporaryFile() as log,
        _pinned(core, command, {**facts, "GOGC": "400", "GOMAXPROCS": "1"}, log.fileno()) as process,
    ):
        on_go(process.pid, epoch_ns)
        _wait(process, epoch_ns + crowd.end_ns)
        log.seek(0)
        said = log.read().decode("utf-8", "replace").splitlines()
    played.faults.update(line[-80:] for line in said if "level=error" in line)
    if process.returncode:
        played.faults[f"k6 ended with {process.returncode}"] += 1
    return played


def _pinned(core: int, command: list[str], facts: dict[str, str], log: int) -> subprocess.Popen[bytes]:
    """A child begins where its parent may run, so its threads stay there too."""
    ours, path = os.sched_getaffinity(0), [str(HERE.parent), str(HERE), *filter(None, (os.environ.get("PYTHONPATH"),))]
    env = os.environ | facts | {"PYTHONPATH": os.pathsep.join(path)}
    os.sched_setaffinity(0, {core})
    try:
        return subprocess.Popen(command, env=env, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
    finally:
        os.sched_setaffinity(0, ours)


def _appears(file: Path, process: subprocess.Popen[bytes], within_s: float) -> bool:
    over_s = time.monotonic() + within_s
    while not file.exists() and process.poll() is None and time.monotonic() < over_s:
        time.sleep(0.02)
    return file.exists()


def _wait(process: subprocess.Popen[bytes], end_ns: int) -> None:
    """Until it is over, or should long have been."""
    try:
        process.wait((end_ns - time.monotonic_ns()) / 1e9 + END_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
