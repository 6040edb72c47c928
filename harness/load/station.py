"""What a Locust process with an engine does: passes messages both ways untouched, and shows Locust what goes by."""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import gevent
from gevent.event import Event
from locust.env import Environment

from harness.load.engines import Engine
from harness.load.figures import Figure, Figures
from harness.load.roster import Roster
from harness.run.framing import Message, body_of
from harness.store.folder import RunFolder

CLOCK: Final = Path("/proc/sys/kernel/random/boot_id")  # the same on two sides: they share a monotonic clock


class Station:
    """One engine, and the users that stand for its sessions."""

    def __init__(self, environment: Environment, up: Callable[[bytes], None]) -> None:
        self._environment = environment
        self._up = up
        self._roster = Roster(())
        self._figures = Figures(())
        self._started = Event()
        self._ends: dict[str, Event] = {}
        self._done = False
        self._engine = Engine(self._said, self._gone)
        pids = {"engine": self._engine.pid, "locust": os.getpid()}
        up(body_of({"type": "hello", "pids": pids, "host": platform.node(), "clock": CLOCK.read_text().strip()}))

    def tell(self, message: Message) -> None:
        """What the conductor says to the engine."""
        if message["type"] == "start":
            plans = RunFolder.open(Path(message["folder"])).manifest().plan.part(message["part"], message["of"])
            self._roster, self._figures = Roster(plan.session_id for plan in plans), Figures(plans)
            self._started.set()
        self._engine.tell(body_of(message))

    def stand_for_a_session(self) -> None:
        """A user's whole task: claim the next planned session and wait for its end; without one, wait for ever."""
        self._started.wait()
        if (session_id := self._roster.claim()) is None:
            Event().wait()
            return
        end = self._ends[session_id] = Event()
        try:
            end.wait()
        finally:  # the user may be stopped by a shape that falls
            self._ends.pop(session_id, None)
            if not end.is_set():
                self._roster.release(session_id)

    def _said(self, body: bytes) -> None:
        message = json.loads(body)
        if message["type"] == "batch":
            self._up(body)
            self._follow(message)
            return
        if message["type"] == "done":
            self._done = True
            self._report()
        self._up(body)

    def _follow(self, batch: dict[str, Any]) -> None:
        for figure in self._figures.follow(batch):
            self._show(figure)
        for row in batch["over"]:
            self._roster.over(row["session_id"])
            if end := self._ends.get(row["session_id"]):
                end.set()

    def _show(self, figure: Figure) -> None:
        self._environment.events.request.fire(
            request_type="speech",
            name=figure.name,
            response_time=figure.ms,
            response_length=0,
            exception=figure.fault or None,
            context={},
        )

    def _report(self) -> None:
        """Locust's master would miss the last three seconds: a worker reports that often, and the run ends now."""
        if send := getattr(self._environment.runner, "_send_stats", None):
            send()

    def _gone(self, how: str) -> None:
        if not self._done:
            self._up(body_of({"type": "gone", "why": how}))


def leave(environment: Environment) -> None:
    """End this Locust process, politely at first."""
    gevent.spawn_later(LEAVE_S, os._exit, 1)
    if environment.runner is not None:
        environment.runner.quit()
    if environment.web_ui is not None:
        environment.web_ui.stop()


LEAVE_S: Final = 5.0
