"""A Riva double that knows the golden clips by ear: a real gRPC server that answers as `recogniser` says, in real time.

    python -m doubles.defective_riva ROOT DEFECT

It tells the clip by the first samples it receives, and prints one JSON line with its port when it listens. It never
stands in a result: only the drills of this project run against it, to see whether the harness names what was planted.
"""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import soundfile
from doubles.recogniser import MS, Cues, Defect, recognise
from doubles.scripted_riva import Requests, ScriptedRiva, final, interim
from riva.client.proto import riva_asr_pb2 as pb

from harness.corpus.load import load_corpus
from harness.model.clip import Clip
from harness.model.plan import SessionPlan
from harness.model.timeline import Final, Heard

HEARD_S = 1  # of audio by which a clip is known; no clip's first word is over before most of it has come
AFTER_NS = 2_000 * MS  # what it would say later than that after the audio was not spoken to it

Library = dict[int, list[tuple[bytes, Clip]]]


def library(root: Path) -> Library:
    """By rate: the first samples of every clip."""
    known: Library = {8000: [], 16000: []}
    for clip in load_corpus(root):
        samples, _ = soundfile.read(root / clip.path, dtype="int16", frames=clip.rate_hz * HEARD_S)
        known[clip.rate_hz].append((samples.tobytes(), clip))
    return known


def cues_of(clip: Clip, defect: Defect) -> Cues:
    """As for a session whose first sample is spoken at 0."""
    times = {"open_ns": 0, "start_ns": 0, "frame_ns": 100 * MS, "end_ns": clip.duration_ns, "deadline_ns": 0}
    return recognise(SessionPlan(session_id="s", clip=clip, lane=0, repeat=0, **times), defect)


class Stream:
    """One stream's ears; `cues` stands once the clip is known."""

    def __init__(self, known: Library, defect: Defect) -> None:
        self.known = known
        self.defect = defect
        self.rate_hz = 0
        self.received = bytearray()
        self.began_s = 0.0
        self.cues: asyncio.Future[Cues] = asyncio.get_running_loop().create_future()

    async def listen(self, requests: Requests) -> None:
        async for request in requests:
            if request.HasField("streaming_config"):
                self.rate_hz = request.streaming_config.config.sample_rate_hertz
            else:
                self._hear(request.audio_content)
        if not self.cues.done():
            self.cues.set_result([])

    def _hear(self, audio: bytes) -> None:
        if not self.received:  # it can be sent only when it has been spoken
            self.began_s = asyncio.get_running_loop().time() - len(audio) / 2 / self.rate_hz
        self.received += audio
        if self.cues.done():
            return
        fitting = [clip for start, clip in self.known[self.rate_hz] if _agree(start, self.received)]
        if len(fitting) == 1:
            self.cues.set_result(cues_of(fitting[0], self.defect))

    @property
    def heard_ns(self) -> int:
        return len(self.received) * 1_000_000_000 // 2 // self.rate_hz


def _agree(start: bytes, received: bytearray) -> bool:
    shorter = min(len(start), len(received))
    return start[:shorter] == received[:shorter]


def script_of(known: Library, defect: Defect) -> Callable[[Requests, Any], AsyncIterator[Any]]:
    async def script(requests: Requests, _: Any) -> AsyncIterator[pb.StreamingRecognizeResponse]:
        stream = Stream(known, defect)
        listening = asyncio.ensure_future(stream.listen(requests))
        for at_ns, heard in await stream.cues:
            await asyncio.sleep(stream.began_s + at_ns / 1e9 - asyncio.get_running_loop().time())
            if listening.done() and at_ns > stream.heard_ns + AFTER_NS:
                break
            yield response_of(heard)
        await listening

    return script


def response_of(heard: Heard) -> pb.StreamingRecognizeResponse:
    if not isinstance(heard, Final):
        return interim(heard.text)
    words = ((word.text, word.start_ns // MS, word.end_ns // MS) for word in heard.words)
    return final(heard.text, *words, processed_s=heard.audio_end_ns / 1e9)


async def main(root: Path, defect: Defect) -> None:
    known = library(root)
    riva = ScriptedRiva()
    riva.script = script_of(known, defect)
    await riva.start()
    print(json.dumps({"port": riva.port}), flush=True)
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)  # until the test closes our input
    await riva.stop()


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), Defect(sys.argv[2])))
