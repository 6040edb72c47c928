"""What a run takes of this machine, second by second: its processes, each core, and the engines' files and ports."""

from __future__ import annotations

import contextlib
import os
import resource
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import psutil

from harness.model.series import (
    CORE_BUSY,
    CORE_STOLEN,
    HOST,
    LOOP_BUSY,
    LOOP_WAITING,
    OPEN_FILES,
    OPEN_FILES_LIMIT,
    PORTS_IN_USE,
    PORTS_LIMIT,
)
from harness.observe.process import ProcessWatch, Reading

_PORT_RANGE: Final = Path("/proc/sys/net/ipv4/ip_local_port_range")
_SOCKETS: Final = Path("/proc/net/sockstat")
_IDLE: Final = ("idle", "iowait")
_COUNTED: Final = ("user", "nice", "system", *_IDLE, "irq", "softirq", "steal")  # guest stands in user already


class Watch:
    """`engines` are those of `pids` that hold the sessions; `now_ns` tells how long ago the sample before was."""

    def __init__(self, pids: Mapping[str, int], *, engines: Iterable[str], now_ns: Callable[[], int]) -> None:
        self._processes = ProcessWatch(pids)
        self._engines = {name: pids[name] for name in engines}
        self._now_ns = now_ns
        self._cores = _core_times()
        self._loops = self._loop_times()

    def sample(self) -> tuple[Reading, ...]:
        """What could be read; what could not is left out."""
        engines = [reading for name, pid in self._engines.items() for reading in _held(name, pid)]
        return (*self._processes.sample(), *self._core_readings(), *self._loop_readings(), *engines)

    def _core_readings(self) -> list[Reading]:
        """Since the sample before. Not by psutil's own percentages: their memory is one for the whole process."""
        before, self._cores = self._cores, _core_times()
        found = []
        for core, now in self._cores.items():
            spent = {name: now[name] - before.get(core, now)[name] for name in now}
            if (total := sum(spent.values())) > 0:
                busy, stolen = total - sum(spent[name] for name in _IDLE), spent["steal"]
                found.append((HOST, f'{CORE_BUSY}{{core="{core}"}}', 100 * busy / total))
                found.append((HOST, f'{CORE_STOLEN}{{core="{core}"}}', 100 * stolen / total))
        return found

    def _loop_readings(self) -> list[Reading]:
        """How much of a core the thread with the engine's loop had, and how long it was ready and had none."""
        before, self._loops = self._loops, self._loop_times()
        found = []
        for name, (at_ns, ran_ns, waited_ns) in self._loops.items():
            then_ns, had_ran_ns, had_waited_ns = before.get(name, (at_ns, ran_ns, waited_ns))
            if (spent_ns := at_ns - then_ns) > 0:
                found.append((name, LOOP_BUSY, 100 * (ran_ns - had_ran_ns) / spent_ns))
                found.append((name, LOOP_WAITING, 100 * (waited_ns - had_waited_ns) / spent_ns))
        return found

    def _loop_times(self) -> dict[str, tuple[int, int, int]]:
        """Now, and the ns that each engine's first thread has run and has waited for a core; the kernel may not say."""
        found = {}
        for name, pid in self._engines.items():
            try:
                ran_ns, waited_ns, _ = map(int, Path(f"/proc/{pid}/schedstat").read_text(encoding="ascii").split())
            except (OSError, ValueError):
                continue
            found[name] = self._now_ns(), ran_ns, waited_ns
        return found


def _core_times() -> dict[int, dict[str, float]]:
    """Of the cores that we may run on."""
    ours, times = os.sched_getaffinity(0), psutil.cpu_times(percpu=True)
    return {core: _times(one) for core, one in enumerate(times) if core in ours}


def _times(one: Any) -> dict[str, float]:
    return {name: getattr(one, name, 0.0) for name in _COUNTED}


def _held(name: str, pid: int) -> list[Reading]:
    """Files and ports with their limits; nothing of an engine that is gone."""
    try:
        links = list(_links(pid))
        limit, _ = resource.prlimit(pid, resource.RLIMIT_NOFILE)
        low, high = map(int, _PORT_RANGE.read_text(encoding="ascii").split())
        waiting = _time_wait(_SOCKETS.read_text(encoding="ascii"))
    except (OSError, ValueError):
        return []
    sockets = sum(link.startswith("socket:") for link in links)
    found = [(OPEN_FILES, len(links)), (PORTS_IN_USE, sockets + waiting), (PORTS_LIMIT, high - low + 1)]
    if limit != resource.RLIM_INFINITY:
        found.append((OPEN_FILES_LIMIT, limit))
    return [(name, metric, float(value)) for metric, value in found]


def _links(pid: int) -> Iterator[str]:
    """What its descriptors are, of those that are not closed meanwhile."""
    with os.scandir(f"/proc/{pid}/fd") as entries:
        for entry in entries:
            with contextlib.suppress(FileNotFoundError):
                yield os.readlink(entry.path)  # noqa: PTH115  a Path for each of thousands costs more than the call


def _time_wait(sockstat: str) -> int:
    """Sockets of this host that are closed and keep their port for a minute; whose they were nobody knows any more."""
    tcp = next((line.split() for line in sockstat.splitlines() if line.startswith("TCP:")), [])
    return int(tcp[tcp.index("tw") + 1]) if "tw" in tcp else 0
