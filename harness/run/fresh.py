"""What it takes to start one of our processes as a fresh interpreter."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import harness


def engine_command(fd: int) -> list[str]:
    """The engine, with its end of the pipe as that descriptor."""
    return [sys.executable, "-m", "harness.run.engine", str(fd)]


def surroundings() -> dict[str, str]:
    """Our environment, in which a child imports this very package, from wherever it is run."""
    home = str(Path(harness.__file__).parent.parent)
    path = os.pathsep.join(filter(None, (home, os.environ.get("PYTHONPATH"))))
    return os.environ | {"PYTHONPATH": path}
