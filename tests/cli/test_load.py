"""`harness load` before anything runs."""

from __future__ import annotations

import socket
import sys
from pathlib import Path

import pytest

from harness.cli import load
from harness.cli.app import main
from harness.cli.load import place_of
from harness.errors import UsageError

ROOT = Path(__file__).resolve().parents[2]


def refused(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], *flags: str) -> str:
    """The sentence that such a command ends with, exit code 2."""
    monkeypatch.setattr(sys, "argv", ["harness", "load", str(ROOT / "scenarios" / "golden.yaml"), *flags])
    with pytest.raises(SystemExit) as exit_:
        main()
    assert exit_.value.code == 2
    return capsys.readouterr().err.strip().splitlines()[-1]


@pytest.mark.parametrize(
    ("flags", "says"),
    [
        (("--workers", "0"), "nobody is left to stream"),
        (("--elsewhere", "2"), "one says nothing without the other"),
        (("--bind", "10.0.0.5:5557"), "one says nothing without the other"),
        (("--elsewhere", "2", "--bind", "10.0.0.5"), "is not HOST:PORT"),
        (("--max-sessions", "3"), "raise --max-sessions 3"),
    ],
)
def test_what_cannot_be_is_refused(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], flags: tuple[str, ...], says: str
) -> None:
    """One sentence with the remedy, before anything is started or asked."""
    assert says in refused(monkeypatch, capsys, *flags)


def test_a_page_whose_port_is_taken_is_refused(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Locust would only find out in the middle of the start."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        assert "choose another port" in refused(monkeypatch, capsys, "--web", "--web-port", port)


def test_locust_is_an_extra(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """Where it is missing, the sentence says what to install."""
    monkeypatch.setattr(load, "find_spec", lambda _: None)
    assert "riva-slo-harness[load]" in refused(monkeypatch, capsys)


@pytest.mark.parametrize("text", ["host", ":5557", "host:", "host:http", "host:0", "host:65536"])
def test_a_place_is_host_and_port(text: str) -> None:
    """Nothing is guessed."""
    assert place_of("::1:5557", "MASTER") == ("::1", 5557)
    with pytest.raises(UsageError, match="HOST:PORT"):
        place_of(text, "MASTER")
