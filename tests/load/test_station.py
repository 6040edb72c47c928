"""The messages that pass a Locust process, without an engine and without Locust's network."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import gevent
import pytest
from locust.env import Environment

from harness.load import station as module
from harness.load.station import Station
from harness.run.framing import body_of, message_of


class Engine:
    """Stands where a process would; keeps what it is told."""

    pid = 12

    def __init__(self, on_said: Any, on_gone: Any) -> None:
        self.say = lambda **message: on_said(body_of(message))
        self.die = on_gone
        self.told: list[dict[str, Any]] = []
        self.killed = False

    def tell(self, body: bytes) -> None:
        self.told.append(message_of(body))

    def kill(self) -> None:
        self.killed = True


class Bench:
    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        made: list[Engine] = []
        monkeypatch.setattr(module, "Engine", lambda *on: made.append(Engine(*on)) or made[-1])
        self.environment = Environment()
        self.up: list[dict[str, Any]] = []
        self.station = Station(self.environment, lambda body: self.up.append(message_of(body)))
        (self.engine,) = made

    def types(self) -> list[str]:
        return [message["type"] for message in self.up]


@pytest.fixture
def bench(monkeypatch: pytest.MonkeyPatch) -> Bench:
    return Bench(monkeypatch)


def test_it_says_hello_when_locust_has_cleared_its_statistics(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """Again and again until it is answered, and not before the test has started."""
    monkeypatch.setattr(module, "HELLO_S", 0.001)
    gevent.sleep(0)
    assert bench.up == []
    bench.environment.events.test_start.fire(environment=bench.environment)
    while bench.types().count("hello") < 3:
        gevent.sleep(0.001)
    bench.station.tell({"type": "ping", "sent_ns": 1})
    gevent.sleep(0.01)
    assert bench.types()[-1] == "pong"
    assert bench.up[0]["pids"]["engine"] == 12


def test_what_cannot_be_shown_still_passes(bench: Bench) -> None:
    """A batch of sessions that nobody knows: the rows go on, and Locust's page goes without them."""
    over = {"session_id": "unknown", "end_reason": "completed"}
    bench.engine.say(type="batch", opened=[], heard=[], frames=[], over=[over])
    bench.engine.say(type="done")
    assert bench.types() == ["batch", "done"]


def test_an_end_after_done_is_no_death(bench: Bench) -> None:
    """An engine that has said done may go; one that has not is told of."""
    bench.engine.die("died (exit code 1)")
    assert bench.up == [{"type": "gone", "why": "died (exit code 1)"}]
    bench.engine.say(type="done")
    bench.engine.die("died (exit code 0)")
    assert bench.types() == ["gone", "done"]


def test_a_folder_that_is_sent_stays_where_it_was_put(bench: Bench, tmp_path: Path) -> None:
    """Names are taken for names: nothing is written beside the folder. A plan that is none is told of."""
    for name in ("manifest.json", "clips/a.flac", f"{tmp_path}/../../clips/b.flac"):
        bench.station.tell({"type": "file", "name": name, "data": b"x"})
    bench.station.tell({"type": "start", "folder": None, "part": 0, "of": 1})
    (folder,) = {path.parent for path in Path(bench.station._shipped.name).rglob("manifest.json")}
    assert sorted(str(path.relative_to(folder)) for path in folder.rglob("*.flac")) == ["clips/a.flac", "clips/b.flac"]
    assert bench.engine.told == []
    assert bench.up[-1]["why"].startswith("got no plan: ")
    bench.station._shipped.cleanup()


def test_a_kill_reaches_the_engine(bench: Bench) -> None:
    """All else is the engine's own."""
    bench.station.tell({"type": "cut"})
    bench.station.tell({"type": "kill"})
    assert (bench.engine.told, bench.engine.killed) == ([{"type": "cut"}], True)
