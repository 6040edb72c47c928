"""The processes that are measured, each pinned to a core, and what they and the cores spend between two moments."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psutil

ROOT = Path(__file__).parents[1]


@dataclass(slots=True)
class Process:
    """A child that says on stdout where it listens."""

    popen: subprocess.Popen[bytes]
    port: int
    seen: list[psutil.Process] = field(default_factory=list)  # it, and what it has started

    def ask(self) -> None:
        assert self.popen.stdin is not None  # noqa: S101  it was asked for
        self.popen.stdin.write(b"\n")
        self.popen.stdin.flush()

    def answer(self) -> dict[str, list[float]]:
        assert self.popen.stdout is not None  # noqa: S101  it was asked for
        return dict(json.loads(self.popen.stdout.readline()))

    def look(self) -> None:
        """Learn what it has started: listing children reads the whole process table, so not while it is measured."""
        parent = psutil.Process(self.popen.pid)
        self.seen = [parent, *parent.children(recursive=True)]

    def cpu_s(self) -> float:
        return sum(sum(process.cpu_times()[:2]) for process in self.seen)

    def waited_s(self) -> float:
        """How long its first thread was ready to run and something else ran: neighbours, or its other threads."""
        return int(Path(f"/proc/{self.popen.pid}/schedstat").read_text(encoding="ascii").split()[1]) / 1e9

    def rss_kib(self) -> float:
        return sum(process.memory_info().rss for process in self.seen) / 1024


@contextmanager
def started(core: int, *command: str, env: Mapping[str, str], log: Path, checkout: Path = ROOT) -> Iterator[Process]:
    """Pinned from its first instruction, so that its threads are too: a child begins where its parent may run."""
    ours, path = os.sched_getaffinity(0), filter(None, (os.environ.get("PYTHONPATH"),))
    with log.open("ab") as errors:
        os.sched_setaffinity(0, {core})
        popen = subprocess.Popen(
            [sys.executable, *command],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            cwd=checkout,
            env={**os.environ, "PYTHONPATH": os.pathsep.join((str(checkout), *path)), **env},
        )
        os.sched_setaffinity(0, ours)
    with popen:
        try:
            assert popen.stdout is not None  # noqa: S101  it was asked for
            if not (line := popen.stdout.readline()):
                sys.exit(f"{' '.join(command)} did not start; see {log}")
            process = Process(popen, json.loads(line)["port"])
            process.look()
            yield process
        finally:
            popen.terminate()


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """CPU seconds so far, of ours and of whole cores; `at_s` on the monotonic clock."""

    at_s: float
    gateway_s: float
    waited_s: float
    client_s: float
    upstream_s: float
    core_s: float  # the gateway's core, whoever used it
    rss_kib: float

    @classmethod
    def now(cls, gateway: Process, upstream: Process, core: int) -> Moment:
        times = psutil.cpu_times(percpu=True)[core]
        return cls(
            at_s=time.monotonic(),
            gateway_s=gateway.cpu_s(),
            waited_s=gateway.waited_s(),
            client_s=time.process_time(),
            upstream_s=upstream.cpu_s(),
            core_s=sum(times[:8]) - times.idle - times.iowait,
            rss_kib=gateway.rss_kib(),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Spent:
    """Between two moments; cores are CPU seconds a second, `foreign_cores` what others took of the gateway's core."""

    seconds: float
    gateway_cores: float
    gateway_waited: float
    client_cores: float
    upstream_cores: float
    foreign_cores: float
    rss_kib: float

    @classmethod
    def between(cls, first: Moment, last: Moment) -> Spent:
        seconds = last.at_s - first.at_s
        gateway = (last.gateway_s - first.gateway_s) / seconds
        return cls(
            seconds=seconds,
            gateway_cores=gateway,
            gateway_waited=(last.waited_s - first.waited_s) / seconds,
            client_cores=(last.client_s - first.client_s) / seconds,
            upstream_cores=(last.upstream_s - first.upstream_s) / seconds,
            foreign_cores=max(0.0, (last.core_s - first.core_s) / seconds - gateway),
            rss_kib=last.rss_kib,
        )
