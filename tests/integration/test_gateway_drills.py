"""Riva is killed, stopped, restarted and given new certificates under twenty live sessions of the real gateway.

Each client must get its finals, or a structured error, within its deadline; new sessions must work within 5 s of the
recovery; and where resuming is on, no final may be lost or doubled. What was measured is printed (pytest -s).
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
import time
from array import array
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from support.authority import Authority, install
from support.processes import ROOT
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

pytestmark = pytest.mark.drill
DOUBLE = ROOT / "tests" / "doubles" / "numbered_riva.py"
SESSIONS, FRAMES, FRAME_S = 20, 60, 0.1
DEADLINE_S = 10.0  # after the end of the audio, as in a certification
RECOVERY_S = 5.0
RESUME = {"GATEWAY_RESUME": "true", "RIVA_MAX_RETRIES": "50"}


@dataclass
class Told:
    """What one client heard; times on the monotonic clock."""

    first: int
    frames: int
    began_s: float
    words: list[dict[str, Any]] = field(default_factory=list)
    segments: list[int] = field(default_factory=list)
    ends_s: list[float] = field(default_factory=list)
    error: dict[str, Any] | None = None
    ended_s: float | None = None
    stopped: bool = False

    @property
    def complete(self) -> bool:
        """Every frame once and in order, at its own time, in segments that count up."""
        numbers = [self.first + at for at in range(self.frames)]
        return (
            self.stopped
            and [int(word["word"]) for word in self.words] == numbers
            and [round(word["start"] / FRAME_S) for word in self.words] == list(range(self.frames))
            and self.segments == list(range(len(self.segments)))
            and self.ends_s == sorted(self.ends_s)
            and round(self.ends_s[-1] / FRAME_S) == self.frames
        )

    @property
    def in_time(self) -> bool:
        return self.ended_s is not None and self.ended_s - self.began_s <= self.frames * FRAME_S + DEADLINE_S


async def session(url: str, number: int, frames: int = FRAMES) -> Told:
    """Speak in real time and listen to the end, or 5 s beyond the deadline."""
    told = Told(first=number * 1000 + 1, frames=frames, began_s=time.monotonic())
    async with connect(url, compression=None) as socket:
        await socket.send(json.dumps({"type": "start_transcription", "stream_id": f"call-{number}"}))
        speaking = asyncio.create_task(speak(socket, told))
        try:
            async with asyncio.timeout(frames * FRAME_S + DEADLINE_S + 5):
                while not told.stopped:
                    hear(told, json.loads(await socket.recv()))
        except ConnectionClosed:
            pass
        except TimeoutError:
            return told
        finally:
            speaking.cancel()
            await asyncio.gather(speaking, return_exceptions=True)
    told.ended_s = told.ended_s or time.monotonic()
    return told


async def speak(socket: Any, told: Told) -> None:
    try:
        for at in range(told.frames):
            await asyncio.sleep(max(0.0, told.began_s + (at + 1) * FRAME_S - time.monotonic()))
            await socket.send(array("h", [told.first + at] * 1600).tobytes())
        await socket.send('{"type":"stop_transcription"}')
    except ConnectionClosed:
        pass


def hear(told: Told, message: dict[str, Any]) -> None:
    if message["type"] == "transcription":
        told.words += message["words"]
        told.segments.append(message["segment_id"])
        told.ends_s.append(message["audio_end"])
    elif message["type"] == "error":
        told.error, told.ended_s = message, time.monotonic()
    elif message["type"] == "session_stopped":
        told.stopped, told.ended_s = True, time.monotonic()


@dataclass
class Talks:
    """Twenty sessions under way; the fault comes now, after two finals and in the middle of a segment."""

    tasks: list[asyncio.Task[Told]]
    at_s: float

    async def told(self) -> list[Told]:
        return await asyncio.gather(*self.tasks)


class House:
    """Rivas and a gateway as processes."""

    def __init__(self, stack: AsyncExitStack) -> None:
        self._stack = stack
        self.url = ""

    async def start(self, *command: str, env: dict[str, str] | None = None) -> tuple[asyncio.subprocess.Process, int]:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            *command,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
            env={**os.environ, **(env or {})},
        )
        self._stack.push_async_callback(end, process)
        assert process.stdout is not None
        async with asyncio.timeout(30):
            return process, json.loads(await process.stdout.readline())["port"]

    async def riva(self, *flags: str) -> tuple[asyncio.subprocess.Process, int]:
        return await self.start(str(DOUBLE), *flags)

    async def gateway(self, *ports: int, **env: str) -> None:
        env["RIVA_ENDPOINTS"] = ",".join(f"127.0.0.1:{port}" for port in ports)
        _, port = await self.start("-m", "harness.gateway.server", "--port", "0", env=env)
        self.url = f"ws://127.0.0.1:{port}"

    async def talks(self, *ports: int, **env: str) -> Talks:
        """A gateway in front of those Rivas, and its sessions."""
        await self.gateway(*ports, **env)
        tasks = [asyncio.create_task(session(self.url, number)) for number in range(SESSIONS)]
        await asyncio.sleep(2.05)
        return Talks(tasks, time.monotonic())

    async def works_again_in(self) -> float:
        """Seconds until a new session has its final; half a second of them is its speech."""
        began_s = time.monotonic()
        async with asyncio.timeout(RECOVERY_S + 10):
            while not (await session(self.url, 0, frames=5)).complete:  # noqa: ASYNC110  it asks another process
                await asyncio.sleep(0.1)
        return time.monotonic() - began_s


async def end(process: asyncio.subprocess.Process) -> None:
    if process.returncode is None:
        process.kill()
        await process.wait()


@pytest.fixture
async def house() -> AsyncIterator[House]:
    async with AsyncExitStack() as stack:
        yield House(stack)


def report(name: str, told: list[Told], at_s: float, again_s: float | None = None) -> None:
    complete = sum(each.complete for each in told)
    codes = sorted({str(each.error["code"]) for each in told if each.error})
    errors = [each.ended_s - at_s for each in told if each.error and each.ended_s]
    longest = f", told after at most {max(errors):.2f} s" if errors else ""
    again = "" if again_s is None else f", a new session had its final {again_s:.2f} s after recovery"
    sys.stdout.write(f"\n{name}: {complete}/{len(told)} complete, errors {codes}{longest}{again}\n")


def all_told(told: list[Told]) -> bool:
    """Finals or a structured error, in time."""
    return all(
        each.in_time and (each.complete or (each.error is not None and each.error["retryable"] and each.error["code"]))
        for each in told
    )


async def restart(house: House, process: asyncio.subprocess.Process, port: int, *flags: str) -> None:
    await process.wait()
    await house.riva("--port", str(port), *flags)


async def test_kill_9_is_told_to_every_client(house: House) -> None:
    """Without resuming: a structured error at once, and new sessions as soon as Riva is back."""
    riva, port = await house.riva()
    talks = await house.talks(port)
    riva.kill()
    told = await talks.told()
    assert all_told(told)
    assert all(each.error and each.error["code"] == "unavailable" for each in told)
    await restart(house, riva, port)
    again_s = await house.works_again_in()
    report("kill -9", told, talks.at_s, again_s)
    assert again_s <= RECOVERY_S


@pytest.mark.parametrize("rivas", [1, 2])
async def test_kill_9_loses_nothing_where_resuming_is_on(house: House, rivas: int) -> None:
    """Restarted a second later, or with another Riva beside it: every final once, in the session's own time."""
    started = [await house.riva() for _ in range(rivas)]
    talks = await house.talks(*(port for _, port in started), **RESUME)
    riva, port = started[0]
    riva.kill()
    if rivas == 1:
        await asyncio.sleep(1)
        await restart(house, riva, port)
    told = await talks.told()
    report(f"kill -9, resuming, {rivas} Riva(s)", told, talks.at_s)
    assert [each.complete for each in told] == [True] * SESSIONS
    assert all_told(told)


