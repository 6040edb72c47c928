"""The sink as its own process, spoken to by the product's own driver."""

from __future__ import annotations

import asyncio

import psutil

from harness.cli.sink import TEXT, sink
from harness.drivers.base import DriverSpec
from harness.drivers.gateway import GatewayDriver
from harness.model.clip import Clip
from harness.model.plan import SessionPlan
from harness.model.timeline import Closed, Final, Heard, Opened, Partial

CLIP = Clip(
    clip_id="c",
    rate_hz=16_000,
    path="",
    sha256="",
    condition="silence",
    source="c",
    speaker="nobody",
    speech="none",
    duration_ns=10**9,
    reference="",
    words=(),
    segments=(),
)
SESSION = SessionPlan(
    session_id="s1",
    clip=CLIP,
    lane=0,
    repeat=0,
    open_ns=0,
    start_ns=0,
    frame_ns=10**8,
    end_ns=10**9,
    deadline_ns=10**10,
)


async def streamed(endpoint: str, frames: int) -> list[Heard]:
    heard: list[Heard] = []
    opened, over = asyncio.Event(), asyncio.Event()

    def hear(what: Heard) -> None:
        heard.append(what)
        if isinstance(what, Opened):
            opened.set()
        if isinstance(what, Closed):
            over.set()

    link = GatewayDriver(DriverSpec(driver="gateway", endpoint=endpoint)).open(SESSION, hear)
    await asyncio.wait_for(opened.wait(), 20)
    for _ in range(frames):
        link.send(bytes(3200))
    link.end()
    await asyncio.wait_for(over.wait(), 20)
    await link.close()
    return heard


async def test_the_sink_speaks_the_contracts_minimum() -> None:
    """Ready, a partial for every 200 ms of audio, a final, a good end; and it is gone with the block."""
    with sink() as (endpoint, pid):
        heard = await streamed(endpoint, 7)
        assert psutil.pid_exists(pid)
    assert heard == [
        Opened(),
        *[Partial(segment=0, text=TEXT)] * 3,
        Final(segment=0, text=TEXT),
        Closed(code="1000", detail="session_stopped"),
    ]
    assert not psutil.pid_exists(pid)
