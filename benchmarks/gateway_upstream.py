"""A Riva that recognises nothing and answers on time, as a process: what benchmarks/gateway.py measures against.

Each sample of the client's audio holds the number of its piece. Whenever 200 ms more of audio are here, a partial names
the piece that completed them and when it came (CLOCK_MONOTONIC, ns), so a gateway that holds audio back is seen to; the
half-close is answered by a final that tells the bytes received. Each line on stdin is answered by one of JSON: how late
this process has been since the line before.
"""

from __future__ import annotations

import asyncio
import json
import signal
import sys
import time
from collections.abc import AsyncIterator
from typing import Any

import grpc
import numpy as np
import uvloop
from riva.client.proto import riva_asr_pb2 as pb
from riva.client.proto import riva_asr_pb2_grpc

from harness.gateway.parent import exit_with_parent
from harness.pcm import BYTES_PER_SAMPLE

CADENCE_S = 0.2
TICK_NS = 5_000_000
WORDS = ("the", "old", "house", "by", "a", "river", "stood", "empty", "since", "winter", "when", "they", "came", "back")


def answer(number: int, *, words: tuple[str, ...] = ()) -> pb.StreamingRecognizeResponse:
    """`number` and the time now, then a sentence of ordinary length; a final has words."""
    made = pb.StreamingRecognizeResponse()
    result = made.results.add(is_final=bool(words), stability=0.5, audio_processed=1.0)
    best = result.alternatives.add(transcript=f"{number} {time.monotonic_ns()} {' '.join(WORDS)} ", confidence=0.5)
    for at, word in enumerate(words):
        best.words.add(word=word, start_time=300 * at, end_time=300 * at + 250, confidence=0.5)
    return made


class Upstream(riva_asr_pb2_grpc.RivaSpeechRecognitionServicer):
    """Counts bytes, not messages: a gateway may join or split the pieces on their way."""

    async def StreamingRecognize(  # noqa: N802  gRPC names it
        self, requests: AsyncIterator[Any], _: Any
    ) -> AsyncIterator[pb.StreamingRecognizeResponse]:
        received = step = due = 0
        async for request in requests:
            if request.HasField("streaming_config"):
                rate_hz = request.streaming_config.config.sample_rate_hertz
                step = due = int(rate_hz * CADENCE_S) * BYTES_PER_SAMPLE
                continue
            audio = request.audio_content
            received += len(audio)
            while received >= due:
                end = len(audio) - (received - due)
                yield answer(int.from_bytes(audio[end - BYTES_PER_SAMPLE : end], "little"))
                due += step
        yield answer(received, words=WORDS)

    async def GetRivaSpeechRecognitionConfig(  # noqa: N802  gRPC names it
        self, _: Any, __: Any
    ) -> pb.RivaSpeechRecognitionConfigResponse:
        response = pb.RivaSpeechRecognitionConfigResponse()
        response.model_config.add(model_name="scripted", parameters={"type": "online", "language_code": "en-US"})
        return response


async def watch(late_ns: list[int]) -> None:
    """For ever: how late the loop wakes, which is how late an answer would be for want of CPU."""
    while True:
        due_ns = time.monotonic_ns() + TICK_NS
        await asyncio.sleep(TICK_NS / 1e9)
        late_ns.append(time.monotonic_ns() - due_ns)


def tell(late_ns: list[int]) -> None:
    if not sys.stdin.readline():  # who asked is gone
        asyncio.get_running_loop().remove_reader(sys.stdin)
        return
    late = [round(float(value) / 1e6, 3) for value in np.percentile(late_ns or [0], (50, 99, 100))]
    late_ns.clear()
    print(json.dumps({"late_ms": late}), flush=True)


async def main() -> None:
    server, stop, late_ns = grpc.aio.server(), asyncio.Event(), list[int]()
    loop = asyncio.get_running_loop()
    riva_asr_pb2_grpc.add_RivaSpeechRecognitionServicer_to_server(Upstream(), server)
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    loop.add_signal_handler(signal.SIGTERM, stop.set)
    loop.add_reader(sys.stdin, tell, late_ns)
    watching = asyncio.create_task(watch(late_ns))
    print(json.dumps({"port": port}), flush=True)
    await stop.wait()
    watching.cancel()
    await server.stop(None)


if __name__ == "__main__":
    exit_with_parent()
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(main())
