"""When a failed stream may be tried again. Pure: the time and the dice are handed in.

Waits have full jitter (drawn from 0 up to a doubling bound), so that those who fell together do not come back together.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from harness.riva.failures import Again, Failure


@dataclass(frozen=True, slots=True, kw_only=True)
class RetryRules:
    """`attempts` tries after a failure, all within `window_ms` of it. `resume`: also after something was delivered."""

    attempts: int = 3
    first_ms: int = 200
    most_ms: int = 1000
    window_ms: int = 5000
    buffer_bytes: int = 2**18  # 8 s at 16 kHz
    resume: bool = False
    budget: int = 1000  # a full gateway may move each of its sessions once
    budget_per_s: float = 20.0


class Why(StrEnum):
    """Why a failure was not retried, or not any more."""

    FATAL = "fatal"
    DELIVERED = "delivered"  # repeating the stream would repeat words, and resuming is not switched on
    UNPLACED = "unplaced"  # the last final had no word times: where to resume is not known
    OVERFLOW = "overflow"  # the audio since then is more than the buffer holds
    ATTEMPTS = "attempts"
    WINDOW = "window"
    BUDGET = "budget"
    ALONE = "alone"  # only another endpoint could help, and there is none


class Campaign:
    """The tries after one failure, up to the next thing heard."""

    def __init__(self, rules: RetryRules, now_ns: int, *, deadline_ns: int) -> None:
        self._rules = rules
        self._until_ns = min(now_ns + rules.window_ms * 1_000_000, deadline_ns)
        self.tries = 0

    def next(self, failure: Failure, now_ns: int, chance: float) -> float | Why:
        """Seconds to wait before the next try, or why there is none. `chance` is drawn evenly from [0, 1)."""
        if failure.again is Again.NEVER:
            return Why.FATAL
        if self.tries >= self._rules.attempts:
            return Why.ATTEMPTS
        left_s = self.left_s(now_ns)
        if left_s <= self._rules.first_ms / 1000:  # else the last tries would come ever faster
            return Why.WINDOW
        at_once = failure.again is Again.ELSEWHERE and self.tries == 0
        bound_s = min(self._rules.first_ms * 2**self.tries, self._rules.most_ms) / 1000
        self.tries += 1
        return 0.0 if at_once else chance * min(bound_s, left_s)

    def left_s(self, now_ns: int) -> float:
        return max(0, self._until_ns - now_ns) / 1e9


class Budget:
    """A token bucket that all streams share: when everything fails at once, retries must not double the load."""

    def __init__(self, capacity: int, per_s: float) -> None:
        self._capacity = float(capacity)
        self._per_s = per_s
        self._tokens = self._capacity
        self._at_ns: int | None = None

    def take(self, now_ns: int) -> bool:
        """Whether one more retry may be made; it is then paid for."""
        if self.tokens(now_ns) < 1:
            return False
        self._tokens -= 1
        return True

    def give_back(self) -> None:
        self._tokens = min(self._capacity, self._tokens + 1)

    def tokens(self, now_ns: int) -> float:
        if self._at_ns is not None:
            self._tokens = min(self._capacity, self._tokens + (now_ns - self._at_ns) / 1e9 * self._per_s)
        self._at_ns = now_ns
        return self._tokens
