"""What one gateway process has done since it started; `get_metrics` shows it to any client."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from harness.clock import Clock, MonotonicClock


@dataclass(slots=True)
class Counters:
    """Counted on the event loop, by nobody else."""

    clock: Clock = field(default_factory=MonotonicClock)
    active_sessions: int = 0
    sessions_total: int = 0
    partials_total: int = 0
    finals_total: int = 0
    audio_seconds_total: float = 0.0
    errors_total: Counter[str] = field(default_factory=Counter)

    def values(self) -> dict[str, float]:
        """Flat and numeric, as the contract's metrics message has it; errors by code as `errors_total.<code>`."""
        return {
            "uptime_seconds": round(self.clock.now_ns() / 1e9, 3),
            "active_sessions": self.active_sessions,
            "sessions_total": self.sessions_total,
            "partials_total": self.partials_total,
            "finals_total": self.finals_total,
            "audio_seconds_total": round(self.audio_seconds_total, 3),
            **{f"errors_total.{code}": count for code, count in sorted(self.errors_total.items())},
        }
