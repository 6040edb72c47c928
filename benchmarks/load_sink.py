"""The sink of benchmarks/load_engine.py: the one of `harness doctor --load`, which notes when every frame came.

It prints one line of JSON with its port. For each line on its standard input, the name of a file, it writes there when
the frames came since the line before (CLOCK_MONOTONIC, ns) and answers with a line: how late its own loop ran, in ms.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from array import array

import numpy as np
import picows
import uvloop

from harness.cli.sink import BACKLOG, Sink
from harness.gateway.parent import exit_with_parent
from harness.run.engine import own_the_process

TICK_NS = 5_000_000


class Notebook:
    """Every frame's arrival by session, and the loop's own lateness."""

    def __init__(self) -> None:
        self.came_ns: dict[str, array[int]] = {}
        self.late_ns: list[int] = []

    async def watch(self) -> None:
        while True:
            due_ns = time.monotonic_ns() + TICK_NS
            await asyncio.sleep(TICK_NS / 1e9)
            self.late_ns.append(time.monotonic_ns() - due_ns)

    def save(self, path: str) -> dict[str, list[float]]:
        came, late = self.came_ns, self.late_ns
        self.came_ns, self.late_ns = {}, []
        names, counts = list(came), [len(one) for one in came.values()]
        stamps = np.concatenate([np.asarray(one) for one in came.values()] or [np.zeros(0, dtype=np.int64)])
        np.savez(path, names=np.array(names), counts=np.array(counts, dtype=np.int64), stamps=stamps)
        return {"late_ms": [round(float(value) / 1e6, 3) for value in np.percentile(late or [0], (50, 99, 100))]}


class NotingSink(Sink):
    """The frames of a session are noted under the name it gave itself."""

    def __init__(self, notebook: Notebook) -> None:
        super().__init__()
        self._notebook = notebook
        self._came_ns: array[int] = array("q")

    def on_ws_frame(self, transport: picows.WSTransport, frame: picows.WSFrame) -> None:
        if frame.msg_type is picows.WSMsgType.BINARY:
            self._came_ns.append(time.monotonic_ns())
        elif frame.msg_type is picows.WSMsgType.TEXT:
            said = json.loads(frame.get_payload_as_bytes())
            if name := said.get("stream_id"):
                self._notebook.came_ns[name] = self._came_ns
        super().on_ws_frame(transport, frame)


async def main() -> None:
    notebook, over = Notebook(), asyncio.Event()
    server = await picows.ws_create_server(lambda _: NotingSink(notebook), "127.0.0.1", 0, backlog=BACKLOG)

    def obey() -> None:
        if line := sys.stdin.readline():
            print(json.dumps(notebook.save(line.strip())), flush=True)
        else:
            over.set()

    asyncio.get_running_loop().add_reader(sys.stdin.fileno(), obey)
    watching = asyncio.create_task(notebook.watch())
    print(json.dumps({"port": server.sockets[0].getsockname()[1]}), flush=True)
    await over.wait()
    watching.cancel()
    server.close()


if __name__ == "__main__":
    exit_with_parent()
    own_the_process()
    uvloop.run(main())
