"""A gateway double for tests: it speaks contract 1, knows the golden clips by their first samples, and errs on demand.

    python scripted_gateway.py ROOT [--final-delay-ms 250] [--lose-last-final]

It shows each reference word as a partial once the word's audio has arrived, and answers `stop_transcription` with one
final after the asked delay. It prints one JSON line with its port when it listens. It never stands in a result: only
the drills of this project run against it, to see whether the harness reports what was planted.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

import soundfile
import websockets

FINGERPRINT_BYTES = 1600


def fingerprints(root: Path) -> dict[bytes, dict[str, Any]]:
    known = {}
    for file in sorted((root / "golden").glob("*.json")):
        golden = json.loads(file.read_text(encoding="utf-8"))
        for audio in golden["audio"].values():
            samples, _ = soundfile.read(root / audio["path"], dtype="int16", frames=FINGERPRINT_BYTES // 2)
            known[samples.tobytes()] = golden
    return known


class Session:
    """One connection: what it has received, and what it has shown."""

    def __init__(self, known: dict[bytes, dict[str, Any]], flags: argparse.Namespace) -> None:
        self.known = known
        self.flags = flags
        self.rate_hz = 16_000
        self.received = bytearray()
        self.shown = 0

    def words(self) -> list[dict[str, Any]]:
        golden = self.known.get(bytes(self.received[:FINGERPRINT_BYTES]))
        return [] if golden is None else golden["words"]

    async def serve(self, socket: websockets.ServerConnection) -> None:
        await say(socket, type="connection", connection_id="double", server_config={"gateway": "scripted double"})
        async for message in socket:
            if isinstance(message, bytes):
                self.received += message
                await self.show(socket)
            else:
                await self.obey(socket, json.loads(message))

    async def show(self, socket: websockets.ServerConnection) -> None:
        heard_ms = len(self.received) / 2 / self.rate_hz * 1000
        words = [word["word"] for word in self.words() if word["end_ms"] <= heard_ms]
        if len(words) > self.shown:
            self.shown = len(words)
            await say(socket, type="partial", segment_id=0, text=" ".join(words), is_final=False)

    async def obey(self, socket: websockets.ServerConnection, message: dict[str, Any]) -> None:
        if message["type"] == "start_transcription":
            self.rate_hz = message.get("sample_rate", 16_000)
            await say(socket, type="session_started", connection_id="double", enable_partials=True)
        elif message["type"] == "stop_transcription":
            await asyncio.sleep(self.flags.final_delay_ms / 1000)
            if self.words() and not self.flags.lose_last_final:
                await say(socket, type="transcription", segment_id=0, is_final=True, **self.final())
            await say(socket, type="session_stopped", connection_id="double")

    def final(self) -> dict[str, Any]:
        words = [
            {"word": word["word"], "start": word["start_ms"] / 1000, "end": word["end_ms"] / 1000}
            for word in self.words()
        ]
        return {"text": " ".join(word["word"] for word in words), "words": words}


async def say(socket: websockets.ServerConnection, **message: Any) -> None:
    await socket.send(json.dumps(message))


async def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("root", type=Path)
    parser.add_argument("--final-delay-ms", type=float, default=0)
    parser.add_argument("--lose-last-final", action="store_true")
    flags = parser.parse_args()
    known = fingerprints(flags.root)

    async def serve(socket: websockets.ServerConnection) -> None:
        with suppress(websockets.ConnectionClosed):
            await Session(known, flags).serve(socket)

    async with websockets.serve(serve, "127.0.0.1", 0, compression=None) as server:
        print(json.dumps({"port": server.sockets[0].getsockname()[1]}), flush=True)
        await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)  # until the test closes our input


asyncio.run(main())
