"""Figures of benchmarks/load_engine.py and what may be said of them. Pure: lags in, rows out."""

from __future__ import annotations

import math
from collections.abc import Generator, Mapping, Sequence
from typing import Any

import numpy as np
from load_crowd import LEAD_NS, Crowd, name_of

LIMITS_MS = (20.0, 5.0)
SINK_LATE_MS = 5.0  # p99 of the sink's own lag beyond which a level that fails says nothing about the generator
SINK_CORES, HELD_UP = 0.9, 0.05
WS, SYNC, CLIENT, K6 = "ours", "locust websockets.sync", "locust websocket-client", "k6"
RATIOS = ((SYNC, 2.5), (CLIENT, 1.8), (K6, 3.0))
LEAST = {20.0: 2500, 5.0: 2000}
SESSION_KIB, CPU_RISE, CPU_LEVELS = 50.0, 1.2, (500, 2000)
Row = dict[str, Any]


def p99_ms(crowd: Crowd, lags_ms: Mapping[str, Sequence[float]]) -> tuple[float, int]:
    """The p99 of every frame due in the window, and how many of them never came, which are infinitely late."""
    from_ns, to_ns = crowd.window_ns
    late, missing = list[float](), 0
    for number, open_ns in enumerate(crowd.opens_ns()):
        start_ns = open_ns + LEAD_NS
        first, last = (-(-(edge - start_ns) // crowd.frame_ns) - 1 for edge in (from_ns, to_ns))
        found = lags_ms.get(name_of(number), ())[first:last]
        late.extend(found)
        missing += last - first - len(found)
    ordered = sorted(late)
    place = math.ceil((len(late) + missing) * 0.99) - 1
    return (ordered[place] if place < len(ordered) else math.inf), missing


def arrivals_ms(crowd: Crowd, epoch_ns: int, came_ns: Mapping[str, Sequence[int]]) -> dict[str, list[float]]:
    """How late each frame came, by the sink's clock against the schedule."""
    found = dict[str, list[float]]()
    for number, open_ns in enumerate(crowd.opens_ns()):
        came = np.asarray(came_ns.get(name_of(number), ()), dtype=np.int64)
        due = epoch_ns + open_ns + LEAD_NS + crowd.frame_ns * np.arange(1, len(came) + 1)
        found[name_of(number)] = ((came - due) / 1e6).tolist()
    return found


def doubts(row: Row) -> list[str]:
    """Why a level that fails says nothing about the generator; empty where it does."""
    if "cores" not in row:
        return ["the generator was gone before the window was over"]
    found = list[str]()
    if row["sink_late_ms"][1] > SINK_LATE_MS:
        found.append(f"the sink itself was late (p99 {row['sink_late_ms'][1]} ms)")
    if row["sink_cores"] > SINK_CORES:
        found.append(f"the sink's core was full ({row['sink_cores']:.0%})")
    if (held_up := min(row["waited"], row["foreign_cores"])) > HELD_UP:
        found.append(f"others held the generator up, {held_up:.0%} of the time")
    return found


def passes(row: Row, limit_ms: float) -> bool:
    return not row["faults"] and row["p99_ms"] is not None and row["p99_ms"] < limit_ms


def search(rungs: Sequence[int], always: Sequence[int] = ()) -> Generator[int, Row, list[Row]]:
    """Bisect the rungs for the last one that holds, for each limit in turn; a level is asked for once.

    It yields the sessions of the level to play next, so that searches of several generators can take turns.
    """
    played: dict[int, Row] = {}
    for sessions in always:
        played[sessions] = yield sessions
    for limit_ms in LIMITS_MS:
        low, high = -1, len(rungs)
        while high - low > 1:
            middle = (low + high) // 2
            if rungs[middle] not in played:
                played[rungs[middle]] = yield rungs[middle]
            low, high = (middle, high) if passes(played[rungs[middle]], limit_ms) else (low, middle)
    return [played[sessions] for sessions in sorted(played)]


def bracket(rows: Sequence[Row], limit_ms: float) -> Row:
    """The largest level that held, and the first above it that did not, None where all held; and what voids that."""
    held = max((row["sessions"] for row in rows if passes(row, limit_ms)), default=0)
    broken = min((row for row in rows if row["sessions"] > held), key=lambda row: row["sessions"], default=None)
    return {
        "holds": held,
        "breaks": broken and broken["sessions"],
        "invalid": broken["invalid"] if broken else [],
    }


def summary(rows: Sequence[Row], idle: Row) -> Row:
    """Capacities by limit, and memory: the growth from the first, small level, for each session more."""
    found: Row = {f"below_{limit_ms:g}_ms": bracket(rows, limit_ms) for limit_ms in LIMITS_MS}
    full = max(
        (row for row in rows if "rss_kib" in row and not row["faults"]), key=lambda row: row["sessions"], default=None
    )
    if full and "rss_kib" in idle:
        more = full["sessions"] - idle["sessions"]
        found["session_kib"] = round((full["rss_kib"] - idle["rss_kib"]) / more, 1)
    return found


def claims(found: Mapping[str, Row]) -> list[Row]:
    """`found` holds a row a generator, of 100 ms frames: `summary` and `levels`."""
    if "summary" not in (ours := found.get(WS, {})):
        return []
    said = [
        _claim(f"sessions a core, p99 below {limit_ms:g} ms", _at(ours, limit_ms)["holds"], least, _at(ours, limit_ms))
        for limit_ms, least in LEAST.items()
    ]
    for name, least in RATIOS:
        if "summary" in found.get(name, ()):
            said.append(_ratio(ours, found[name], name, least))
    few = max(row["sessions"] for row in ours["levels"]) < CPU_LEVELS[0]
    doubted = ["too few sessions to tell them from noise"] if few else []
    said.append(_most("KiB a session", ours["summary"].get("session_kib"), SESSION_KIB, doubted))
    ends = [next((row for row in ours["levels"] if row["sessions"] == count), None) for count in CPU_LEVELS]
    if all(row and "cpu_ms_per_session_s" in row for row in ends):
        few, many = (row["cpu_ms_per_session_s"] for row in ends if row)
        doubted = [doubt for row in ends if row for doubt in row["invalid"]]
        said.append(
            _most(
                f"CPU a session with {CPU_LEVELS[1]}, times that with {CPU_LEVELS[0]}",
                round(many / few, 3),
                CPU_RISE,
                doubted,
            )
        )
    return said


def _at(one: Row, limit_ms: float) -> Row:
    bracketed: Row = one["summary"][f"below_{limit_ms:g}_ms"]
    return bracketed


def _ratio(ours: Row, theirs: Row, name: str, least: float) -> Row:
    """Steps are coarse, so what holds is set against what holds; `at_least` is against the first that did not."""
    mine, other = _at(ours, 20.0), _at(theirs, 20.0)
    value = round(mine["holds"] / other["holds"], 2) if other["holds"] else None
    said = _claim(f"times the sessions of {name}, p99 below 20 ms", value, least, mine)
    if other["invalid"] or not other["breaks"]:  # it may carry more than was seen
        said["verdict"] = "INVALID" if said["verdict"] == "holds" else said["verdict"]
    return said | {"at_least": round(mine["holds"] / other["breaks"], 2) if other["breaks"] else None}


def _claim(what: str, value: float | None, least: float, level: Row) -> Row:
    """Doubts about a level can only have made it worse: what holds, holds."""
    held = value is not None and value >= least
    verdict = "holds" if held else "INVALID" if level["invalid"] or value is None or not level["breaks"] else "FAILS"
    return {"claim": what, "value": value, "least": least, "verdict": verdict}


def _most(what: str, value: float | None, most: float, doubted: Sequence[str]) -> Row:
    verdict = "INVALID" if doubted or value is None else "holds" if value <= most else "FAILS"
    return {"claim": what, "value": value, "most": most, "verdict": verdict}
