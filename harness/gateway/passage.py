"""Audio's way through a session where nobody has to wait: from the socket to Riva's writer in one call, no task.

It does what `Conversation._forward` does, and declines what that would have to wait with.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final

from harness.clock import Clock
from harness.gateway.record import Session
from harness.gateway.upstream import UpstreamStream

_LOOK_S: Final = 0.01


class Holds:
    """What is held of all sessions, the oldest first; one timer looks at them, for one each is a cost at 250 sessions.

    It is the next frame that sends on what is held. This is for a client that pauses, and leaves that frame its time:
    sooner, a busy loop would send half of each group by timer, and so twice as many messages.
    """

    def __init__(self) -> None:
        self._due_ns: dict[Passage, int] = {}
        self._looking = False

    def add(self, passage: Passage, due_ns: int) -> None:
        self._due_ns[passage] = due_ns
        if not self._looking:
            self._look_later()

    def discard(self, passage: Passage) -> None:
        self._due_ns.pop(passage, None)

    def _look_later(self) -> None:
        self._looking = True
        asyncio.get_running_loop().call_later(_LOOK_S, self._look)

    def _look(self) -> None:
        while self._due_ns:
            passage, due_ns = next(iter(self._due_ns.items()))
            if not passage.release(due_ns):
                self._look_later()
                return
            del self._due_ns[passage]
        self._looking = False


class Passage:
    """Of one session; `is_open` says whether its audio is still to be forwarded."""

    def __init__(
        self, session: Session, stream: UpstreamStream, clock: Clock, holds: Holds, is_open: Callable[[], bool]
    ) -> None:
        self._holds = holds
        self._session = session
        self._stream = stream
        self._clock = clock
        self._is_open = is_open

    def take(self, audio: bytes) -> bool:
        """Whole samples, in the very call in which they came. False: not now."""
        session, intake, now_ns = self._session, self._session.intake, self._clock.now_ns()
        begins = intake.due_ns is None
        if (begins and not self._stream.room) or not self._is_open():
            return False
        audio_ns = intake.duration_ns(audio)
        if not session.pace.admits(audio_ns, now_ns):
            return False
        if pcm := session.audio_came(audio, now_ns):
            self._stream.offer(pcm)
            if not begins:
                self._holds.discard(self)
        elif begins and (due_ns := intake.due_ns) is not None:
            self._holds.add(self, due_ns + audio_ns)
        return True

    def release(self, due_ns: int) -> bool:
        """Send on what is held if its time has come; no next frame came in time."""
        if self._clock.now_ns() < due_ns:
            return False
        if self._is_open() and self._session.intake.due_ns is not None:
            self._stream.offer(self._session.intake.flush())
        return True
