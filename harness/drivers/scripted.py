"""A target without sockets that answers by a script, on any clock: the engine's tests run on it in virtual time."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from harness.clock import Clock
from harness.drivers.backlog import Backlog
from harness.drivers.base import OnHeard
from harness.model.plan import SessionPlan
from harness.model.run import Identity
from harness.model.timeline import Closed, Errored, Heard, Opened


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What the target says, that long after the link opened, the planned start, or the end of the audio."""

    after: Literal["open", "start", "end"]
    delay_ns: int
    heard: Heard


Script = Callable[[SessionPlan], Sequence[Answer]]


class ScriptedDriver:
    """`links` keeps every link ever opened, in order, with what it was sent and when."""

    def __init__(self, clock: Clock, script: Script) -> None:
        self._clock = clock
        self._script = script
        self.links: list[ScriptedLink] = []

    def open(self, session: SessionPlan, on_heard: OnHeard) -> ScriptedLink:
        link = ScriptedLink(self._clock, session, self._script(session), on_heard)
        self.links.append(link)
        return link

    async def probe(self) -> Identity:
        return Identity(facts=(("target", "scripted"),))

    async def close(self) -> None:
        for link in self.links:
            await link.close()


class ScriptedLink:
    """Frames wait until the script says Opened; then each is taken at once."""

    def __init__(self, clock: Clock, session: SessionPlan, answers: Sequence[Answer], on_heard: OnHeard) -> None:
        self._clock = clock
        self._answers = answers
        self._on_heard = on_heard
        self._backlog = Backlog(session.clip.rate_hz)
        self._ready = False
        self.sent: list[tuple[int, bytes]] = []  # when the engine handed it over
        self.ended_ns: int | None = None
        self.closed = False
        self._tasks = [
            asyncio.ensure_future(self._say("open", clock.now_ns())),
            asyncio.ensure_future(self._say("start", session.start_ns)),
        ]

    def send(self, frame: bytes) -> int:
        self.sent.append((self._clock.now_ns(), frame))
        if not self._ready:
            self._backlog.add(frame)
            if self._backlog.over:
                self._on_heard(Errored(code="timeout", detail="over 10 s of audio waited for the target"))
                self._on_heard(Closed(code="1006"))
        return len(self._backlog)

    def end(self) -> None:
        self.ended_ns = self._clock.now_ns()
        self._tasks.append(asyncio.ensure_future(self._say("end", self.ended_ns)))

    async def close(self) -> None:
        self.closed = True
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _say(self, after: str, since_ns: int) -> None:
        for answer in self._answers:
            if answer.after == after:
                await self._clock.sleep_until(since_ns + answer.delay_ns)
                if isinstance(answer.heard, Opened):
                    self._ready = True
                    self._backlog.clear()
                self._on_heard(answer.heard)
