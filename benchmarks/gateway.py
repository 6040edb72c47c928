"""What the reference gateway adds, and how much one core of it carries. The last line is one JSON object.

Everything runs in real time against an upstream that answers at once (gateway_upstream.py): the gateway on one core,
this client and the upstream on another. A figure is a claim only where these two kept up and nobody else held up the
gateway; where not, the level says INVALID and why. An answer that never came counts as infinitely late.

    paired  sessions through the gateway and as many straight into gRPC, at the same time: what the gateway adds
    alone   more and more sessions, 100 ms and 20 ms a frame: latency above its own at the first level, CPU, memory

`python benchmarks/gateway.py --quick` takes about two minutes.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import uvloop
from gateway_figures import Pair, Row, above, claims, compare, doubts, faults, quantiles
from gateway_stack import ROOT, Moment, Process, Spent, started
from gateway_streams import CADENCE_NS, Stream, Window, play, streams

from harness.drivers.base import DriverSpec
from harness.drivers.registry import make_driver

Edges = tuple[int, int]  # where the counted time began and ended, ns of CLOCK_MONOTONIC


@dataclass(frozen=True, slots=True, kw_only=True)
class Bench:
    """What all levels share."""

    upstream: Process
    core: int
    log: Path
    checkout: Path
    window: Window
    seed: int
    tries: int

    def run(self, make: Callable[[], Sequence[tuple[Stream, str]]]) -> tuple[Sequence[Stream], Row, Edges]:
        """Play what `make` makes until nothing is to be said against the level, or, after `tries`, the least."""
        tried = list[tuple[Sequence[Stream], Row, Edges]]()
        while not tried or (tried[-1][1]["invalid"] and len(tried) < self.tries):
            made = make()
            tried.append(([stream for stream, _ in made], *self._once(made)))
        return min(tried, key=lambda one: (len(one[1]["invalid"]), one[1]["gateway_waited"]))

    def _once(self, made: Sequence[tuple[Stream, str]]) -> tuple[Row, Edges]:
        """Play the streams, each by the driver named, with a gateway of their own, and say what it cost."""
        command = ("-m", "harness.gateway.server", "--port", "0", "--riva", f"127.0.0.1:{self.upstream.port}")
        env = {"WS_MAX_CONNECTIONS": str(2 * len(made) + 10)}
        through = [stream for stream, driver in made if driver == "gateway"]
        command += ("--exit-with-parent",)
        with started(self.core, *command, env=env, log=self.log, checkout=self.checkout) as gateway:
            asyncio_run(lambda: self._play(gateway, [warm_up(self.seed)], SHORT, list))
            gateway.look()
            idle_kib, moments = gateway.rss_kib(), list[Moment]()

            def edge() -> None:
                self.upstream.ask()
                moments.append(Moment.now(gateway, self.upstream, self.core))

            counted = asyncio_run(lambda: self._play(gateway, made, self.window, edge))
        self.upstream.answer()
        spent = Spent.between(*moments)
        upstream_ms = self.upstream.answer()["late_ms"]
        row = costs(spent, sum(stream.carried_s(*counted) for stream in through))
        row["session_kib"] = round((spent.rss_kib - idle_kib) / len(through), 1)
        sent = [late for stream, _ in made for late in stream.late_ms(*counted)]
        row |= {"client_late_ms": quantiles(sent, 0.5, 0.99, 1.0), "upstream_late_ms": upstream_ms}
        return row | {"invalid": doubts(row)} | faults(made), counted

    async def _play(
        self, gateway: Process, made: Sequence[tuple[Stream, str]], window: Window, edge: Callable[[], object]
    ) -> Edges:
        endpoints = {"gateway": f"ws://127.0.0.1:{gateway.port}", "riva": f"127.0.0.1:{self.upstream.port}"}
        drivers = {name: make_driver(DriverSpec(driver=name, endpoint=where)) for name, where in endpoints.items()}
        counted = await play([(stream, drivers[name]) for stream, name in made], window, edge)
        for driver in drivers.values():
            await driver.close()
        return counted


SHORT = Window(warm_ns=0, counted_ns=1_000_000_000)


def warm_up(seed: int) -> tuple[Stream, str]:
    """One session before the first look at the gateway's memory: what it loads once is not a session's."""
    return streams(1, 100, SHORT, prefix="warm", seed=seed)[0], "gateway"


def asyncio_run(make: Callable[[], Any]) -> Any:
    """On the loop the product runs on."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(make())


def costs(spent: Spent, carried_s: float) -> Row:
    """By the audio that went through, not by what was sent: a gateway that falls behind must not look thrifty."""
    return {
        "carried_sessions": round(carried_s / spent.seconds, 1),
        "cpu_ms_per_session_s": round(1000 * spent.gateway_cores * spent.seconds / max(carried_s, 1e-9), 3),
        "gateway_cores": round(spent.gateway_cores, 3),
        "gateway_waited": round(spent.gateway_waited, 3),
        "client_cores": round(spent.client_cores, 3),
        "upstream_cores": round(spent.upstream_cores, 3),
        "foreign_cores": round(spent.foreign_cores, 3),
    }


# --- paired


