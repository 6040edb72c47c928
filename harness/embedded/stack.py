"""The whole system under test on one machine: the embedded Riva and the gateway, as child processes on free ports."""

from __future__ import annotations

import json
import os
import select
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType, TracebackType
from typing import Any, Final, Self

from harness.embedded.server import MAX_STREAMS
from harness.errors import TargetError

READY_WITHIN_S: Final = 60.0
_STOP_WITHIN_S: Final = 3.0
_TAIL_LINES: Final = 5
_FOREIGN: Final = ("RIVA_", "APP_", "WS_", "GATEWAY_")


@dataclass(frozen=True, slots=True, kw_only=True)
class Child:
    """One started process and the port it serves."""

    name: str
    process: subprocess.Popen[bytes]
    port: int
    model: str = ""  # what it says it serves; a gateway says nothing


class Stack:
    """What runs; stop it once or more often, or use it as a context."""

    def __init__(self, children: tuple[Child, ...]) -> None:
        self._children = children

    @property
    def endpoints(self) -> Mapping[str, str]:
        """Where to reach each: `riva` as host:port, `gateway` as a WebSocket URL."""
        scheme = {"gateway": "ws://"}
        found = {child.name: f"{scheme.get(child.name, '')}127.0.0.1:{child.port}" for child in self._children}
        return MappingProxyType(found)

    @property
    def pids(self) -> Mapping[str, int]:
        return MappingProxyType({child.name: child.process.pid for child in self._children})

    def stop(self) -> None:
        """TERM to all, the gateway first; KILL to what is still there 3 s later."""
        _stop([child.process for child in reversed(self._children)])

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


def start_stack(
    *,
    log_dir: Path,
    model: str | None = None,
    max_streams: int = MAX_STREAMS,
    gateway: bool = True,
    admit: int | None = None,
) -> Stack:
    """Start both (or Riva alone), each with its own log in `log_dir`, and return when both say they are ready.

    The gateway admits `admit` streams (None: as many as it does by itself), and asks for `model`, or for what Riva
    serves, so that it can say what is under test. Start it from a thread that lasts: on Linux the gateway ends with the
    thread that started it. TargetError, with the end of the log, where one does not come up.
    """
    log_dir.mkdir(parents=True, exist_ok=True)
    riva = _start("riva", ["harness.embedded.server", "--max-streams", str(max_streams)], log_dir)
    if not gateway:
        return Stack((riva,))
    try:
        upstream = ["--riva", f"127.0.0.1:{riva.port}", "--model", model or riva.model, "--drain-s", "0"]
        told = {} if admit is None else {"GATEWAY_MAX_STREAMS": str(admit)}
        return Stack((riva, _start("gateway", ["harness.gateway.server", *upstream], log_dir, told)))
    except BaseException:
        _stop([riva.process])
        raise


def _start(name: str, module: list[str], log_dir: Path, told: Mapping[str, str] = MappingProxyType({})) -> Child:
    log = log_dir / f"{name}.log"
    command = [sys.executable, "-m", *module, "--host", "127.0.0.1", "--port", "0", "--exit-with-parent"]
    with log.open("wb") as stderr:
        # The pipe to its standard input is how it learns of our death: nothing is ever written to it.
        # A process group of its own, so that Ctrl-C at the terminal cuts the run before it takes the target away.
        process = subprocess.Popen(  # noqa: S603  our own modules
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=stderr,
            env={**_environment(), **told},
            process_group=0,
        )
    try:
        ready = _ready_line(process)
        return Child(name=name, process=process, port=int(ready["port"]), model=str(ready.get("model", "")))
    except (ValueError, KeyError, TypeError) as error:
        _stop([process])
        problem = f"it did not start ({_tail(log)})"
        raise TargetError(f"the embedded {name}", problem, "mend that and run again") from error
    except BaseException:
        _stop([process])
        raise


def _environment() -> dict[str, str]:
    """Ours without what configures a deployed gateway: the embedded one must not send its audio to another Riva."""
    return {name: value for name, value in os.environ.items() if not name.startswith(_FOREIGN)}


def _ready_line(process: subprocess.Popen[bytes]) -> Any:
    """The one line of JSON; ValueError where the child ends or says nothing in time."""
    out = process.stdout
    if out is None:
        raise ValueError("no pipe")
    until, line = time.monotonic() + READY_WITHIN_S, b""
    while not line.endswith(b"\n"):
        readable, _, _ = select.select([out], [], [], max(0.0, until - time.monotonic()))
        piece = os.read(out.fileno(), 4096) if readable else b""
        if not piece:
            raise ValueError("it ended or kept silent")
        line += piece
    return json.loads(line)


def _stop(processes: list[subprocess.Popen[bytes]]) -> None:
    for process in processes:
        if process.poll() is None:
            process.terminate()
    until = time.monotonic() + _STOP_WITHIN_S
    for process in processes:
        try:
            process.wait(max(0.0, until - time.monotonic()))
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                pipe.close()


def _tail(log: Path) -> str:
    lines = log.read_text(encoding="utf-8", errors="replace").split("\n")
    return " / ".join([line.strip() for line in lines if line.strip()][-_TAIL_LINES:]) or "its log is empty"
