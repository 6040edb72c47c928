"""Which planned sessions of this worker Locust's users stand for. They claim; they never choose a time."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable


class Roster:
    """Sessions in plan order: each is claimed once at most, and none after it is over."""

    def __init__(self, planned: Iterable[str]) -> None:
        self._waiting = OrderedDict.fromkeys(planned)
        self._claimed: set[str] = set()

    def claim(self) -> str | None:
        """The next planned session that nobody stands for; None when there is none left."""
        if not self._waiting:
            return None
        session_id, _ = self._waiting.popitem(last=False)
        self._claimed.add(session_id)
        return session_id

    def release(self, session_id: str) -> None:
        """Its user was stopped while the session goes on: the next user takes it over."""
        if session_id in self._claimed:
            self._claimed.discard(session_id)
            self._waiting[session_id] = None
            self._waiting.move_to_end(session_id, last=False)

    def over(self, session_id: str) -> None:
        """The session has ended, whether anybody stood for it or not."""
        self._waiting.pop(session_id, None)
        self._claimed.discard(session_id)
