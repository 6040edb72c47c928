"""A gateway that recognises nothing: `python -m harness.cli.sink`, to see how fast this machine can send.

It speaks the contract's minimum, answers a partial for every 200 ms of audio, as a recogniser would, and a final at the
end. It listens on a free port of the loopback, prints one line of JSON with it, and ends with its standard input.
"""

from __future__ import annotations

import asyncio
import json
import resource
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Final

import picows

from harness.errors import EngineError
from harness.run.fresh import surroundings
from harness.wire import codec, messages

PARTIAL_EVERY: Final = 6_400  # bytes: 200 ms at 16 kHz
BACKLOG: Final = 4_096
TEXT: Final = "nobody listens here but every word would be as long as this one"

_HELLO: Final = codec.encode(messages.Connection(connection_id="sink")).encode()
_STARTED: Final = codec.encode(messages.SessionStarted()).encode()
_PARTIAL: Final = codec.encode(messages.Partial(segment_id=0, text=TEXT)).encode()
_FINAL: Final = codec.encode(messages.Transcription(segment_id=0, text=TEXT)).encode()
_STOPPED: Final = codec.encode(messages.SessionStopped()).encode()


class Sink(picows.WSListener):
    """One connection."""

    def __init__(self) -> None:
        self._heard = 0

    def on_ws_connected(self, transport: picows.WSTransport) -> None:
        transport.send(picows.WSMsgType.TEXT, _HELLO)

    def on_ws_frame(self, transport: picows.WSTransport, frame: picows.WSFrame) -> None:
        if frame.msg_type is picows.WSMsgType.BINARY:
            before, self._heard = self._heard, self._heard + frame.payload_size
            if before // PARTIAL_EVERY != self._heard // PARTIAL_EVERY:
                transport.send(picows.WSMsgType.TEXT, _PARTIAL)
        elif frame.msg_type is picows.WSMsgType.TEXT:
            self._obey(transport, json.loads(frame.get_payload_as_bytes()).get("type"))
        elif frame.msg_type is picows.WSMsgType.CLOSE:
            transport.send_close(frame.get_close_code())
            transport.disconnect()

    def _obey(self, transport: picows.WSTransport, kind: object) -> None:
        if kind == "start_transcription":
            transport.send(picows.WSMsgType.TEXT, _STARTED)
        elif kind == "stop_transcription":
            transport.send(picows.WSMsgType.TEXT, _FINAL)
            transport.send(picows.WSMsgType.TEXT, _STOPPED)


async def _serve() -> None:
    server = await picows.ws_create_server(lambda _: Sink(), "127.0.0.1", 0, backlog=BACKLOG)
    sys.stdout.write(json.dumps({"port": server.sockets[0].getsockname()[1]}) + "\n")
    sys.stdout.flush()
    over = asyncio.Event()
    asyncio.get_running_loop().add_reader(sys.stdin.fileno(), over.set)  # nothing is ever written there
    await over.wait()
    server.close()


@contextmanager
def sink() -> Iterator[tuple[str, int]]:
    """A sink in a process of its own: its address and its pid. Raises EngineError where it does not come up."""
    process = subprocess.Popen(
        [sys.executable, "-m", "harness.cli.sink"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=surroundings(),
        process_group=0,  # Ctrl-C is for us
    )
    try:
        yield f"ws://127.0.0.1:{_port(process)}", process.pid
    finally:
        process.kill()
        process.communicate()


def _port(process: subprocess.Popen[bytes]) -> int:
    line = process.stdout.readline() if process.stdout else b""  # it says so, or it dies and the pipe ends
    try:
        return int(json.loads(line)["port"])
    except (ValueError, KeyError) as error:
        raise EngineError("the sink that was to take the load did not start") from error


if __name__ == "__main__":
    import uvloop

    files = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    with suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (files, files))
    uvloop.run(_serve())
