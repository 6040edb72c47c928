"""What an endpoint's probes say about it. Pure.

An unanswered probe makes it suspect: it is asked only where nobody better is. So many in a row, and it is dead: it is
ejected and its streams end. A refused probe ejects it and no more: a Riva that drains takes no new calls and still
finishes its streams. Any answer, an error too, is a sign of life.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum


class Health(IntEnum):
    """The lower, the better."""

    UP = 0
    SUSPECT = 1
    EJECTED = 2


@dataclass(slots=True)
class Vitals:
    """One endpoint's; before the first probe it counts as up. Times are monotonic nanoseconds."""

    deadly_misses: int
    health: Health = Health.UP
    misses: int = 0
    ejected_total: int = 0
    answered_at_ns: int | None = None

    def answered(self, now_ns: int) -> None:
        self.answered_at_ns = now_ns
        self.misses = 0
        self.health = Health.UP

    def refused(self, now_ns: int) -> None:
        self.answered_at_ns = now_ns
        self.misses = 0
        self._eject()

    def missed(self) -> bool:
        """Whether the streams must end now."""
        self.misses += 1
        if self.misses < self.deadly_misses:
            self.health = max(self.health, Health.SUSPECT)
            return False
        self._eject()
        return True

    def _eject(self) -> None:
        self.ejected_total += self.health is not Health.EJECTED
        self.health = Health.EJECTED
