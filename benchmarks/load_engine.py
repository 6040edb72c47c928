"""How many sessions one core streams on time: our engine beside plain Locust and k6. The last line is one JSON object.

The generator has a core to itself; the sink, and whatever starts and hears the generator, has another. A level is so
many sessions at once; its figure is the p99 of how late frames were against the absolute schedule, the worse of the
generator's own clock and the sink's. A frame that never came is infinitely late. For each generator the largest level
below 20 ms and below 5 ms is searched, the better of `--tries` counts. A level that fails where the sink or a neighbour
was in the way is INVALID. Our engine and the sink ask for real-time scheduling, as in every run, the others do not: on
a busy machine that is an advantage, so compare on a quiet one.

`python benchmarks/load_engine.py --quick` takes about three minutes, without it about twenty.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np
from gateway_stack import Process, started
from load_crowd import Crowd
from load_figures import (
    CLIENT,
    CPU_LEVELS,
    K6,
    LIMITS_MS,
    SYNC,
    WS,
    Row,
    arrivals_ms,
    claims,
    doubts,
    p99_ms,
    passes,
    search,
    summary,
)
from load_ours import Played, play
from load_peers import play_k6, play_locust
from load_watch import Watch

from harness.drivers.base import DriverSpec

HERE = Path(__file__).parent
FEW = 10  # sessions of the level from which memory grows
ANSWERED_MS = 200  # the scripted Riva tells when every so much audio came
RIVA = "ours, gRPC"
OnGo = Callable[[int, int], None]
Player = Callable[[Crowd, OnGo], Played]


@dataclass(frozen=True, slots=True, kw_only=True)
class Bench:
    """What all levels share."""

    core: int
    sink: Process
    riva: Process
    seconds: float
    opens_hz: int
    tries: int

    def players(self) -> dict[str, Player]:
        sink, riva = f"ws://127.0.0.1:{self.sink.port}", f"127.0.0.1:{self.riva.port}"
        ours = {
            name: DriverSpec(driver=driver, endpoint=where)
            for name, driver, where in ((WS, "gateway", sink), (RIVA, "riva", riva))
        }
        return {
            **{name: lambda crowd, go, spec=spec: play(crowd, spec, self.core, go) for name, spec in ours.items()},
            SYNC: lambda crowd, go: play_locust("load_sync", crowd, sink, self.core, go),
            CLIENT: lambda crowd, go: play_locust("load_client", crowd, sink, self.core, go),
            K6: lambda crowd, go: play_k6(crowd, sink, self.core, go),
        }

    def level(self, name: str, frame_ms: int, sessions: int) -> Row:
        """The best of some tries; the first that is below every limit is not repeated."""
        crowd = Crowd(sessions=sessions, frame_ms=frame_ms, seconds=self.seconds, opens_hz=self.opens_hz)
        tried = list[Row]()
        while len(tried) < self.tries and not (tried and _good(tried[-1])):
            tried.append(self._once(name, crowd))
            show(name, tried[-1])
        best = min(tried, key=lambda row: math.inf if row["faults"] or row["p99_ms"] is None else row["p99_ms"])
        return best | {"tries": len(tried)}

    def _once(self, name: str, crowd: Crowd) -> Row:
        upstream = self.riva if name == RIVA else self.sink
        watches = list[Watch]()

        def on_go(pid: int, epoch_ns: int) -> None:
            watches.append(Watch(pid=pid, sink=upstream.popen.pid, core=self.core))
            watches[0].begin(*(epoch_ns + edge_ns for edge_ns in crowd.window_ns))

        played = self.players()[name](crowd, on_go)
        came_ns, late_ms = self._arrivals(name, played)
        row: Row = {"sessions": crowd.sessions, "frame_ms": crowd.frame_ms, **_lateness(name, crowd, played, came_ns)}
        row |= {"sink_late_ms": late_ms} | (watches[0].spent() if watches else {})
        if "cores" in row:
            row["cpu_ms_per_session_s"] = round(1000 * row["cores"] / crowd.sessions, 3)
        return row | {"faults": dict(played.faults.most_common(5)), "invalid": doubts(row)}

    def _arrivals(self, name: str, played: Played) -> tuple[dict[str, list[int]], list[float]]:
        """When frames came, ns of CLOCK_MONOTONIC, and the sink's own lateness."""
        if name == RIVA:
            self.riva.ask()
            return played.came_ns, self.riva.answer()["late_ms"]
        with tempfile.TemporaryDirectory(prefix="load-sink-") as place:
            assert self.sink.popen.stdin is not None  # noqa: S101  it was asked for
            self.sink.popen.stdin.write(f"{place}/came.npz\n".encode())
            self.sink.popen.stdin.flush()
            late_ms = self.sink.answer()["late_ms"]
            with np.load(f"{place}/came.npz") as saved:
                parts = np.split(saved["stamps"], np.cumsum(saved["counts"])[:-1]) if len(saved["names"]) else []
                came = {str(who): part.tolist() for who, part in zip(saved["names"], parts, strict=True)}
        return {who: came[who] for who in came if who != "probe"}, late_ms


