"""What a Locust process with an engine does: passes messages both ways untouched, and shows Locust what goes by."""

from __future__ import annotations

import logging
import os
import platform
import time
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

import gevent
from gevent.event import Event
from locust.env import Environment

from harness.errors import HarnessError
from harness.load.engines import Engine
from harness.load.figures import Figure, Figures
from harness.load.roster import Roster
from harness.run.framing import Message, body_of, message_of
from harness.store.folder import RunFolder

CLOCK: Final = Path("/proc/sys/kernel/random/boot_id")  # the same on two sides: they share a clock
HELLO_S: Final = 2.0
LEAVE_S: Final = 5.0
_log: Final = logging.getLogger(__name__)


class Station:
    """One engine, and the users that stand for its sessions.

    It says hello only when Locust's test has started: there Locust clears its statistics, and nothing may be in them.
    """

    def __init__(self, environment: Environment, up: Callable[[bytes], None]) -> None:
        self._environment = environment
        self._up = up
        self._roster = Roster(())
        self._figures = Figures(())
        self._started = Event()
        self._ends: dict[str, Event] = {}
        self._done = False
        self._told = Event()
        self._shipped: TemporaryDirectory[str] | None = None
        self._engine = Engine(self._said, self._gone)
        environment.events.test_start.add_listener(lambda **_: gevent.spawn(self._introduce))

    def tell(self, message: Message) -> None:
        """What the conductor says to the engine, or to us on another host than its own."""
        self._told.set()
        match message["type"]:
            case "ping":
                self._up(body_of({**message, "type": "pong", "there_ns": time.monotonic_ns()}))
            case "file":
                self._unpack(message["name"], message["data"])
            case "kill":
                self._engine.kill()
            case "start":
                self._start({**message, "folder": message["folder"] or self._ship().name})
            case _:
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

    def _introduce(self) -> None:
        """Until it is answered: Locust's master may not listen for us yet when it takes us in."""
        pids = {"engine": self._engine.pid, "locust": os.getpid()}
        clock = CLOCK.read_text(encoding="ascii").strip()
        while not self._told.is_set():
            self._up(body_of({"type": "hello", "pids": pids, "host": platform.node(), "clock": clock}))
            self._told.wait(timeout=HELLO_S)

    def _start(self, message: Message) -> None:
        try:
            plans = RunFolder.open(Path(message["folder"])).manifest().plan.part(message["part"], message["of"])
        except HarnessError as error:
            self._gone(f"got no plan: {error}")
            return
        self._roster, self._figures = Roster(plan.session_id for plan in plans), Figures(plans)
        self._started.set()
        self._engine.tell(body_of(message))

    def _ship(self) -> TemporaryDirectory[str]:
        """The run's folder, as far as an engine on another host needs it."""
        if self._shipped is None:
            self._shipped = TemporaryDirectory(prefix="harness-load-")
            (Path(self._shipped.name) / "clips").mkdir()
        return self._shipped

    def _unpack(self, name: str, content: bytes) -> None:
        folder, plain = Path(self._ship().name), Path(name)
        inside = folder / "clips" if plain.parent.name == "clips" else folder
        (inside / plain.name).write_bytes(content)

    def _said(self, body: bytes) -> None:
        message = message_of(body)
        if message["type"] == "batch":
            self._up(body)
            self._follow(message)
            return
        if message["type"] == "done":
            self._done = True
            self._report()
        self._up(body)

    def _follow(self, batch: dict[str, Any]) -> None:
        try:
            for figure in self._figures.follow(batch):
                self._show(figure)
        except Exception:  # noqa: BLE001  what Locust shows may fail, what the run measures must still pass
            _log.exception("a batch could not be shown")
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
