"""Plain Locust: a greenlet a session that streams by itself. What load_sync.py and load_client.py have in common.

Deadlines are absolute, frames are cut beforehand, and nothing is fired into Locust's statistics while it streams. The
schedule comes in LOAD_CROWD, the address in LOAD_URL; LOAD_OUT is a folder that gets `epoch` when it is settled and
`played.json` at the end.
"""

from __future__ import annotations

import itertools
import json
import os
import time
from abc import abstractmethod
from array import array
from pathlib import Path
from typing import Any, Protocol

import gevent
from gevent.event import Event
from load_crowd import LEAD_NS, Crowd, name_of
from locust import User, events, task
from locust.exception import StopUser

CROWD = Crowd.from_json(os.environ["LOAD_CROWD"])
URL, OUT = os.environ["LOAD_URL"], Path(os.environ["LOAD_OUT"])
OPENS_NS, PIECES = CROWD.opens_ns(), CROWD.pieces()
READY_S, GOODBYE_S = 0.5, 10.0


class Socket(Protocol):
    """A blocking WebSocket of some library."""

    def text(self, text: str) -> None: ...

    def audio(self, frame: bytes) -> None: ...

    def read(self) -> str | bytes:
        """The next message. Raises when the connection is gone."""
        ...

    def close(self) -> None: ...


class _Stage:
    """What all users share: who is next, when it begins, how it went."""

    def __init__(self) -> None:
        self.numbers = itertools.count()
        self.go = Event()
        self.epoch_ns = 0
        self.lags_us = [array("q") for _ in range(CROWD.sessions)]
        self.came_ns = [array("q") for _ in range(CROWD.sessions)]
        self.faults: list[str] = []
        self.left = CROWD.sessions

    def until(self, at_ns: int) -> int:
        """Sleep, and say how late it is now, in ns."""
        wait_ns = self.epoch_ns + at_ns - time.monotonic_ns()
        gevent.sleep(max(0, wait_ns) / 1e9)
        return time.monotonic_ns() - self.epoch_ns - at_ns


STAGE = _Stage()


class Streamer(User):
    """One session, then nothing."""

    abstract = True

    @abstractmethod
    def connect(self) -> Socket: ...

    @task
    def stream(self) -> None:
        number = next(STAGE.numbers)
        STAGE.go.wait()
        try:
            self._stream(number)
        except Exception as error:  # noqa: BLE001  a task that raises is silently run again
            STAGE.faults.append(f"{type(error).__name__}: {error}"[:80])
        STAGE.left -= 1
        if STAGE.left == 0:
            gevent.spawn(_finish, self.environment)
        raise StopUser

    def _stream(self, number: int) -> None:
        STAGE.until(OPENS_NS[number])
        socket = self.connect()
        socket.read()  # `connection`
        socket.text(json.dumps({"type": "start_transcription", "stream_id": name_of(number)}))
        socket.read()  # `session_started`
        hearing = gevent.spawn(_hear, socket, STAGE.came_ns[number])
        lags_us, start_ns = STAGE.lags_us[number], OPENS_NS[number] + LEAD_NS
        for at, frame in enumerate(PIECES, 1):
            lags_us.append(STAGE.until(start_ns + at * CROWD.frame_ns) // 1000)
            socket.audio(frame)
        socket.text('{"type":"stop_transcription"}')
        hearing.join(GOODBYE_S)
        if not hearing.successful():
            STAGE.faults.append("no final")
        socket.close()


def _hear(socket: Socket, came_ns: array[int]) -> None:
    """Read until the session has stopped. The least that a test does: when it came, and what it says."""
    kind = ""
    while kind != "session_stopped":
        raw = socket.read()
        came_ns.append(time.monotonic_ns())
        kind = json.loads(raw)["type"]


@events.spawning_complete.add_listener
def _begin(user_count: int, **_: Any) -> None:
    if user_count < CROWD.sessions or STAGE.epoch_ns:
        return
    STAGE.epoch_ns = time.monotonic_ns() + int(READY_S * 1e9)
    draft = OUT / "epoch.draft"
    draft.write_text(str(STAGE.epoch_ns), encoding="ascii")
    draft.rename(OUT / "epoch")
    STAGE.go.set()


def _finish(environment: Any) -> None:
    said = {
        "lags_us": {name_of(number): lags.tolist() for number, lags in enumerate(STAGE.lags_us)},
        "faults": STAGE.faults,
    }
    (OUT / "played.json").write_text(json.dumps(said), encoding="utf-8")
    environment.runner.quit()
