"""A headless Chromium over its DevTools protocol, with a file as its microphone; needs nothing but websockets."""

from __future__ import annotations

import asyncio
import json
import re
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection, connect

NAMES = ("chromium", "chromium-browser", "google-chrome")
FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--mute-audio",
    "--remote-debugging-port=0",
    "--use-fake-ui-for-media-stream",
    "--use-fake-device-for-media-stream",
)
STARTS_WITHIN_S = 60


class Tab:
    """One page. Commands go out one after another, and what else the browser says is kept in `said`."""

    def __init__(self, socket: ClientConnection) -> None:
        self._socket = socket
        self._session: str | None = None
        self._number = 0
        self.said: list[dict[str, Any]] = []

    async def command(self, method: str, **params: Any) -> dict[str, Any]:
        self._number += 1
        message = {"id": self._number, "method": method, "params": params}
        if self._session is not None:
            message["sessionId"] = self._session
        await self._socket.send(json.dumps(message))
        while (answer := json.loads(await self._socket.recv())).get("id") != self._number:
            self.said.append(answer)
        assert "error" not in answer, answer
        return answer["result"]

    async def go(self, address: str) -> None:
        """Open the address and wait until its script has run."""
        target = await self.command("Target.createTarget", url="about:blank")
        attached = await self.command("Target.attachToTarget", targetId=target["targetId"], flatten=True)
        self._session = attached["sessionId"]
        for domain in ("Page", "Runtime", "Log"):
            await self.command(f"{domain}.enable")
        await self.command("Page.navigate", url=address)
        await self.until("document.readyState === 'complete' && location.protocol === 'http:'")

    async def value(self, expression: str) -> Any:
        """Of an expression of JavaScript."""
        answer = await self.command("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in answer, answer["exceptionDetails"]
        return answer["result"].get("value")

    async def until(self, expression: str, within_s: float = 60) -> Any:
        """The expression's value, as soon as it is true."""
        async with asyncio.timeout(within_s):
            while not (value := await self.value(expression)):  # noqa: ASYNC110  it is asked over the socket
                await asyncio.sleep(0.05)
        return value

    @property
    def complaints(self) -> list[str]:
        """What the browser's console would show in red: refused by the policy, thrown and not caught."""
        logged = [said["params"]["entry"] for said in self.said if said.get("method") == "Log.entryAdded"]
        thrown = [str(said["params"]) for said in self.said if said.get("method") == "Runtime.exceptionThrown"]
        return thrown + [entry["text"] for entry in logged if entry["level"] == "error"]


@asynccontextmanager
async def browser(profile: Path, *flags: str) -> AsyncIterator[Tab]:
    """Skips where there is no Chromium."""
    program = next(filter(None, map(shutil.which, NAMES)), None)
    if program is None:
        pytest.skip(f"none of {', '.join(NAMES)} is on PATH")
    child = await asyncio.create_subprocess_exec(
        program,
        *FLAGS,
        f"--user-data-dir={profile}",
        *flags,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
    )
    drain = None
    try:
        async with asyncio.timeout(STARTS_WITHIN_S):
            address = await _address(child)
        drain = asyncio.create_task(child.stderr.read())  # a full pipe would stop it
        async with connect(address, max_size=None, compression=None, ping_interval=None) as socket:
            yield Tab(socket)
    finally:
        if child.returncode is None:
            child.terminate()
            await child.wait()
        if drain is not None:
            await drain


async def _address(child: asyncio.subprocess.Process) -> str:
    heard = b""
    while line := await child.stderr.readline():
        heard += line
        if found := re.search(rb"DevTools listening on (ws://\S+)", line):
            return found[1].decode()
    raise AssertionError(f"the browser ended:\n{heard.decode(errors='replace')}")
