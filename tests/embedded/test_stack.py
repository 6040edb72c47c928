from __future__ import annotations

from pathlib import Path

import psutil
import pytest

from harness.embedded import stack
from harness.errors import TargetError


def test_both_come_up_on_free_ports_and_go_down_together(tmp_path: Path) -> None:
    """Riva behind the gateway, each with a log; after stopping, twice, nothing is left."""
    with stack.start_stack(log_dir=tmp_path / "logs") as started:
        assert started.endpoints["gateway"].startswith("ws://127.0.0.1:")
        assert started.endpoints["riva"].startswith("127.0.0.1:")
        processes = [psutil.Process(pid) for pid in started.pids.values()]
        assert all(process.is_running() for process in processes)
        started.stop()
    assert not any(process.is_running() for process in processes)
    assert sorted(path.name for path in (tmp_path / "logs").iterdir()) == ["gateway.log", "riva.log"]


def test_a_child_that_does_not_start_is_named_with_the_end_of_its_log(tmp_path: Path) -> None:
    """The user reads why, not a traceback of ours."""
    with pytest.raises(TargetError, match=r"the embedded riva: it did not start \(.*invalid int value: 'many'\)"):
        stack.start_stack(log_dir=tmp_path, max_streams="many")  # type: ignore[arg-type]


def test_the_deployed_gateways_environment_does_not_reach_the_embedded_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """A shell set up for a real Riva must not turn the embedded stack's audio towards it."""
    monkeypatch.setenv("RIVA_HOST", "riva.example")
    monkeypatch.setenv("APP_PORT", "80")
    environment = stack._environment()
    assert not {"RIVA_HOST", "APP_PORT"} & set(environment)
    assert "PATH" in environment
