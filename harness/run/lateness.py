"""How late the engine's ticks ran, so that a session can be told the worst one of its own life."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable
from typing import Final

NOTABLE_NS: Final = 10_000_000


class Lateness:
    """A list that only falls: a later tick that is as late hides every earlier one, so a query is one search.

    `on_late` hears of every tick over 10 ms late: when it ran, and how late, in ns.
    """

    __slots__ = ("_at_ns", "_expected_ns", "_late_ns", "_on_late")

    def __init__(self, on_late: Callable[[int, int], None] = lambda *_: None) -> None:
        self._on_late = on_late
        self._at_ns: list[int] = []
        self._late_ns: list[int] = []
        self._expected_ns: int | None = None

    def expect(self, at_ns: int) -> None:
        """The next tick is due then."""
        self._expected_ns = at_ns

    def note(self, now_ns: int) -> None:
        """The tick that was due runs now."""
        late_ns = self._overdue(now_ns)
        self._expected_ns = None
        while self._late_ns and self._late_ns[-1] <= late_ns:
            self._at_ns.pop()
            self._late_ns.pop()
        self._at_ns.append(now_ns)
        self._late_ns.append(late_ns)
        if late_ns > NOTABLE_NS:
            self._on_late(now_ns, late_ns)

    def worst_us(self, since_ns: int, now_ns: int) -> int:
        """The worst from `since_ns` on, with the tick that is overdue now: after a stall, sockets are read first."""
        index = bisect_left(self._at_ns, since_ns)
        ran_ns = self._late_ns[index] if index < len(self._late_ns) else 0
        return max(ran_ns, self._overdue(now_ns)) // 1000

    def _overdue(self, now_ns: int) -> int:
        return 0 if self._expected_ns is None else max(0, now_ns - self._expected_ns)