async def test_a_hanging_riva_is_told_to_every_client(house: House) -> None:
    """SIGSTOP: nothing refuses and nothing breaks; the missing signs of life end the sessions. SIGCONT: all is well."""
    riva, port = await house.riva()
    talks = await house.talks(port)
    riva.send_signal(signal.SIGSTOP)
    told = await talks.told()
    assert all_told(told)
    assert all(each.error and each.error["code"] == "timeout" for each in told)
    riva.send_signal(signal.SIGCONT)
    again_s = await house.works_again_in()
    report("SIGSTOP, SIGCONT", told, talks.at_s, again_s)
    assert again_s <= RECOVERY_S


async def test_a_short_stop_harms_nobody(house: House) -> None:
    """A Riva that stands still for 1.5 s ends no session: everything comes, later."""
    riva, port = await house.riva()
    talks = await house.talks(port)
    riva.send_signal(signal.SIGSTOP)
    await asyncio.sleep(1.5)
    riva.send_signal(signal.SIGCONT)
    told = await talks.told()
    report("SIGSTOP for 1.5 s", told, talks.at_s)
    assert [each.complete for each in told] == [True] * SESSIONS


@pytest.mark.parametrize("rivas", [1, 2])
async def test_a_hanging_riva_loses_nothing_where_resuming_is_on(house: House, rivas: int) -> None:
    """Its sessions go on with the other one, or with the same one when it moves again."""
    started = [await house.riva() for _ in range(rivas)]
    talks = await house.talks(*(port for _, port in started), **RESUME)
    riva, _ = started[0]
    riva.send_signal(signal.SIGSTOP)
    if rivas == 1:
        await asyncio.sleep(5)
        riva.send_signal(signal.SIGCONT)
    told = await talks.told()
    riva.send_signal(signal.SIGCONT)
    report(f"SIGSTOP, resuming, {rivas} Riva(s)", told, talks.at_s)
    assert [each.complete for each in told] == [True] * SESSIONS
    assert all_told(told)


