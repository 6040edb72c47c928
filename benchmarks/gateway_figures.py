"""Figures of benchmarks/gateway.py and what may be said of them. Pure: latencies in, rows out."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from gateway_streams import Stream

LATE_MS = 5.0  # p99 of the client's or the upstream's own lag beyond which a level is not the gateway's fault
HELD_UP = 0.05  # of the time, the gateway ready to run and others on its core
ADDED_MS, ABOVE_MS, SESSION_KIB, RISE = 5.0, 10.0, 100.0, 1.2
RESAMPLES = 500
Row = dict[str, Any]
CLEAN: Row = {"invalid": []}


def doubts(row: Row) -> list[str]:
    """Why a level says nothing about the gateway; empty where it does."""
    found = [f"the {who} itself was late (p99 {late} ms)" for who, late in lags(row).items() if late > LATE_MS]
    # its threads wait for each other too, and others may run while it sleeps: neither alone is a neighbour's harm
    if (held_up := min(row["gateway_waited"], row["foreign_cores"])) > HELD_UP:
        found.append(f"others held the gateway up, up to {held_up:.0%} of the time")
    return found


def lags(row: Row) -> dict[str, float]:
    """The p99 of what our own processes were late by, ms."""
    return {who: row[f"{who}_late_ms"][1] for who in ("client", "upstream")}


def faults(made: Sequence[tuple[Stream, str]]) -> Row:
    by_driver = {
        name: Counter(fault for stream, driver in made if driver == name for fault in stream.faults())
        for name in ("gateway", "riva")
    }
    return {"errors": dict(by_driver["gateway"])} | (
        {"direct_errors": dict(by_driver["riva"])} if by_driver["riva"] else {}
    )


def quantiles(values: Sequence[float], *wanted: float) -> list[float | None]:
    """The smallest value with so large a share at or below it, in ms; None for infinite."""
    ordered = sorted(values)
    picked = [ordered[math.ceil(len(ordered) * q) - 1] for q in wanted] if ordered else [math.inf] * len(wanted)
    return [round(value, 3) if math.isfinite(value) else None for value in picked]


@dataclass(frozen=True, slots=True)
class Pair:
    """Latencies of one session through the gateway and of its twin past it, ms."""

    gateway: list[float]
    direct: list[float]


def compare(pairs: Sequence[Pair], seed: int) -> Row:
    """What the gateway adds to the p50 and the p95, with the 95 % interval over resampled pairs."""
    chance = np.random.default_rng(seed)
    draws = [[pairs[index] for index in chance.integers(len(pairs), size=len(pairs))] for _ in range(RESAMPLES)]
    row: Row = {
        "gateway_ms": quantiles([ms for pair in pairs for ms in pair.gateway], 0.5, 0.95),
        "direct_ms": quantiles([ms for pair in pairs for ms in pair.direct], 0.5, 0.95),
        "n": sum(len(pair.gateway) for pair in pairs),
    }
    for name, q in (("p50", 0.5), ("p95", 0.95)):
        spread = [added(draw, q) for draw in draws]
        row[f"added_{name}_ms"] = quantiles([added(pairs, q)], 1.0) + quantiles(spread, 0.025, 0.975)
    by_session = [float(np.median(pair.gateway)) - float(np.median(pair.direct)) for pair in pairs]
    return row | {"added_by_session_ms": quantiles(by_session, 0.05, 0.5, 0.95)}


def added(pairs: Sequence[Pair], q: float) -> float:
    ours = np.sort(np.concatenate([pair.gateway for pair in pairs]))
    direct = np.sort(np.concatenate([pair.direct for pair in pairs]))
    return float(ours[math.ceil(len(ours) * q) - 1] - direct[math.ceil(len(direct) * q) - 1])


def above(value: float | None, base: float | None) -> float | None:
    return None if value is None or base is None else round(value - base, 3)


def claims(found: Row) -> list[Row]:
    said = list[Row]()
    if "paired" in found:
        rounds = found["paired"]["rounds"]
        level = {
            "invalid": [row["invalid"] for row in rounds if row["invalid"]],
            "errors": [1 for row in rounds if row["errors"]],
        }
        late = {"invalid": [row["invalid"] for row in rounds if max(lags(row).values()) > LATE_MS]}
        for what in ("partial", "final"):
            value = found["paired"][what]["added_p95_ms"][0]
            said.append(claim(f"it adds at most 5 ms to the p95 of {what}s", value, ADDED_MS, level, base=late))
    for rows in found.get("alone", ()):
        said += capacity(rows)
    return said


def capacity(rows: Sequence[Row]) -> list[Row]:
    """Of the last level against the first; one level alone shows its memory only."""
    first, last = rows[0], rows[-1]
    many = f"{last['sessions']} sessions of {last['frame_ms']} ms frames"
    said = [claim(f"KiB a session with {many}", last["session_kib"], SESSION_KIB, last, base=CLEAN)]
    if first is not last:
        latency = f"p99 with {many} at most 10 ms above that with {first['sessions']}"
        said.append(claim(latency, last["above_first_ms"][2], ABOVE_MS, last, base=first))
    if base := next((row for row in rows if row["sessions"] == 100 and row is not last), None):
        rise = round(last["cpu_ms_per_session_s"] / base["cpu_ms_per_session_s"], 3)
        said.append(claim(f"CPU a session with {many}, times that with 100", rise, RISE, last, base=base))
    return said


def claim(what: str, value: float | None, most: float, level: Row, *, base: Row) -> Row:
    """Doubts about the level can only have made it worse, those about what it is compared with only better."""
    held = not level["errors"] and value is not None and value <= most
    doubted = base["invalid"] if held else base["invalid"] or level["invalid"]
    verdict = "INVALID" if doubted else "holds" if held else "FAILS"
    return {"claim": what, "value": value, "most": most, "verdict": verdict}
