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

import numpy as np
import uvloop
from gateway_http2 import Connection
from riva.client.proto import riva_asr_pb2 as pb

from harness.gateway.parent import exit_with_parent
from harness.pcm import BYTES_PER_SAMPLE

CADENCE_S = 0.2
TICK_NS = 5_000_000
WORDS = ("the", "old", "house", "by", "a", "river", "stood", "empty", "since", "winter", "when", "they", "came", "back")


def answer(number: int, *, words: tuple[str, ...] = ()) -> bytes:
    """`number` and the time now, then a sentence of ordinary length; a final has words."""
    made = pb.StreamingRecognizeResponse()
    result = made.results.add(is_final=bool(words), stability=0.5, audio_processed=1.0)
    best = result.alternatives.add(transcript=f"{number} {time.monotonic_ns()} {' '.join(WORDS)} ", confidence=0.5)
    for at, word in enumerate(words):
        best.words.add(word=word, start_time=300 * at, end_time=300 * at + 250, confidence=0.5)
    return bytes(made.SerializeToString())


class Answers:
    """One call. It counts bytes, not messages: a gateway may join or split the pieces on their way."""

    def __init__(self) -> None:
        self._received = self._step = self._due = 0

    def message(self, data: bytes) -> list[bytes]:
        request = pb.StreamingRecognizeRequest.FromString(data)
        audio, said = request.audio_content, list[bytes]()
        if not audio:
            rate_hz = request.streaming_config.config.sample_rate_hertz
            self._step = self._due = int(rate_hz * CADENCE_S) * BYTES_PER_SAMPLE
            return said
        self._received += len(audio)
        while self._received >= self._due:
            end = len(audio) - (self._received - self._due)
            said.append(answer(int.from_bytes(audio[end - BYTES_PER_SAMPLE : end], "little")))
            self._due += self._step
        return said

    def half_closed(self) -> list[bytes]:
        if self._step:
            return [answer(self._received, words=WORDS)]
        models = pb.RivaSpeechRecognitionConfigResponse()  # no stream then, but the question for models
        models.model_config.add(model_name="scripted", parameters={"type": "online", "language_code": "en-US"})
        return [models.SerializeToString()]


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
    loop, stop, late_ns = asyncio.get_running_loop(), asyncio.Event(), list[int]()
    server = await loop.create_server(lambda: Connection(Answers), "127.0.0.1", 0)
    loop.add_signal_handler(signal.SIGTERM, stop.set)
    loop.add_reader(sys.stdin, tell, late_ns)
    watching = asyncio.create_task(watch(late_ns))
    print(json.dumps({"port": server.sockets[0].getsockname()[1]}), flush=True)
    await stop.wait()
    watching.cancel()
    server.close()


if __name__ == "__main__":
    exit_with_parent()
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(main())
