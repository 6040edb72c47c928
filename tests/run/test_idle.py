"""The idle engine."""

from __future__ import annotations

import asyncio

import pytest

from harness.clock import ManualClock
from harness.errors import EngineError
from harness.run.idle import Idler, worst_idle_ms
from harness.run.lateness import Lateness
from harness.run.wheel import Wheel

S = 1_000_000_000


async def test_it_idles_until_its_end_and_no_longer() -> None:
    """In virtual time no tick is late, and the wheel stands still after the second."""
    clock, lateness = ManualClock(), Lateness()
    wheel = Wheel(clock, lateness)
    wheel.add(Idler(wheel), S)
    turning = asyncio.create_task(wheel.turn())
    await clock.run_to_end(2 * S)
    await turning
    assert S <= clock.now_ns() < S + 20_000_000
    assert lateness.worst_us(0, clock.now_ns()) == 0


def test_it_is_measured_in_a_process_of_its_own() -> None:
    """A figure, whatever this machine is busy with."""
    assert 0 <= worst_idle_ms(0.05) < 60_000


def test_an_engine_that_cannot_run_is_the_harnesss_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    """Not the target's."""
    monkeypatch.setattr("sys.executable", "/nowhere/python")
    with pytest.raises(EngineError, match="an idle engine could not be run"):
        worst_idle_ms(0.05)
