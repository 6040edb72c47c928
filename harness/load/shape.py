"""The planned number of users over time, for Locust. What is streamed does not follow it: both follow the plan."""

from __future__ import annotations

import time
from bisect import bisect_right
from collections.abc import Callable, Sequence
from typing import Final

from locust import LoadTestShape

RATE: Final = 100.0  # users started a second; Locust warns of more
Lanes = Sequence[tuple[int, int]]
"""(at_ns, lanes): from then on that many are active, in order of time."""


def lanes_at(lanes: Lanes, at_ns: int) -> int:
    """How many lanes are active; none before the first step."""
    step = bisect_right(lanes, at_ns, key=lambda one: one[0])
    return lanes[step - 1][1] if step else 0


class PlannedLanes(LoadTestShape):
    """Nobody until the run begins, then its lanes until it is over."""

    def __init__(self) -> None:
        super().__init__()
        self._lanes: Lanes = ()
        self._epoch_ns = 0
        self._given: int | None = None
        self._over = False
        self.on_change: Callable[[str], None] = lambda _: None

    def begin(self, lanes: Lanes, epoch_ns: int) -> None:
        self._lanes, self._epoch_ns = lanes, epoch_ns

    def finish(self) -> None:
        self._over = True

    def tick(self) -> tuple[int, float] | None:
        """What Locust asks for each second: users and rate; None ends the test."""
        if self._over:
            return None
        # Locust has set the target that it was given the last time, so another one is somebody else's.
        if self.runner is not None and self._given not in {None, self.runner.target_user_count}:
            self.on_change(f"the users were set to {self.runner.target_user_count}, not to {self._given} as planned")
        self._given = lanes_at(self._lanes, time.monotonic_ns() - self._epoch_ns)
        return self._given, RATE
