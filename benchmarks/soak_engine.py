"""The engine, and beside it a task that notes every second how many tasks there are: what benchmarks/soak.py starts.

`python soak_engine.py FILE FD`: a number is added to FILE, one a line, its own task not counted.
"""

from __future__ import annotations

import asyncio
import signal
import sys
from pathlib import Path

import uvloop

from harness.run.engine import _main


async def _count(file: Path) -> None:
    with file.open("a", encoding="ascii") as log:
        while True:
            print(len(asyncio.all_tasks()) - 1, file=log, flush=True)
            await asyncio.sleep(1)


async def _both(file: Path, fd: int) -> None:
    counting = asyncio.create_task(_count(file))
    await _main(fd)
    counting.cancel()


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    uvloop.run(_both(Path(sys.argv[1]), int(sys.argv[2])))
