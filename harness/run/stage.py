"""All sessions of one engine on one wheel, and the links that are still letting go."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence

from harness.clock import Clock
from harness.drivers.base import Driver, Link
from harness.model.plan import SessionPlan
from harness.run.lateness import Lateness
from harness.run.outbox import Outbox
from harness.run.session import Session
from harness.run.wheel import Wheel


class Stage:
    """Plays sessions; the outbox hears of everything."""

    def __init__(
        self, cast: Iterable[tuple[SessionPlan, Sequence[bytes]]], *, driver: Driver, clock: Clock, outbox: Outbox
    ) -> None:
        lateness = Lateness(outbox.late)
        self._wheel = Wheel(clock, lateness)
        self._closing: set[asyncio.Task[None]] = set()
        self._sessions = [
            Session(
                plan,
                frames,
                driver=driver,
                clock=clock,
                lateness=lateness,
                outbox=outbox,
                on_over=self._let_go,
            )
            for plan, frames in cast
        ]
        for session in self._sessions:
            self._wheel.add(session, session.plan.open_ns)

    async def play(self) -> None:
        """Return when every session is over and every link is closed."""
        await self._wheel.turn()
        await asyncio.gather(*self._closing)

    def cut(self) -> None:
        """End everything now."""
        for session in self._sessions:
            session.cut()

    def _let_go(self, _: Session, link: Link | None) -> None:
        self._wheel.retire()
        if link is not None:
            closing = asyncio.get_running_loop().create_task(link.close())
            self._closing.add(closing)
            closing.add_done_callback(self._closing.discard)
