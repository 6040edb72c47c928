"""The embedded Riva as a process of its own, with any flags."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

import pytest
from support.authority import Pair

NOTHING: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True)
class Riva:
    """Where it is, and what it logs."""

    port: int
    log: Path


@contextmanager
def riva_process(log: Path, *flags: str | Path, env: Mapping[str, str] = NOTHING) -> Iterator[Riva]:
    """Serve on a free port until the block is left."""
    pytest.importorskip("onnxruntime", reason="the optional extra `embedded` is not installed")
    command = [sys.executable, "-m", "harness", "serve", "riva", "--port", "0", *map(str, flags)]
    with (
        log.open("wb") as stderr,
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=stderr, env={**os.environ, **env}) as process,
    ):
        assert process.stdout is not None
        try:
            line = process.stdout.readline()
            assert line, log.read_text(encoding="utf-8")
            yield Riva(json.loads(line)["port"], log)
        finally:
            process.terminate()


def tls(pair: Pair, *more: str | Path) -> tuple[str | Path, ...]:
    """The flags that make it serve that certificate."""
    return ("--tls-cert", pair.cert, "--tls-key", pair.key, *more)