def _good(row: Row) -> bool:
    return bool(passes(row, min(LIMITS_MS)))


def _lateness(name: str, crowd: Crowd, played: Played, came_ns: dict[str, list[int]]) -> Row:
    """p99 by either clock, in ms, None for infinite; `missing` frames by the sink's."""
    seen = replace(crowd, frame_ms=ANSWERED_MS) if name == RIVA else crowd
    arrived, missing = p99_ms(seen, arrivals_ms(seen, played.epoch_ns, came_ns))
    own, _ = p99_ms(crowd, {who: [us / 1000 for us in lags] for who, lags in played.lags_us.items()})
    figures = {"p99_ms": arrived if name == K6 else max(own, arrived), "arrival_p99_ms": arrived, "own_p99_ms": own}
    row: Row = {key: round(value, 3) if math.isfinite(value) else None for key, value in figures.items()}
    return row | {"missing": missing} | ({"tick_late_max_ms": played.tick_late_ms} if played.tick_late_ms else {})


def show(name: str, row: Row) -> None:
    doubted = f"  INVALID: {'; '.join(row['invalid'])}" if row["invalid"] else ""
    print(f"{name}: {row['sessions']} sessions of {row['frame_ms']} ms frames{doubted}")
    figures = ("p99_ms", "own_p99_ms", "arrival_p99_ms", "missing", "cores", "cpu_ms_per_session_s", "rss_kib")
    figures += ("sink_cores", "sink_late_ms", "waited", "foreign_cores", "faults")
    print("  " + " ".join(f"{name}={row.get(name)}" for name in figures), flush=True)


class Race:
    """One generator's search, a level at a time."""

    def __init__(self, bench: Bench, name: str, frame_ms: int, rungs: Sequence[int]) -> None:
        self.key = name if frame_ms == 100 else f"{name}, {frame_ms} ms"
        self.found: Row = {} if name != K6 or shutil.which("k6") else {"not measured": "no k6 on PATH"}
        always = CPU_LEVELS if (name, frame_ms) == (WS, 100) and set(CPU_LEVELS) <= set(rungs) else ()
        self._play = partial(bench.level, name, frame_ms)
        self._idle: Row = {}
        self._search = search(rungs, always)
        self._row: Row | None = None

    def turn(self) -> None:
        """Play the next level; `found` is filled by the last."""
        if not self._idle:
            self._idle = self._play(FEW)
        try:
            self._row = self._play(self._search.send(self._row))
        except StopIteration as over:
            levels: list[Row] = over.value
            self.found |= {"summary": summary(levels, self._idle), "levels": [self._idle, *levels]}
            print(f"{self.key}: {self.found['summary']}", flush=True)


