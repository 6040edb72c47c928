"""`harness load` as a person runs it, and what it leaves behind. Run by `nox -s drills`."""

from __future__ import annotations

import json
import signal
import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.error import URLError
from urllib.request import Request, urlopen

import psutil
import pytest
from support.locusts import gone
from support.processes import Harness, gateway_double, write_target

pytestmark = pytest.mark.drill


@pytest.fixture
def load(start: Callable[..., Harness], tmp_path: Path) -> Iterator[Callable[..., Harness]]:
    """`harness load` with two workers against the gateway double."""
    with gateway_double("--final-delay-ms", "100") as address:
        target = write_target(tmp_path / "double.yaml", address)
        scenario = ("scenarios/golden.yaml", "--condition", "fast", "--repeat", "3", "--target", str(target), "--yes")
        yield lambda *flags: start("load", *scenario, "--workers", "2", *flags)


def family(harness: Harness) -> list[psutil.Process]:
    return psutil.Process(harness.process.pid).children(recursive=True)


def test_a_load_run_is_judged_like_any_other(load: Callable[..., Harness], tmp_path: Path) -> None:
    """Verdicts, report and Locust's own files; the manifest has the number of engines, the series all processes."""
    import pandas as pd

    harness = load("--locust-out", str(tmp_path / "locust"))
    code, output = harness.end()
    assert code in {1, 3}, output  # the double shows words slower than the scenario wants
    assert (harness.folder / "report.html").exists()
    environment = dict(json.loads((harness.folder / "manifest.json").read_text(encoding="utf-8"))["environment"])
    assert environment["engines"].startswith("2 behind Locust ")
    sources = set(pd.read_parquet(harness.folder / "series")["source"])
    assert sources == {"host", "harness", "locust", "locust worker 1", "locust worker 2", "engine 1", "engine 2"}
    assert set(pd.read_parquet(harness.folder / "sessions")["engine"]) == {"engine 1", "engine 2"}
    assert (tmp_path / "locust" / "locust_stats.csv").exists()


def test_ctrl_c_keeps_what_was_measured(load: Callable[..., Harness]) -> None:
    """A judged folder that claims no PASS, and no process."""
    harness = load()
    harness.sessions_stored(at_least=4)
    everyone = family(harness)
    harness.process.send_signal(signal.SIGINT)
    code, output = harness.end(timeout_s=60)
    assert code in {1, 3}, output
    assert harness.judgement()["outcome"] != "PASS"
    assert "harness judge" in output
    gone(everyone)


def test_a_killed_conductor_leaves_nobody(load: Callable[..., Harness]) -> None:
    """`kill -9` of the command: Locust, its workers and their engines see its lines close."""
    harness = load()
    harness.sessions_stored(at_least=2)
    everyone = family(harness)
    assert len(everyone) >= 5
    harness.process.kill()
    harness.end()
    gone(everyone, within_s=20)


def test_the_stop_button_makes_the_run_exploratory(load: Callable[..., Harness]) -> None:
    """Engines are cut and lose nothing, and the verdict is INVALID with the button as its reason."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    harness = load("--web", "--web-port", str(port))
    harness.sessions_stored(at_least=2)
    page = f"http://127.0.0.1:{port}"
    harness.wait_for("Locust's page", lambda: answers(page))
    urlopen(Request(f"{page}/stop", data=b"", method="POST"), timeout=60).read()  # noqa: S310  our own page
    code, output = harness.end(timeout_s=60)
    assert code == 4, output
    assert "stopped in Locust's page" in output
    ending = json.loads((harness.folder / "ending.json").read_text(encoding="utf-8"))
    assert ending["vitals"]["engines_lost"] == []


def answers(page: str) -> bool:
    try:
        return urlopen(f"{page}/stats/requests", timeout=10).status == 200  # noqa: S310  our own page
    except URLError:
        return False
