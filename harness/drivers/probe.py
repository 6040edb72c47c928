"""A short session of silence that tells a working target from anything else."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from harness.drivers.base import Link, OnHeard
from harness.errors import TargetError
from harness.model.timeline import NO_FILES, NO_PORTS, Closed, Errored, Heard, Opened, Refused
from harness.pcm import BYTES_PER_SAMPLE

RATE_HZ = 16_000
STEP_S = 5.0

_REMEDIES = {
    "unavailable": "start the target or correct its address",
    "unauthorized": "check the target's token",
    "protocol": "check that the address and the driver belong together",
    "refused": "wait until the target has room",
    NO_FILES: "raise its limit of open files: ulimit -n 65536",
    NO_PORTS: "wait a minute, or widen net.ipv4.ip_local_port_range",
}


async def play_silence(where: str, open_link: Callable[[OnHeard], Link], pending: Callable[[], str]) -> None:
    """Open, send 200 ms of silence, end, and wait for the end. Raises TargetError naming what is wrong.

    `pending` says what the target has left undone when 5 s have passed without the next step.
    """
    heard: asyncio.Queue[Heard] = asyncio.Queue()
    link = open_link(heard.put_nowait)
    try:
        await _until(heard, Opened, where, pending)
        for _ in range(2):
            link.send(bytes(RATE_HZ // 10 * BYTES_PER_SAMPLE))
        link.end()
        await _until(heard, Closed, where, pending)
    finally:
        await link.close()


async def _until(heard: asyncio.Queue[Heard], wanted: type[Heard], where: str, pending: Callable[[], str]) -> None:
    try:
        async with asyncio.timeout(STEP_S):
            while True:
                what = await heard.get()
                if isinstance(what, Refused | Errored | Closed) and not (wanted is Closed and _is_good_end(what)):
                    raise _refusal(where, what)
                if isinstance(what, wanted):
                    return
    except TimeoutError:
        raise TargetError(where, pending(), "check the target's own logs") from None


def _is_good_end(what: Heard) -> bool:
    return isinstance(what, Closed) and what.code in ("1000", "OK")


def _refusal(where: str, what: Refused | Errored | Closed) -> TargetError:
    remedy = _REMEDIES.get(what.code, "check the target's model, language and logs")
    if what.code in _REMEDIES and what.detail:
        return TargetError(where, what.detail, remedy)
    said = f"{what.code}: {what.detail}" if what.detail else what.code
    verb = "closes the session" if isinstance(what, Closed) else "does not serve a session"
    return TargetError(where, f"it {verb} ({said})", remedy)
