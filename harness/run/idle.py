"""How late an idle engine's ticks run on this machine: `python -m harness.run.idle SECONDS`.

It is a process as the engine is, and prints one line of JSON: `worst_late_us`. Ticks come every 10 ms.
"""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from typing import Final

from harness.clock import MonotonicClock
from harness.errors import EngineError
from harness.run.engine import own_the_process
from harness.run.fresh import surroundings
from harness.run.lateness import Lateness
from harness.run.wheel import Wheel

_PATIENCE_S: Final = 30.0


def worst_idle_ms(seconds: float) -> float:
    """The worst lateness of an idle engine over that long, in ms. Raises EngineError where it cannot run at all."""
    try:
        done = subprocess.run(  # noqa: S603  our own module
            [sys.executable, "-m", "harness.run.idle", str(seconds)],
            capture_output=True,
            check=True,
            env=surroundings(),
            timeout=seconds + _PATIENCE_S,
        )
        return float(json.loads(done.stdout)["worst_late_us"]) / 1000
    except (OSError, subprocess.SubprocessError, ValueError) as error:
        raise EngineError(f"an idle engine could not be run ({error})") from error


class Idler:
    """A rider that wants nothing but the end."""

    def __init__(self, wheel: Wheel) -> None:
        self._wheel = wheel

    def step(self) -> None:
        self._wheel.retire()


async def _idle(seconds: float) -> int:
    clock, lateness = MonotonicClock(), Lateness()
    wheel = Wheel(clock, lateness)
    wheel.add(Idler(wheel), round(seconds * 1e9))
    await wheel.turn()
    return lateness.worst_us(0, clock.now_ns())


if __name__ == "__main__":
    import uvloop

    own_the_process()
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        sys.stdout.write(json.dumps({"worst_late_us": runner.run(_idle(float(sys.argv[1])))}) + "\n")
