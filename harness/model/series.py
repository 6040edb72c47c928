"""Names in the `series` table that are the harness's own. All others are those of the pages it scrapes."""

from __future__ import annotations

from typing import Final

CPU: Final = "cpu_percent"  # of one core, of a process
RSS: Final = "rss_bytes"
THREADS: Final = "threads"

UP: Final = "up"  # 1 for a scrape that was answered, 0 for one that was not, as Prometheus itself has it

TICK_LATE: Final = "tick_late_ms"  # of an engine: each tick that was over 10 ms late, at the moment it ran
LOOP_BUSY: Final = "loop_busy_percent"  # of an engine: of one core, by the thread that paces
LOOP_WAITING: Final = "loop_waiting_percent"  # of the time, that thread was ready to run and had no core
OPEN_FILES: Final = "open_files"
OPEN_FILES_LIMIT: Final = "open_files_limit"
PORTS_IN_USE: Final = "ports_in_use"  # the engine's sockets, and those of this host in TIME_WAIT
PORTS_LIMIT: Final = "ports_limit"

ENGINE: Final = "engine"  # a source; of several each has its number behind it
HOST: Final = "host"  # a source
CORE_BUSY: Final = "core_busy_percent"  # of the host, a series for each core: with {core="0"} behind it
CORE_STOLEN: Final = "core_stolen_percent"  # by a hypervisor
