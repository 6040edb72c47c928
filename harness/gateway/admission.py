"""Who may come in: limits of this process and of each caller. Pure but for the clock it is given.

Asked twice. Before the WebSocket upgrade `at_the_door` refuses what cannot be served, with an HTTP status; it changes
nothing. `enter` and `begin` then count, and refuse with an error message and a close code where the door was too wide.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from harness.clock import Clock
from harness.riva.environment import Environment

_MINUTE_NS: Final = 60 * 1_000_000_000
_TIDY_ABOVE: Final = 1000  # callers whose starts are remembered before those who are at rest are forgotten


@dataclass(frozen=True, slots=True, kw_only=True)
class AdmissionLimits:
    """Of one process. 0 = no limit where it says "per subject"; callers without a subject have none of those."""

    connections: int = 1000
    streams: int = 1000  # sessions open on Riva's side
    connections_per_subject: int = 0
    starts_per_minute: int = 0  # per subject: sessions begun; a whole minute's worth may come at once
    retry_after_s: int = 1

    @classmethod
    def from_env(cls, read: Environment) -> AdmissionLimits:
        """Raises UsageError, which names the variable."""
        default = cls()
        connections = read.whole("WS_MAX_CONNECTIONS", default.connections, least=1)
        return cls(
            connections=connections,
            streams=read.whole("GATEWAY_MAX_STREAMS", connections, least=1),
            connections_per_subject=read.whole("GATEWAY_SUBJECT_CONNECTIONS", default.connections_per_subject),
            starts_per_minute=read.whole("GATEWAY_SUBJECT_STARTS_PER_MINUTE", default.starts_per_minute),
            retry_after_s=read.whole("GATEWAY_RETRY_AFTER_S", default.retry_after_s, least=1, most=3600),
        )


@dataclass(frozen=True, slots=True)
class Refusal:
    """`code` is one of `answers.ANSWERS`."""

    code: str
    retry_after_s: int


@dataclass(slots=True)
class _Starts:
    """A token bucket of one caller."""

    left: float
    at_ns: int


class Admission:
    """Counts what is open. `enabled` is the roll-back switch; `draining` is set once, when this process is to end."""

    def __init__(self, limits: AdmissionLimits, clock: Clock, *, enabled: Callable[[], bool] = lambda: True) -> None:
        self.limits = limits
        self.enabled = enabled
        self.draining = False
        self.connections = 0
        self.streams = 0
        self._clock = clock
        self._by_subject: Counter[str] = Counter()
        self._starts: dict[str, _Starts] = {}

    def at_the_door(self, subject: str | None = None) -> Refusal | None:
        """Why a new connection cannot be served now; None where it can."""
        if self.streams >= self.limits.streams:
            return self._later("overloaded")
        return self._full(subject) or self._closed() or self._hasty(subject)

    def enter(self, subject: str | None = None) -> Refusal | None:
        """Count a connection that was upgraded; every one `leave`s, a refused one too."""
        refusal = self._full(subject) or self._closed()
        self.connections += 1
        if subject is not None:
            self._by_subject[subject] += 1
        return refusal

    def leave(self, subject: str | None = None) -> None:
        self.connections -= 1
        if subject is not None:
            self._by_subject[subject] -= 1
            if not self._by_subject[subject]:
                del self._by_subject[subject]

    def begin(self, subject: str | None = None) -> Refusal | None:
        """Count a session, unless it is refused; one that was not ends with `end`."""
        refusal = self._closed() or self._hasty(subject)
        if refusal is None and self.streams >= self.limits.streams:
            refusal = self._later("overloaded")
        if refusal is None:
            self.streams += 1
            if subject is not None and self.limits.starts_per_minute:
                self._starts[subject].left -= 1
        return refusal

    def end(self) -> None:
        self.streams -= 1

    def _closed(self) -> Refusal | None:
        if self.draining:
            return self._later("going_away")
        return None if self.enabled() else self._later("asr_disabled")

    def _full(self, subject: str | None) -> Refusal | None:
        if self.connections >= self.limits.connections:
            return self._later("overloaded")
        own = self.limits.connections_per_subject
        if subject is not None and own and self._by_subject[subject] >= own:
            return self._later("too_many_requests")
        return None

    def _hasty(self, subject: str | None) -> Refusal | None:
        if subject is None or not self.limits.starts_per_minute:
            return None
        starts = self._starts_of(subject)
        if starts.left >= 1:
            return None
        return Refusal("rate_limited", math.ceil((1 - starts.left) * 60 / self.limits.starts_per_minute))

    def _starts_of(self, subject: str) -> _Starts:
        now_ns, most = self._clock.now_ns(), self.limits.starts_per_minute
        if len(self._starts) > _TIDY_ABOVE:
            self._tidy(now_ns)
        starts = self._starts.setdefault(subject, _Starts(most, now_ns))
        starts.left = min(most, starts.left + (now_ns - starts.at_ns) * most / _MINUTE_NS)
        starts.at_ns = now_ns
        return starts

    def _tidy(self, now_ns: int) -> None:
        """Forget who has begun nothing for a minute: that bucket is full again."""
        self._starts = {who: starts for who, starts in self._starts.items() if now_ns - starts.at_ns < _MINUTE_NS}

    def _later(self, code: str) -> Refusal:
        return Refusal(code, self.limits.retry_after_s)
