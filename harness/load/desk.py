"""The conductor's line into Locust: held by the process that Locust started first, its master or its only one.

Every message is {engine, says}; without a number it is Locust's own:

conductor -> an engine   what any engine is told · abroad: ping {sent_ns} · file {name, data} · kill
an engine -> conductor   hello {pids, host, clock} · what any engine says · pong {sent_ns, there_ns} · gone {why}
conductor -> Locust      go {epoch_ns, lanes} · quit
Locust -> conductor      listening {port} · by_hand {why, over} · stopped {why}
"""

from __future__ import annotations

import socket
from collections.abc import Callable
from typing import Final

import gevent
from gevent.event import Event
from locust.env import Environment
from locust.stats import CSV_STATS_INTERVAL_SEC

from harness.load.duct import Duct
from harness.load.shape import PlannedLanes
from harness.load.station import leave
from harness.run.framing import Message, addressed, body_of, message_of

BY_HAND: Final = "the test was stopped in Locust's page"
BY_ITSELF: Final = "Locust stopped its test by itself"  # it missed its workers, say
CUT_S: Final = 20.0  # the conductor cuts its engines well within it


class Desk:
    """Sorts what the conductor says; `down` brings an engine its message."""

    def __init__(self, environment: Environment, fd: int, down: Callable[[int, Message], None]) -> None:
        self._environment = environment
        self._down = down
        self._duct = Duct(socket.socket(fileno=fd))
        self._released = Event()  # the conductor has all it wants
        self._shape = environment.shape_class
        if isinstance(self._shape, PlannedLanes):
            self._shape.on_change = lambda why: self.say({"type": "by_hand", "why": why, "over": False})
        environment.events.test_stopping.add_listener(self._stopping)
        gevent.spawn(self._listen)

    def up(self, engine: int, body: bytes) -> None:
        """Pass on what an engine said, unread."""
        self._duct.tell(addressed(engine, body))

    def say(self, message: Message) -> None:
        """Something that Locust itself has to say."""
        self._duct.tell(addressed(None, body_of(message)))

    def _listen(self) -> None:
        while (body := self._duct.hear()) is not None:
            told = message_of(body)
            if told["engine"] is None:
                self._obey(told["says"])
            else:
                self._down(told["engine"], told["says"])
        self._released.set()
        leave(self._environment)  # the conductor is gone

    def _obey(self, message: Message) -> None:
        if not isinstance(self._shape, PlannedLanes):
            return
        if message["type"] == "go":
            self._shape.begin(message["lanes"], message["epoch_ns"])
        elif message["type"] == "quit":
            self._released.set()
            gevent.sleep(CSV_STATS_INTERVAL_SEC + 0.5)  # its files are written once more with everything in them
            self._shape.finish()

    def _stopping(self, **_: object) -> None:
        """Locust waits here before it stops its workers, so that their engines can be cut and lose nothing."""
        if self._released.is_set():
            return
        by_itself = self._environment.web_ui is None or not getattr(self._environment.runner, "worker_count", 0)
        if by_itself:
            self.say({"type": "stopped", "why": BY_ITSELF})
        else:
            self.say({"type": "by_hand", "why": BY_HAND, "over": True})
        self._released.wait(timeout=CUT_S)
