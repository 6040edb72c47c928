"""What a generator and its sink cost between two moments, sampled by a thread of the bench."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

import psutil

Row = dict[str, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Moment:
    at_s: float
    own_s: float  # CPU seconds of the generator
    waited_s: float  # its threads were ready, and something else ran
    core_s: float  # of its core, whoever used it
    sink_s: float
    rss_kib: float


@dataclass(slots=True, kw_only=True)
class Watch:
    """Of the process `pid` and what it has started, on its core, against the sink."""

    pid: int
    sink: int
    core: int
    moments: list[_Moment] = field(default_factory=list)
    _thread: threading.Thread | None = None

    def begin(self, from_ns: int, to_ns: int) -> None:
        """Look at both of these moments of CLOCK_MONOTONIC."""
        self._thread = threading.Thread(target=self._look_at, args=(from_ns, to_ns), daemon=True)
        self._thread.start()

    def spent(self) -> Row:
        """Cores are CPU seconds a second; empty where the generator was gone before the end."""
        if self._thread is not None:
            self._thread.join()
        if len(self.moments) < 2:
            return {}
        first, last = self.moments
        seconds = last.at_s - first.at_s
        own = (last.own_s - first.own_s) / seconds
        return {
            "cores": round(own, 3),
            "waited": round((last.waited_s - first.waited_s) / seconds, 3),
            "foreign_cores": round(max(0.0, (last.core_s - first.core_s) / seconds - own), 3),
            "sink_cores": round((last.sink_s - first.sink_s) / seconds, 3),
            "rss_kib": last.rss_kib,
        }

    def _look_at(self, *moments_ns: int) -> None:
        for at_ns in moments_ns:
            time.sleep(max(0, at_ns - time.monotonic_ns()) / 1e9)
            try:
                self.moments.append(self._now())
            except (psutil.Error, OSError):
                return

    def _now(self) -> _Moment:
        root = psutil.Process(self.pid)
        family = [root, *root.children(recursive=True)]
        times = psutil.cpu_times(percpu=True)[self.core]
        return _Moment(
            at_s=time.monotonic(),
            own_s=sum(sum(one.cpu_times()[:2]) for one in family),
            waited_s=sum(map(_waited_s, Path(f"/proc/{self.pid}/task").iterdir())),
            core_s=sum(times[:8]) - times.idle - times.iowait,
            sink_s=sum(psutil.Process(self.sink).cpu_times()[:2]),
            rss_kib=sum(one.memory_info().rss for one in family) / 1024,
        )


def _waited_s(thread: Path) -> float:
    return int((thread / "schedstat").read_text(encoding="ascii").split()[1]) / 1e9
