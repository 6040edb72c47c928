"""What processes of ours cost while a run goes on. No clock here: who samples knows when."""

from __future__ import annotations

from collections.abc import Mapping

import psutil

from harness.model.series import CPU, RSS, THREADS

METRICS = (CPU, RSS, THREADS)

Reading = tuple[str, str, float]
"""Source, metric, value. CPU is per cent of one core; a process counts with those children that are not watched."""


class ProcessWatch:
    """Reads processes by name; one that is gone has no readings, which is not zero."""

    def __init__(self, pids: Mapping[str, int]) -> None:
        self._pids = dict(pids)
        self._known: dict[int, psutil.Process] = {}
        self.sample()  # psutil measures CPU since the call before

    def sample(self) -> tuple[Reading, ...]:
        return tuple(reading for name, pid in self._pids.items() for reading in self._read(name, pid))

    def _read(self, name: str, pid: int) -> list[Reading]:
        try:
            family = self._family(psutil.Process(pid))
        except psutil.Error:
            return []
        figures = [figure for process in family if (figure := _figures(process)) is not None]
        totals = map(sum, zip(*figures, strict=True))
        return [(name, metric, total) for metric, total in zip(METRICS, totals, strict=False)]  # all may be gone by now

    def _family(self, root: psutil.Process) -> list[psutil.Process]:
        """The process and its descendants, without those that are watched under a name of their own."""
        own = [child for child in root.children() if child.pid not in self._pids.values()]
        return [self._same(root), *(member for child in own for member in self._family(child))]

    def _same(self, process: psutil.Process) -> psutil.Process:
        """The object of the sample before, which remembers its CPU time; a reused pid compares unequal."""
        if self._known.get(process.pid) != process:
            self._known[process.pid] = process
        return self._known[process.pid]


def _figures(process: psutil.Process) -> tuple[float, float, float] | None:
    try:
        with process.oneshot():
            if process.status() == psutil.STATUS_ZOMBIE:
                return None
            return process.cpu_percent(), float(process.memory_info().rss), float(process.num_threads())
    except psutil.Error:
        return None