def paired(bench: Bench, count: int, rounds: int) -> Row:
    """Each pair starts half a partial cadence apart, so that the two do not wait for each other."""
    partials, finals, rows = list[Pair](), list[Pair](), list[Row]()
    for number in range(rounds):
        played, row, counted = bench.run(lambda seed=bench.seed + number: twins(bench.window, count, seed))
        rows.append(row)
        show(f"paired, round {number + 1}: {count} + {count} sessions", row)
        for pair in zip(played[::2], played[1::2], strict=True):
            partials.append(Pair(*(stream.partials_ms(*counted) for stream in pair)))
            finals.append(Pair(*([stream.final_ms] for stream in pair)))
    found = {"partial": compare(partials, bench.seed), "final": compare(finals, bench.seed)}
    return {"sessions": count, "rounds": rows, **found}


def twins(window: Window, count: int, seed: int) -> list[tuple[Stream, str]]:
    """Through the gateway and past it, by turns."""
    ours, direct = (streams(count, 100, window, prefix=f"{name}-", seed=seed) for name in ("gateway", "riva"))
    for stream in direct:
        stream.phase_ns += CADENCE_NS // 2
    return [one for pair in zip(ours, direct, strict=True) for one in zip(pair, ("gateway", "riva"), strict=True)]


# --- alone


def alone(bench: Bench, frame_ms: int, levels: Sequence[int]) -> list[Row]:
    rows = list[Row]()
    for count in levels:
        made, row, counted = bench.run(lambda count=count: crowd(bench, count, frame_ms))
        latencies = quantiles([ms for stream in made for ms in stream.partials_ms(*counted)], 0.5, 0.95, 0.99)
        upward = quantiles([ms for stream in made for ms in stream.upward_ms(*counted)], 0.5, 0.99)
        row = {"sessions": count, "frame_ms": frame_ms, "partial_ms": latencies, "upward_ms": upward} | row
        row["final_ms"] = quantiles([stream.final_ms for stream in made], 0.5, 0.95)
        row["above_first_ms"] = [above(*pair) for pair in zip(latencies, (rows or [row])[0]["partial_ms"], strict=True)]
        rows.append(row)
        show(f"alone: {count} sessions of {frame_ms} ms frames", row)
    return rows


def crowd(bench: Bench, count: int, frame_ms: int) -> list[tuple[Stream, str]]:
    return [(one, "gateway") for one in streams(count, frame_ms, bench.window, prefix="s", seed=bench.seed)]


def show(title: str, row: Row) -> None:
    print(f"{title}{'  INVALID: ' + '; '.join(row['invalid']) if row['invalid'] else ''}")
    for name, value in row.items():
        if name not in ("sessions", "frame_ms", "invalid"):
            print(f"  {name:22} {value}")
    sys.stdout.flush()


def main() -> None:
    asked = options()
    cores = sorted(os.sched_getaffinity(0))
    if len(cores) < 2:
        sys.exit("This needs two cores: one for the gateway, one for the client and the upstream.")
    os.sched_setaffinity(0, {cores[0]})
    window = Window(warm_ns=int(asked.warm_s * 1e9), counted_ns=int(asked.seconds * 1e9))
    upstream_file = str(Path(__file__).with_name("gateway_upstream.py"))
    found: Row = {}
    with started(cores[0], upstream_file, env={}, log=asked.log) as upstream:
        bench = Bench(
            upstream=upstream,
            core=cores[-1],
            log=asked.log,
            checkout=asked.checkout.resolve(),
            window=window,
            seed=asked.seed,
            tries=asked.tries,
        )
        if asked.pairs:
            found["paired"] = paired(bench, asked.pairs, asked.rounds)
            for what in ("partial", "final"):
                show(f"the gateway adds to {what}s (p, low, high)", {**found["paired"][what], "invalid": []})
        levels = ((100, asked.sessions_100ms), (20, asked.sessions_20ms))
        found["alone"] = [alone(bench, frame_ms, counts) for frame_ms, counts in levels if counts]
    found["claims"] = claims(found)
    for one in found["claims"]:
        print(f"{one['verdict']:8} {one['claim']}: {one['value']} (at most {one['most']})")
    print(json.dumps(found))


def options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="one short round, short levels, the ends only")
    parser.add_argument("--pairs", type=int, default=50, help="0: no pairs")
    parser.add_argument("--rounds", type=int, help="of pairs")
    parser.add_argument("--sessions-100ms", type=int, nargs="*", help="levels with 100 ms frames, rising")
    parser.add_argument("--sessions-20ms", type=int, nargs="*", help="levels with 20 ms frames, rising")
    parser.add_argument("--seconds", type=float, help="counted time of a level")
    parser.add_argument("--warm-s", type=float, default=2.0, help="before it")
    parser.add_argument("--tries", type=int, default=2, help="how often a level may be played that is INVALID")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--checkout", type=Path, default=ROOT, help="whose gateway is measured; this one's by default")
    parser.add_argument("--log", type=Path, default=Path(os.devnull), help="where the processes' stderr goes")
    asked = parser.parse_args()
    full, quick = (3, [50, 100, 200, 400], [50, 100, 250], 10.0), (1, [50, 100, 400], [50, 250], 4.0)
    for name, value in zip(
        ("rounds", "sessions_100ms", "sessions_20ms", "seconds"), quick if asked.quick else full, strict=True
    ):
        if getattr(asked, name) is None:
            setattr(asked, name, value)
    return asked


if __name__ == "__main__":
    main()
