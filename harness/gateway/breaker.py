"""A circuit breaker as a state machine. Pure: no clock and no I/O, every call says what time it is (monotonic ns).

    CLOSED --failure rate or slow rate too high--> OPEN --open_ns passed--> HALF_OPEN --enough good trials--> CLOSED
                                                    ^                           |
                                                    +------one bad trial--------+

Each permit belongs to the generation that gave it, and each change of state begins a new one: what an older call says,
well or badly, no longer counts. A trial that nobody settles loses its place after `trial_ns`, so a call that was
cancelled, or whose caller is silent, cannot keep the breaker half open.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from enum import StrEnum


class BreakerState(StrEnum):
    """What a breaker does with the next call."""

    CLOSED = "closed"
    OPEN = "open"
    HALF_OPEN = "half_open"


@dataclass(frozen=True, slots=True, kw_only=True)
class BreakerRules:
    """Rates are shares from 0 to 1 of the calls settled within `window_ns`, the newest `window_calls` at most."""

    window_ns: int = 30_000_000_000
    window_calls: int = 100
    minimum_calls: int = 10
    failure_rate: float = 0.5
    slow_rate: float = 0.8
    slow_ns: int = 3_000_000_000
    open_ns: int = 2_000_000_000
    trials: int = 3  # so many at once, and so many good ones close it
    trial_ns: int = 2_000_000_000


@dataclass(frozen=True, slots=True)
class Permit:
    """One admitted call; settle it once by `succeed`, `fail` or `release`."""

    generation: int
    number: int
    trial: bool


@dataclass(frozen=True, slots=True)
class _Outcome:
    at_ns: int
    failed: bool
    slow: bool


class Breaker:
    """One endpoint's. A permit settled twice, or too late, changes nothing."""

    def __init__(self, rules: BreakerRules) -> None:
        self._rules = rules
        self._state = BreakerState.CLOSED
        self._generation = 0
        self._number = 0
        self._window: deque[_Outcome] = deque(maxlen=rules.window_calls)
        self._opened_at_ns = 0
        self._trials: dict[int, int] = {}  # number -> when it was admitted
        self._good_trials = 0
        self.opened_total = 0

    def state(self, now_ns: int) -> BreakerState:
        if self._state is BreakerState.OPEN and now_ns - self._opened_at_ns >= self._rules.open_ns:
            self._become(BreakerState.HALF_OPEN)
        return self._state

    def admits(self, now_ns: int) -> bool:
        """Whether `admit` would give a permit now."""
        state = self.state(now_ns)
        if state is BreakerState.HALF_OPEN:
            self._forget_old_trials(now_ns)
            return len(self._trials) + self._good_trials < self._rules.trials
        return state is BreakerState.CLOSED

    def admit(self, now_ns: int) -> Permit | None:
        """A permit for one call, or None: do not call."""
        if not self.admits(now_ns):
            return None
        self._number += 1
        trial = self._state is BreakerState.HALF_OPEN
        if trial:
            self._trials[self._number] = now_ns
        return Permit(self._generation, self._number, trial)

    def succeed(self, permit: Permit, now_ns: int, *, took_ns: int = 0) -> None:
        """The call ended well; `took_ns` is the time that counts as its slowness."""
        self._settle(permit, _Outcome(now_ns, failed=False, slow=took_ns > self._rules.slow_ns))

    def fail(self, permit: Permit, now_ns: int) -> None:
        self._settle(permit, _Outcome(now_ns, failed=True, slow=False))

    def release(self, permit: Permit) -> None:
        """The call ended without saying anything about the endpoint: it was cancelled, or the request was wrong."""
        if permit.generation == self._generation:
            self._trials.pop(permit.number, None)

    def rates(self, now_ns: int) -> tuple[float, float]:
        """Shares of failed and of slow calls in the window; 0 where it is empty."""
        self._forget_old_calls(now_ns)
        calls = len(self._window) or 1
        return sum(call.failed for call in self._window) / calls, sum(call.slow for call in self._window) / calls

    def _settle(self, permit: Permit, outcome: _Outcome) -> None:
        if permit.generation != self._generation:
            return
        if permit.trial:
            self._settle_trial(permit, outcome)
            return
        self._window.append(outcome)
        if self._is_bad(outcome.at_ns):
            self._open(outcome.at_ns)

    def _settle_trial(self, permit: Permit, outcome: _Outcome) -> None:
        if self._trials.pop(permit.number, None) is None:
            return
        if outcome.failed or outcome.slow:
            self._open(outcome.at_ns)
            return
        self._good_trials += 1
        if self._good_trials >= self._rules.trials:
            self._become(BreakerState.CLOSED)

    def _is_bad(self, now_ns: int) -> bool:
        failed, slow = self.rates(now_ns)
        enough = len(self._window) >= self._rules.minimum_calls
        return enough and (failed >= self._rules.failure_rate or slow >= self._rules.slow_rate)

    def _open(self, now_ns: int) -> None:
        self._become(BreakerState.OPEN)
        self._opened_at_ns = now_ns
        self.opened_total += 1

    def _become(self, state: BreakerState) -> None:
        self._state = state
        self._generation += 1
        self._window.clear()
        self._trials.clear()
        self._good_trials = 0

    def _forget_old_calls(self, now_ns: int) -> None:
        while self._window and now_ns - self._window[0].at_ns > self._rules.window_ns:
            self._window.popleft()

    def _forget_old_trials(self, now_ns: int) -> None:
        for number in [n for n, since_ns in self._trials.items() if now_ns - since_ns >= self._rules.trial_ns]:
            del self._trials[number]
