"""A WebSocket target in this very loop, and a run against it."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from websockets.asyncio.server import ServerConnection, serve
from websockets.http11 import Request, Response

from harness.drivers.base import DriverSpec
from harness.model.run import Ending
from harness.run.conduct import conduct
from harness.run.progress import Progress
from harness.store.folder import RunFolder


class Target:
    """Answers every session with one final and keeps count of the audio."""

    def __init__(self) -> None:
        self.bytes = 0
        self.streaming = asyncio.Event()

    async def handle(self, socket: ServerConnection) -> None:
        await socket.send(json.dumps({"type": "connection", "connection_id": "c"}))
        with contextlib.suppress(Exception):
            async for message in socket:
                await self.answer(socket, message)

    async def answer(self, socket: ServerConnection, message: str | bytes) -> None:
        if isinstance(message, bytes):
            self.bytes += len(message)
        elif json.loads(message)["type"] == "start_transcription":
            if json.loads(message)["stream_id"] != "probe":
                self.streaming.set()
            await socket.send('{"type":"session_started"}')
        else:
            await socket.send('{"type":"transcription","segment_id":0,"text":"hello there"}')
            await socket.send('{"type":"session_stopped"}')


@asynccontextmanager
async def targeted(metrics: str = "") -> AsyncIterator[tuple[Target, DriverSpec]]:
    """With a page of metrics beside its sockets, as the gateway has."""
    target = Target()

    def page(connection: ServerConnection, request: Request) -> Response | None:
        return connection.respond(200, metrics) if request.path == "/metrics" else None

    async with serve(target.handle, "127.0.0.1", 0, process_request=page) as server:
        port = server.sockets[0].getsockname()[1]
        yield target, DriverSpec(driver="gateway", endpoint=f"ws://127.0.0.1:{port}")


class Run:
    """`conduct` with what it needs, and what it showed."""

    def __init__(self, folder: RunFolder, spec: DriverSpec) -> None:
        self.folder, self.spec = folder, spec
        self.stop = asyncio.Event()
        self.shown: list[Progress] = []
        self.opened = asyncio.Event()

    def show(self, progress: Progress) -> None:
        self.shown.append(progress)
        if progress.open:
            self.opened.set()

    async def play(self, **how: Any) -> Ending:
        async with asyncio.timeout(90):
            return await conduct(
                folder=self.folder,
                driver=self.spec,
                pids={"target": os.getpid()},
                on_progress=self.show,
                stop=self.stop,
                **how,
            )
