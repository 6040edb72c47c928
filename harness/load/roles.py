"""Who a Locust process is in a load run: the only one, the master, or one of its workers."""

from __future__ import annotations

import os
import socket
from typing import Any, Final

import gevent
from locust import runners
from locust.env import Environment
from locust.rpc import Message as Parcel
from locust.runners import LocalRunner, MasterRunner, WorkerRunner

from harness.load.desk import Desk
from harness.load.duct import Duct
from harness.load.station import Station
from harness.load.users import Lane
from harness.run.framing import Message, body_of, message_of

LINE: Final = "HARNESS_LINE"
"""Environment variable: the descriptor of this process's line to the conductor."""
PATIENCE: Final = 30
"""Seconds without a heartbeat before a worker or the master counts as gone. Locust's own three stop the whole test of a
busy machine; its own sixty leave a worker on another host that long without anybody to listen to it."""
PARCEL: Final = "harness"
"""What Locust calls our messages between master and workers."""


def take_up(environment: Environment) -> None:
    """Become what Locust has made of this process."""
    match environment.runner:
        case MasterRunner() as runner:
            _Master(environment, runner)
        case WorkerRunner() as runner:
            _work(environment, runner)
        case LocalRunner():
            _be_the_only_one(environment)


def _be_the_only_one(environment: Environment) -> None:
    desk = Desk(environment, int(os.environ.pop(LINE)), lambda _, message: station.tell(message))
    station = Lane.station = Station(environment, lambda body: desk.up(0, body))


def _work(environment: Environment, runner: WorkerRunner) -> None:
    runners.MASTER_HEARTBEAT_TIMEOUT = PATIENCE
    station = Lane.station = Station(environment, lambda body: runner.send_message(PARCEL, {"body": body}))
    runner.register_message(PARCEL, lambda msg, **_: station.tell(message_of(msg.data["body"])))
    if line := os.environ.pop(LINE, None):
        gevent.spawn(_outlive_nobody, Duct(socket.socket(fileno=int(line))))


def _outlive_nobody(line: Duct) -> None:
    """The conductor's end closes when it dies; the engine's closes with us."""
    while line.hear() is not None:
        pass
    os._exit(1)


class _Master:
    """Passes parcels between the conductor and the workers, whose engines are numbered as they come."""

    def __init__(self, environment: Environment, runner: MasterRunner) -> None:
        self._runner = runner
        runners.HEARTBEAT_LIVENESS = PATIENCE
        self._workers: list[str] = []
        self._desk = Desk(environment, int(os.environ.pop(LINE)), self._down)
        self._runner.register_message(PARCEL, self._take)
        self._desk.say({"type": "listening", "port": self._runner.server.port})
        gevent.spawn(self._miss)

    def _take(self, msg: Parcel, **_: Any) -> None:
        if msg.node_id not in self._workers:
            self._workers.append(msg.node_id)
        self._desk.up(self._workers.index(msg.node_id), msg.data["body"])

    def _miss(self) -> None:
        """A worker on another host has no line to the conductor: who left, or sends no heartbeats, is told of here."""
        while True:
            gevent.sleep(1)
            for engine, worker in enumerate(self._workers):
                node = self._runner.clients.get(worker)
                if node is None or node.state == runners.STATE_MISSING:
                    self._desk.up(engine, body_of({"type": "gone", "why": "went away with its Locust worker"}))

    def _down(self, engine: int, message: Message) -> None:
        self._runner.send_message(PARCEL, {"body": body_of(message)}, self._workers[engine])