def compare(bench: Bench, asked: argparse.Namespace) -> Row:
    """Every generator that is to be measured, by name. They take turns: the machine's moods hit all of them alike."""
    races = [Race(bench, *ladder) for ladder in _ladders(asked)]
    while running := [race for race in races if not race.found]:
        for race in running:
            race.turn()
    return {race.key: race.found for race in races}


QUICK = {(WS, 100): (500, 2000, 2500, 3000), (SYNC, 100): (600, 900, 1300), (CLIENT, 100): (600, 1000, 1500)}
QUICK |= {(K6, 100): (300, 600, 1000), (WS, 20): (400,), (RIVA, 100): (200,)}
FULL = {
    (WS, 100): (500, 1000, 1500, 2000, 2250, 2500, 2750, 3000, 3250, 3500, 3750, 4000, 4500),
    (SYNC, 100): (400, 500, 600, 700, 800, 900, 1000, 1100, 1200, 1350, 1500, 1700, 2000),
    (CLIENT, 100): (600, 700, 800, 900, 1000, 1100, 1200, 1350, 1500, 1700, 2000, 2300),
    (K6, 100): (100, 200, 300, 400, 500, 600, 700, 800, 900, 1000, 1200, 1400),
    (WS, 20): (200, 300, 400, 500, 600, 700, 800),
    (SYNC, 20): (100, 150, 200, 250, 300, 400),
    (CLIENT, 20): (100, 150, 200, 250, 300, 400),
    (RIVA, 100): (100, 200, 300, 400, 500, 600, 700),
}


def _ladders(asked: argparse.Namespace) -> list[tuple[str, int, Sequence[int]]]:
    ladders = QUICK if asked.quick else FULL
    wanted = [(name, frame_ms, rungs) for (name, frame_ms), rungs in ladders.items() if asked.only in (None, name)]
    return [(name, frame_ms, asked.levels or rungs) for name, frame_ms, rungs in wanted if frame_ms in asked.frame_ms]


def main() -> None:
    asked = options()
    cores = sorted(os.sched_getaffinity(0))
    if len(cores) < 2:
        sys.exit("This needs two cores: one for the generator, one for the sink.")
    os.sched_setaffinity(0, {cores[-1]})
    with (
        started(cores[-1], str(HERE / "load_sink.py"), env={}, log=asked.log) as sink,
        started(cores[-1], str(HERE / "gateway_upstream.py"), env={}, log=asked.log) as riva,
    ):
        with suppress(OSError):  # as the other sink does itself, where it may
            os.sched_setscheduler(riva.popen.pid, os.SCHED_RR, os.sched_param(1))
        bench = Bench(
            core=cores[0],
            sink=sink,
            riva=riva,
            seconds=asked.seconds or (3.0 if asked.quick else 5.0),
            opens_hz=1000 if asked.quick else 500,
            tries=asked.tries or (1 if asked.quick else 3),
        )
        found: Row = {"generators": compare(bench, asked)}
    found["claims"] = claims(found["generators"])
    for one in found["claims"]:
        bound = f"at most {one['most']}" if "most" in one else f"at least {one['least']}"
        print(f"{one['verdict']:8} {one['claim']}: {one['value']} ({bound})")
    print(json.dumps(found))


def options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="few levels, short windows, one try")
    parser.add_argument("--only", choices=(WS, SYNC, CLIENT, K6, RIVA), help="one generator")
    parser.add_argument("--levels", type=int, nargs="+", help="sessions to try, rising, instead of the built-in ones")
    parser.add_argument("--frame-ms", type=int, nargs="+", default=[100, 20])
    parser.add_argument("--seconds", type=float, help="the window of a level")
    parser.add_argument("--tries", type=int, help="how often a level may be played that fails")
    parser.add_argument("--log", type=Path, default=Path(os.devnull), help="where the sinks' stderr goes")
    return parser.parse_args()


if __name__ == "__main__":
    main()
