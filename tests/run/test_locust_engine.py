"""An engine behind Locust, without Locust."""

from __future__ import annotations

import os
import platform
from collections.abc import Callable
from typing import Any

import pytest

from harness.run.abroad import PINGS
from harness.run.locust_engine import CLOCK, LocustEngine
from harness.store.folder import RunFolder

HERE = {"host": platform.node(), "clock": CLOCK.read_text(encoding="ascii").strip()}
AHEAD_NS = 10**15


class Wire:
    """Keeps what is told to the engine; another host's Locust answers pings at once."""

    def __init__(self) -> None:
        self.told: list[dict[str, Any]] = []
        self.overheard: list[dict[str, Any]] = []
        self.engine = LocustEngine(1, 2, self.take, self.overheard.append)

    def take(self, engine: int, message: dict[str, Any]) -> None:
        assert engine == 1
        self.told.append(message)
        if message["type"] == "ping":
            self.engine.take({**message, "type": "pong", "there_ns": message["sent_ns"] + AHEAD_NS})

    def hello(self, **where: str) -> None:
        self.engine.take({"type": "hello", "pids": {"engine": 12, "locust": 11}, **where})

    def types(self) -> list[str]:
        return [message["type"] for message in self.told]


@pytest.fixture
def wire() -> Wire:
    return Wire()


async def test_what_is_told_before_it_stands_waits_for_it(wire: Wire) -> None:
    """In order; and a hello that is said twice is heard once."""
    for kind in ("start", "cut"):
        wire.engine.tell({"type": kind})
    assert wire.told == []
    wire.hello(**HERE)
    wire.hello(**HERE)
    assert wire.types() == ["start", "cut"]
    assert wire.engine.pids == {"engine 2": 12, "locust worker 2": 11}
    assert wire.engine.bound_ns == 0


@pytest.mark.parametrize("where", [{"host": "elsewhere"}, {"clock": "another boot"}])
async def test_on_another_host_its_clock_is_read_first(
    wire: Wire, where: dict[str, str], make_folder: Callable[..., RunFolder]
) -> None:
    """Then the folder is sent, and at_ns 0 is told in its own time. Its process ids mean nothing here."""
    folder = make_folder()
    wire.engine.tell({"type": "start", "folder": str(folder.path)})
    wire.engine.tell({"type": "go", "epoch_ns": 7})
    wire.hello(**{**HERE, **where})
    assert wire.types() == ["ping"] * PINGS + ["file", "file", "start", "go"]
    assert wire.told[-2]["folder"] is None
    assert abs(wire.told[-1]["epoch_ns"] - 7 - AHEAD_NS) <= wire.engine.bound_ns
    assert wire.engine.pids == {}
    assert [message.get("epoch_ns") for message in wire.overheard] == [None, 7]


async def test_the_first_reason_of_its_end_stands(wire: Wire) -> None:
    """What it said before is heard before, and its worker's death is only a consequence."""
    wire.engine.take({"type": "batch"})
    wire.engine.take({"type": "gone", "why": "died (exit code 1): MemoryError"})
    wire.engine.lose("the Locust worker died (exit code 0)")
    assert [await wire.engine.hear(), await wire.engine.hear()] == [{"type": "batch"}, None]
    assert await wire.engine.epitaph() == "engine 2 died (exit code 1): MemoryError"


async def test_an_engine_elsewhere_is_killed_there(wire: Wire, monkeypatch: pytest.MonkeyPatch) -> None:
    """A process id of another host is somebody else here."""
    killed: list[int] = []
    monkeypatch.setattr(os, "kill", lambda pid, _: killed.append(pid))
    wire.hello(host="elsewhere", clock="another boot")
    wire.engine.kill()
    assert (killed, wire.types()[-1]) == ([], "kill")
    near = Wire()
    near.hello(**HERE)
    near.engine.kill()
    assert killed == [12, 11]
