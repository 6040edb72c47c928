"""Real processes for the honest tests."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from support.processes import Harness


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., Harness]]:
    """Start `harness` with arguments; what still runs after the test is killed."""
    started: list[Harness] = []

    def run(*arguments: str) -> Harness:
        harness = Harness(tmp_path / f"reports-{len(started)}", *arguments)
        started.append(harness)
        return harness

    yield run
    for harness in started:
        if harness.process.poll() is None:
            harness.process.kill()
            harness.process.wait()
