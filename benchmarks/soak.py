"""Whether the engine stays as it is: 200 sessions at once for half an hour. The last line is one JSON object.

Sessions of ten seconds follow each other in lanes, against the sink of benchmarks/load_engine.py, each on a core of its
own. Printed are the engine's memory, open files and tasks after 1, 5, 10 … minutes, and the p99 of how late frames were
since the line before. Files and tasks come and go with the sessions, so what counts is the least of the ten seconds
before; growth counts from the fifth minute.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import sys
import tempfile
from array import array
from collections import deque
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import psutil
from gateway_stack import started
from load_crowd import LEAD_NS, MS, S
from load_ours import Played, Show, perform, session

from harness.drivers.base import DriverSpec
from harness.model.clip import Clip
from harness.model.plan import Plan
from harness.run.progress import Progress

HERE = Path(__file__).parent
FRAME_MS, FRAMES, FRAME_BYTES = 100, 100, 3200
CYCLE_NS = LEAD_NS + FRAMES * FRAME_MS * MS + S  # a session, and a rest until the next of its lane
SETTLED_MIN, GROWTH, LATE_MS, LOOKS = 5, 1.05, 10.0, 10
MORE = 20  # files or tasks: how many sessions happen to be open swings by so much, a leak makes thousands
Row = dict[str, Any]


@dataclass(slots=True, kw_only=True)
class Soak:
    """What is seen of the engine while it plays; `look` is called several times a second."""

    played: Played
    tasks: Path
    marks_min: deque[float]
    rows: list[Row] = field(default_factory=list)
    lags_us: array[int] = field(default_factory=lambda: array("l"))
    files: deque[int] = field(default_factory=lambda: deque(maxlen=LOOKS))
    engine: psutil.Process | None = None
    looked_ns: int = 0

    def begin(self, pid: int, _: int) -> None:
        self.engine = psutil.Process(pid)

    def look(self, progress: Progress) -> None:
        if self.engine is None or progress.phase != "running" or progress.elapsed_ns < self.looked_ns + S:
            return
        self.looked_ns = progress.elapsed_ns
        self.files.append(self.engine.num_fds())
        if self.marks_min and progress.elapsed_ns >= self.marks_min[0] * 60 * S:
            self._mark(self.marks_min.popleft(), progress)

    def _mark(self, minutes: float, progress: Progress) -> None:
        fresh = array("l", (lag for lags in self.played.lags_us.values() for lag in lags))
        self.played.lags_us.clear()
        self.lags_us.extend(fresh)
        assert self.engine is not None  # noqa: S101  it was looked at
        tasks = [int(line) for line in self.tasks.read_text(encoding="ascii").split()[-LOOKS:]]
        row = {
            "minutes": minutes,
            "rss_kib": self.engine.memory_info().rss // 1024,
            "files": min(self.files),
            "tasks": min(tasks),
            "lag_p99_ms": p99_ms(fresh),
            "sessions_over": progress.done,
        }
        self.rows.append(row)
        print(" ".join(f"{name}={value}" for name, value in row.items()), flush=True)


def p99_ms(lags_us: array[int]) -> float | None:
    return round(float(np.percentile(lags_us, 99)) / 1000, 3) if lags_us else None


def plan_of(lanes: int, minutes: float, clip: Clip) -> Plan:
    """Lanes begin at random moments of a cycle and go on until the time is over."""
    chance, over_ns = random.Random(7), int(minutes * 60 * S) + 2 * S  # noqa: S311  no secrets here
    sessions = [
        session(f"s{lane}-{number}", lane, open_ns, clip, FRAME_MS * MS)
        for lane in range(lanes)
        for number, open_ns in enumerate(range(chance.randrange(CYCLE_NS), over_ns, CYCLE_NS))
    ]
    return Plan(seed=7, lanes=lanes, sessions=tuple(sorted(sessions, key=lambda one: one.open_ns)))


def claims(rows: list[Row], p99: float | None, faults: Row) -> list[Row]:
    """Growth from the mark at five minutes; a shorter soak says nothing of it."""
    base = next((row for row in rows if row["minutes"] >= SETTLED_MIN), None)
    first, last = (base, rows[-1]) if base and base is not rows[-1] else (None, None)
    growth = round(last["rss_kib"] / first["rss_kib"], 3) if first and last else None
    said = [_claim(f"times the memory of minute {SETTLED_MIN}", growth, GROWTH)]
    for name in ("files", "tasks"):
        more = last[name] - first[name] if first and last else None
        said.append(_claim(f"{name} more than in minute {SETTLED_MIN}", more, MORE))
    said.append(_claim("p99 of how late frames were, ms", p99, LATE_MS))
    return [*said, _claim("sessions that went wrong", sum(faults.values()), 0)]


def _claim(what: str, value: float | None, most: float) -> Row:
    verdict = "INVALID" if value is None else "holds" if value <= most else "FAILS"
    return {"claim": what, "value": value, "most": most, "verdict": verdict}


def main() -> None:
    asked = options()
    cores = sorted(os.sched_getaffinity(0))
    os.sched_setaffinity(0, {cores[-1]})
    marks = sorted({1.0, *(float(mark) for mark in range(5, int(asked.minutes) + 1, 5)), asked.minutes})
    with (
        tempfile.TemporaryDirectory(prefix="soak-") as place,
        started(cores[-1], str(HERE / "load_sink.py"), env={}, log=asked.log) as sink,
    ):
        tasks = Path(place) / "tasks"
        soak = Soak(played=Played(), tasks=tasks, marks_min=deque(mark for mark in marks if mark <= asked.minutes))
        show = Show(
            plan_of=lambda clip: plan_of(asked.sessions, asked.minutes, clip),
            pieces=[bytes(FRAME_BYTES)] * FRAMES,
            frame_ms=FRAME_MS,
            command=lambda fd: [sys.executable, str(HERE / "soak_engine.py"), str(tasks), str(fd)],
            on_progress=soak.look,
        )
        driver = DriverSpec(driver="gateway", endpoint=f"ws://127.0.0.1:{sink.port}")
        perform(show, driver, cores[0], soak.played, soak.begin)
    found: Row = {"sessions": asked.sessions, "marks": soak.rows, "faults": dict(soak.played.faults)}
    found["claims"] = claims(soak.rows, p99_ms(soak.lags_us), found["faults"])
    for one in found["claims"]:
        print(f"{one['verdict']:8} {one['claim']}: {one['value']} (at most {one['most']})")
    print(json.dumps(found))


def options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=30.0)
    parser.add_argument("--sessions", type=int, default=200, help="at once")
    parser.add_argument("--log", type=Path, default=Path(os.devnull), help="where the sink's stderr goes")
    return parser.parse_args()


if __name__ == "__main__":
    main()
