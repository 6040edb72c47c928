"""How long judging and reporting take for a run of 10,000 sessions, with a baseline and a history of 14 runs.

`python benchmarks/report.py reports/RUN` plays a recorded run again and again, one pass after the other on the same
time axis and at the same pace, until there are as many sessions as asked for: new session ids, every pass a little
later in what it heard, so that sessions are not all alike. Then `harness judge` and `harness report` run on that folder
as they would for a user. The last line is one JSON object.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import os
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

from harness.judge.bless import blessed, past_run
from harness.judge.slo import judge
from harness.measure.run import measure_run
from harness.model.baseline import KEPT_RUNS
from harness.model.plan import SessionPlan
from harness.model.run import Record
from harness.model.scenario import Objective
from harness.model.timeline import Timeline
from harness.scenario.slo import parse
from harness.store.baselines import Shelf, digests
from harness.store.folder import RunFolder
from harness.store.rows import Row, frame_row, heard_row, session_row

S = 1_000_000_000
FLUSH_NS = 2 * S  # a run writes a part of each table as often
LATER_NS, SPREAD_NS = 7_919_000, 60_000_000  # a pass hears everything that much later, up to the spread
EXTRA = {  # beside the scenario's own objectives: what costs most
    "each-clip": "p95 final_ms <= 800 per clip",
    "each-slice": "p95 first_partial_ms <= 300 per condition, rate",
    "words-again": "delta pooled wer <= 2 %",
    "final-again": "delta p95 final_ms <= 50",
}

Played = tuple[SessionPlan, Timeline]
Buckets = defaultdict[int, list[tuple[str, list[Row]]]]


@dataclass(frozen=True)
class Cost:
    """One command: wall and CPU seconds, and the peak of its resident memory."""

    seconds: float
    cpu_seconds: float
    peak_mb: float
    exit_code: int


def passes(record: Record, wanted: int) -> Iterator[Played]:
    """Warm-up once, then the counted sessions, pass after pass."""
    plan, timelines = record.manifest.plan, {timeline.session_id: timeline for timeline in record.timelines}
    yield from ((one, timelines[one.session_id]) for one in plan.sessions if one.warm_up)
    repeats, span_ns = 1 + max(one.repeat for one in plan.counted), -(-record.ending.elapsed_ns // S) * S
    for number in range(wanted):
        turn, place = divmod(number, len(plan.counted))
        one = plan.counted[place]
        yield again(one, timelines[one.session_id], turn, repeats=repeats, by_ns=turn * span_ns)


def again(plan: SessionPlan, timeline: Timeline, turn: int, *, repeats: int, by_ns: int) -> Played:
    """The same session in a later pass."""
    session_id, late_ns = f"{plan.session_id}-{turn:03}", (turn * LATER_NS) % SPREAD_NS
    planned = {name: getattr(plan, name) + by_ns for name in ("open_ns", "start_ns", "end_ns", "deadline_ns")}
    seen = {name: getattr(timeline, name) for name in ("opened_ns", "ready_ns", "ended_ns")}
    moved = {name: None if at_ns is None else at_ns + by_ns + late_ns for name, at_ns in seen.items()}
    heard = tuple((at_ns + by_ns + late_ns, what) for at_ns, what in timeline.heard)
    return (
        replace(plan, session_id=session_id, repeat=plan.repeat + turn * repeats, **planned),
        replace(timeline, session_id=session_id, heard=heard, **moved),
    )


def objective(name: str, text: str) -> Objective:
    expression = parse(text)
    found = {field.name: getattr(expression, field.name) for field in dataclasses.fields(expression)}
    return Objective(objective_id=name, text=text, gate=False, **found)


def enlarged(source: Path, wanted: int) -> tuple[Record, tuple[Played, ...]]:
    """The record of the long run, without a baseline, and its sessions as they were played."""
    record = RunFolder.open(source).read()
    played = tuple(sorted(passes(record, wanted), key=lambda pair: pair[0].open_ns))
    manifest = record.manifest
    extra = tuple(objective(name, text) for name, text in EXTRA.items())
    longer = replace(
        manifest,
        run_id=f"{manifest.run_id}-long",
        plan=replace(manifest.plan, sessions=tuple(plan for plan, _ in played)),
        scenario=replace(manifest.scenario, objectives=(*manifest.scenario.objectives, *extra)),
        digests=tuple(pair for pair in manifest.digests if not pair[0].startswith("baseline/")),
    )
    last_ns = max(timeline.ended_ns or 0 for _, timeline in played)
    timelines = tuple(timeline for _, timeline in played)
    return Record(manifest=longer, ending=replace(record.ending, elapsed_ns=last_ns), timelines=timelines), played


def write(root: Path, source: Path, record: Record, played: tuple[Played, ...]) -> RunFolder:
    """The folder of the long run, its baseline and history included, in as many parts as a real run writes."""
    manifest, measured = record.manifest, measure_run(record)
    judgement = judge(record, measured)
    shelf = Shelf(
        root=root / "shelf", target=manifest.target.name, scenario=manifest.scenario.name, driver=manifest.driver
    )
    began, run = datetime.fromisoformat(manifest.began_utc), past_run(record, judgement)
    history = tuple(
        replace(run, run_id=f"{run.run_id}-{day:02}", began_utc=(began - timedelta(days=day)).isoformat())
        for day in range(KEPT_RUNS, 0, -1)
    )
    shelf.put(replace(blessed(record, measured, judgement, at_utc=manifest.began_utc), run=history[-1]), history)
    copies = shelf.copies(())
    clips = {clip.sha256: source / clip.path for clip in manifest.plan.clips}
    told = replace(manifest, digests=(*manifest.digests, *digests(copies)))
    folder = RunFolder.create(root / "reports", manifest.run_id, told, clips, copies)
    write_parts(folder, played)
    folder.write_ending(record.ending)
    return folder


def write_parts(folder: RunFolder, played: tuple[Played, ...]) -> None:
    """In the order of time: what is older than the next session's opening is complete."""
    parts, waiting = folder.parts(), Buckets(list)
    for plan, timeline in played:
        for bucket in sorted(at for at in waiting if at < plan.open_ns // FLUSH_NS):
            for table, rows in waiting.pop(bucket):
                parts.add(table, rows)
            parts.flush()
        spread(plan, timeline, waiting)
    for bucket in sorted(waiting):
        for table, rows in waiting[bucket]:
            parts.add(table, rows)
    parts.flush(last=True)


def spread(plan: SessionPlan, timeline: Timeline, waiting: Buckets) -> None:
    for at_ns, what in timeline.heard:
        waiting[at_ns // FLUSH_NS].append(("heard", [heard_row(plan.session_id, at_ns, what)]))
    for frame, lag_us in enumerate(timeline.send_lag_us):
        waiting[plan.due_ns(frame) // FLUSH_NS].append(("frames", [frame_row(plan.session_id, frame, lag_us)]))
    names = ("opened_ns", "ready_ns", "ended_ns", "backlog_max", "tick_late_max_us")
    row = session_row(plan, timeline.end_reason, **{name: getattr(timeline, name) for name in names})
    waiting[(timeline.ended_ns or plan.deadline_ns) // FLUSH_NS].append(("sessions", [row]))


def cost(command: str, folder: Path) -> Cost:
    """Run `harness COMMAND FOLDER` as a process of its own."""
    began = time.monotonic()
    process = subprocess.Popen([sys.executable, "-m", "harness", command, str(folder)], stdout=subprocess.DEVNULL)
    _, status, used = os.wait4(process.pid, 0)
    return Cost(
        seconds=round(time.monotonic() - began, 2),
        cpu_seconds=round(used.ru_utime + used.ru_stime, 2),
        peak_mb=round(used.ru_maxrss / 1024, 1),
        exit_code=os.waitstatus_to_exitcode(status),
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("run", type=Path, help="a recorded run's folder")
    parser.add_argument("--sessions", type=int, default=10_000)
    parser.add_argument("--keep", type=Path, help="where the long run stays; else it is removed")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        root = asked.keep or Path(scratch)
        folder = write(root, asked.run, *enlarged(asked.run, asked.sessions)).path
        parts = sum(1 for _ in folder.glob("*/part-*.parquet"))
        print(f"{asked.sessions} sessions of {asked.run.name} in {parts} parts")
        costs = {command: cost(command, folder) for command in ("judge", "report")}
        page_mb = round((folder / "report.html").stat().st_size / 1e6, 2)
    for command, one in costs.items():
        print(f"harness {command}: {one.seconds} s, {one.cpu_seconds} s of CPU, at most {one.peak_mb} MB")
    print(f"report.html: {page_mb} MB")
    found = {command: dataclasses.asdict(one) for command, one in costs.items()}
    print(json.dumps({"sessions": asked.sessions, "parts": parts, **found, "page_mb": page_mb}))


if __name__ == "__main__":
    main()
