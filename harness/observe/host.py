"""What machine the harness ran on, as facts for the manifest."""

from __future__ import annotations

import os
import platform
from pathlib import Path


def describe_host() -> tuple[tuple[str, str], ...]:
    """Pairs of name and value; nothing that identifies a person or a network."""
    import psutil  # noqa: PLC0415  only a run needs it

    memory_gib = psutil.virtual_memory().total / 2**30
    return (
        ("python", platform.python_version()),
        ("system", f"{platform.system()} {platform.release()}"),
        ("machine", platform.machine()),
        ("cpu", _cpu_name()),
        ("cores", str(len(os.sched_getaffinity(0)))),
        ("memory_gib", f"{memory_gib:.0f}"),
    )


def _cpu_name() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="ascii", errors="replace").splitlines()
    except OSError:
        return platform.processor() or "unknown"
    return next((line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), "unknown")
