"""The command itself."""

from __future__ import annotations

import subprocess
import sys

import harness


def test_it_says_its_version() -> None:
    """The number that certificates and reports carry."""
    done = subprocess.run(
        [sys.executable, "-m", "harness", "--version"], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout.strip() == harness.__version__


def test_help_imports_nothing_heavy() -> None:
    """Start-up stays quick because numbers, plots, audio and gRPC are imported only when a command needs them."""
    code = "import sys; import harness.cli.app; print(sorted(m for m in sys.modules if m in HEAVY))"
    heavy = "{'numpy', 'scipy', 'pandas', 'pyarrow', 'grpc', 'picows', 'soundfile', 'jiwer', 'pydantic', 'jinja2'}"
    done = subprocess.run(
        [sys.executable, "-c", code.replace("HEAVY", heavy)], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout.strip() == "[]"
