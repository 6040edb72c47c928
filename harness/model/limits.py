"""How well the harness must fare, for a run to be vouched for."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What the harness's own health may be. Shares are of 1.

    The first two make a run INVALID, and a scenario can only be stricter than these defaults. The others are of what
    this machine has: beyond one, a finding says what to do before it runs out.
    """

    tick_late_ms: float = 50.0  # a frame or a tick of the engine later than this disturbs its session
    disturbed_share: float = 0.01  # of the sessions
    core_busy_share: float = 0.95  # of one core, taken by an engine
    open_files_share: float = 0.8  # of RLIMIT_NOFILE
    ports_share: float = 0.8  # of the range of ephemeral ports