@pytest.mark.parametrize("env", [{}, RESUME], ids=["telling", "resuming"])
async def test_a_restart(house: House, env: dict[str, str]) -> None:
    """SIGTERM with half a second to drain: told or resumed, and new sessions are served soon after."""
    riva, port = await house.riva("--grace-s", "0.5")
    talks = await house.talks(port, **env)
    riva.terminate()
    await restart(house, riva, port)
    again_s = await house.works_again_in()
    told = await talks.told()
    report(f"restart, {'resuming' if env else 'telling'}", told, talks.at_s, again_s)
    assert all_told(told)
    assert again_s <= RECOVERY_S
    if env:
        assert [each.complete for each in told] == [True] * SESSIONS


async def test_a_drain_that_waits_for_its_streams_ends_all_of_them_well(house: House) -> None:
    """Refused probes eject a draining Riva; its sessions still get every final from it."""
    riva, port = await house.riva("--grace-s", "20")
    _, other = await house.riva()
    talks = await house.talks(port, other)
    riva.terminate()
    again_s = await house.works_again_in()
    told = await talks.told()
    report("drain", told, talks.at_s, again_s)
    assert [each.complete for each in told] == [True] * SESSIONS
    assert again_s <= RECOVERY_S


async def test_new_certificates(house: House, tmp_path: Path) -> None:
    """Both sides change to another authority, no restart: open sessions end well, new ones are served, old ones not."""
    authorities = [Authority(tmp_path / name, "ca") for name in ("old", "new")]
    sets = [(authority.cert, *authority.issue("leaf")) for authority in authorities]
    live = tmp_path / "live"
    live.mkdir()
    rotate(sets[0], live)
    _, port = await house.riva("--tls", str(live))
    files = {"RIVA_SSL_CERT": "ca", "RIVA_SSL_CLIENT_CERT": "cert", "RIVA_SSL_CLIENT_KEY": "key"}
    talks = await house.talks(port, **{name: str(live / file) for name, file in files.items()})
    rotate(sets[1], live)
    again_s = await house.works_again_in()
    told = await talks.told()
    report("certificate rotation", told, talks.at_s, again_s)
    assert [each.complete for each in told] == [True] * SESSIONS
    assert again_s <= RECOVERY_S
    await check_refused(house, port, live, sets[0])


def rotate(pems: tuple[Path, Path, Path], live: Path) -> None:
    for source, name in zip(pems, ("ca", "cert", "key"), strict=True):
        install(source, live / name)


async def check_refused(house: House, port: int, live: Path, old: tuple[Path, Path, Path]) -> None:
    """A gateway that still has the old client certificate gets no session."""
    _, cert, key = old
    env = {"RIVA_SSL_CERT": live / "ca", "RIVA_SSL_CLIENT_CERT": cert, "RIVA_SSL_CLIENT_KEY": key}
    await house.gateway(port, **{name: str(path) for name, path in env.items()})
    told = await session(house.url, 0, frames=3)
    assert told.error is not None
    assert not told.complete
