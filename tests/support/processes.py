"""Real processes for the honest tests: the command itself, and the gateway double."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil

ROOT = Path(__file__).resolve().parents[2]
DOUBLE = ROOT / "tests" / "doubles" / "scripted_gateway.py"
Predicate = Callable[[], Any]


class Harness:
    """One `harness` process, and the folder it writes."""

    def __init__(self, out: Path, *arguments: str) -> None:
        self.out = out
        self.start([sys.executable, "-m", "harness", *arguments, "--out", str(out)], cwd=ROOT)

    def start(self, command: list[str], cwd: Path) -> None:
        heed_interrupts()
        self.process = subprocess.Popen(
            command,
            cwd=cwd,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env={**os.environ, "NO_COLOR": "1", "PYTHONPATH": str(ROOT)},
        )

    def wait_for(self, what: str, predicate: Predicate, timeout_s: float = 90) -> Any:
        """The predicate's first true value; fails when the process ends or time runs out before."""
        give_up = time.monotonic() + timeout_s
        while time.monotonic() < give_up:
            if found := predicate():
                return found
            assert self.process.poll() is None, f"ended before {what}: {self.process.communicate()[0]}"
            time.sleep(0.02)  # a poll of a condition, not a guess
        raise AssertionError(f"no {what} within {timeout_s} s")

    def child(self, module: str) -> psutil.Process:
        """The descendant that runs a module."""

        def find() -> psutil.Process | None:
            for process in psutil.Process(self.process.pid).children(recursive=True):
                try:
                    if module in process.cmdline():
                        return process
                except psutil.Error:
                    continue
            return None

        return self.wait_for(module, find)

    def sessions_stored(self, at_least: int) -> None:
        """Wait until that many sessions are on disk."""
        import pandas as pd

        def stored() -> bool:
            parts = list(self.out.glob("*/sessions/part-*.parquet"))  # not those still being written
            return bool(parts) and sum(len(pd.read_parquet(part)) for part in parts) >= at_least

        self.wait_for(f"{at_least} stored sessions", stored)

    def end(self, timeout_s: float = 200) -> tuple[int, str]:
        """Exit code and everything it printed."""
        output, _ = self.process.communicate(timeout=timeout_s)
        return self.process.returncode, output

    @property
    def folder(self) -> Path:
        (folder,) = [path for path in self.out.iterdir() if path.is_dir()]
        return folder

    def judgement(self) -> dict[str, Any]:
        return json.loads((self.folder / "verdicts.json").read_text(encoding="utf-8"))


def heed_interrupts() -> None:
    """Under nohup SIGINT is ignored, and a child would inherit that. Only the main thread can change it."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@contextmanager
def gateway_double(*flags: str) -> Iterator[str]:
    """The double's address while it runs."""
    with subprocess.Popen(
        [sys.executable, str(DOUBLE), str(ROOT), *flags], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        try:
            yield f"ws://127.0.0.1:{json.loads(process.stdout.readline())['port']}"
        finally:
            process.kill()


def write_target(path: Path, address: str) -> Path:
    """A target file for a gateway at an address."""
    path.write_text(f"name: double\nkind: real\nendpoints: {{gateway: '{address}'}}\n", encoding="utf-8")
    return path
