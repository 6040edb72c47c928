"""The embedded Riva's latencies, word errors and appetite, at several numbers of streams.

Every golden clip is streamed in real time, 100 ms a frame, and half-closed 200 ms after the end of speech. Latencies
count from the clip's own time axis. `python benchmarks/embedded.py --streams 1 8 --repeat 1`; the last line is JSON.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import math
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

import grpc
import jiwer
import numpy as np
import psutil
from riva.client.proto import riva_asr_pb2 as asr
from riva.client.proto import riva_asr_pb2_grpc
from whisper_normalizer.english import EnglishTextNormalizer

from harness import pcm
from harness.corpus.load import load_corpus
from harness.model.clip import Clip

ROOT = Path(__file__).parents[1]
FRAME_S = 0.1
END_AFTER_S = 0.2
CLEAN = frozenset(("clean", "fast", "accented"))
NORMALISE = EnglishTextNormalizer()


@dataclass
class Session:
    """One clip streamed once: when what text came, in seconds of the clip's time."""

    clip: Clip
    heard: list[tuple[float, bool, str]] = field(default_factory=list)
    late_s: float = 0.0

    @property
    def text(self) -> str:
        return "".join(text for _, is_final, text in self.heard if is_final)

    def first_s(self, *, correct: bool = False) -> float:
        words = self.clip.words
        for at, _, text in self.heard:
            right = not correct or NORMALISE(text).split()[:1] == NORMALISE(self.clip.reference).split()[:1]
            if at >= words[0].start_ns / 1e9 and text.strip() and right:
                return at - words[0].end_ns / 1e9
        return math.inf

    def final_s(self) -> float:
        end = self.clip.words[-1].end_ns / 1e9
        return max((at - end for at, is_final, text in self.heard if is_final and at > end), default=math.inf)

    def interval_s(self) -> float:
        times = [at for at, _, _ in self.heard if at < self.clip.words[-1].end_ns / 1e9]
        return float(np.median(np.diff(times))) if len(times) > 1 else math.inf


async def stream(stub: riva_asr_pb2_grpc.RivaSpeechRecognitionStub, clip: Clip) -> Session:
    """Stream one clip in real time and listen until the server is done."""
    data, rate_hz = pcm.read_pcm16(ROOT / clip.path)
    end_s = clip.words[-1].end_ns / 1e9 + END_AFTER_S if clip.words else clip.duration_ns / 1e9
    data = data[: int(end_s * rate_hz) * pcm.BYTES_PER_SAMPLE]
    session, call = Session(clip), stub.StreamingRecognize()
    config = asr.RecognitionConfig(encoding=1, sample_rate_hertz=rate_hz, language_code="en-US")
    streaming = asr.StreamingRecognitionConfig(config=config, interim_results=True)
    await call.write(asr.StreamingRecognizeRequest(streaming_config=streaming))
    start = time.monotonic() + 0.05

    async def listen() -> None:
        async for response in call:
            for result in response.results:
                session.heard.append((time.monotonic() - start, result.is_final, result.alternatives[0].transcript))

    listening = asyncio.create_task(listen())
    frames = pcm.frames(data, rate_hz, int(FRAME_S * 1e9))
    for number, frame in enumerate(frames):
        due = start + min((number + 1) * FRAME_S, end_s)
        await asyncio.sleep(max(0.0, due - time.monotonic()))
        session.late_s = max(session.late_s, time.monotonic() - due)
        await call.write(asr.StreamingRecognizeRequest(audio_content=frame))
    await call.done_writing()
    await listening
    return session


async def lanes(port: int, clips: list[Clip], count: int) -> list[Session]:
    """Play the clips over `count` streams at a time."""
    sessions: list[Session] = []
    async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
        stub = riva_asr_pb2_grpc.RivaSpeechRecognitionStub(channel)

        async def lane(number: int) -> None:
            await asyncio.sleep(0.37 * number)
            while clips:
                sessions.append(await stream(stub, clips.pop()))

        await asyncio.gather(*(lane(number) for number in range(count)))
    return sessions


def measure(clips: list[Clip], count: int) -> tuple[dict[str, object], list[Session]]:
    command = [sys.executable, "-m", "harness.embedded.server", "--exit-with-parent"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=ROOT) as server:
        assert server.stdout is not None  # noqa: S101  it was asked for
        port = json.loads(server.stdout.readline())["port"]
        process = psutil.Process(server.pid)
        asyncio.run(lanes(port, clips[:1], 1))  # warm up
        before, began, used = sum(process.cpu_times()[:2]), time.monotonic(), busy_s()
        sessions = asyncio.run(lanes(port, list(clips), count))
        wall_s = time.monotonic() - began
        cores, all_cores = (sum(process.cpu_times()[:2]) - before) / wall_s, (busy_s() - used) / wall_s
        row = figures(sessions) | {
            "streams": count,
            "cores": round(cores, 2),
            "all_cores": round(all_cores, 2),
            "rss_mb": process.memory_info().rss >> 20,
        }
        server.terminate()
    return row, sessions


def busy_s() -> float:
    """CPU seconds the whole machine has spent: a benchmark on a busy one measures its neighbours too."""
    times = psutil.cpu_times()
    return float(sum(times) - times.idle - times.iowait - times.guest - times.guest_nice)


def figures(sessions: list[Session]) -> dict[str, object]:
    row: dict[str, object] = {"late_ms": round(1000 * max(session.late_s for session in sessions))}
    silent = [session.text for session in sessions if not session.clip.words]
    row["silence_words"] = sum(len(text.split()) for text in silent)
    for rate_hz in sorted({session.clip.rate_hz for session in sessions}):
        spoken = [session for session in sessions if session.clip.words and session.clip.rate_hz == rate_hz]
        timed = [session for session in spoken if session.clip.latency]
        values = {
            "first": [session.first_s() for session in timed],
            "correct": [session.first_s(correct=True) for session in timed],
            "final": [session.final_s() for session in timed],
            "interval": [session.interval_s() for session in spoken],
        }
        row |= {f"{name}_{rate_hz}": spread_ms(found) for name, found in values.items()}
        row[f"violations_{rate_hz}"] = [sum(v > 0.3 for v in values["first"]), sum(v > 0.8 for v in values["final"])]
        row[f"n_{rate_hz}"] = len(timed)
        row |= {f"wer_{name}_{rate_hz}": wer(spoken, clean=name == "clean") for name in ("clean", "other")}
    return row


def spread_ms(values: list[float]) -> list[float | None]:
    """p50, p95 and the maximum in ms; None for infinite."""
    ordered = sorted(values)
    picked = [ordered[math.ceil(len(ordered) * q) - 1] for q in (0.5, 0.95, 1.0)] if ordered else []
    return [round(1000 * value) if math.isfinite(value) else None for value in picked]


def wer(sessions: list[Session], *, clean: bool) -> float | None:
    chosen = [s for s in sessions if (s.clip.condition in CLEAN) == clean and s.clip.binding]
    if not chosen:
        return None
    found = jiwer.process_words([NORMALISE(s.clip.reference) for s in chosen], [NORMALISE(s.text) for s in chosen])
    return round(100 * found.wer, 2)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--streams", type=int, nargs="+", default=[1, 8])
    parser.add_argument("--repeat", type=int, default=1)
    parser.add_argument("--sample", type=int, help="so many sessions only, drawn with the seed")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--verbose", action="store_true", help="print every session")
    options = parser.parse_args()
    clips = [clip for clip in load_corpus(ROOT) if clip.condition != "long"] * options.repeat
    rows = []
    for count in options.streams:
        order = np.random.default_rng(options.seed).permutation(len(clips))[: options.sample]
        row, sessions = measure([clips[index] for index in order], count)
        rows.append(row)
        for session in sorted(sessions, key=lambda session: session.clip.key) if options.verbose else ():
            spoken = bool(session.clip.words)
            times = f"{1000 * session.first_s():6.0f} {1000 * session.final_s():6.0f}" if spoken else " " * 13
            print(f"{session.clip.key:34} {times}  {session.text}")
        for name, value in row.items():
            print(f"{name:18} {value}")
    print(json.dumps(rows))


if __name__ == "__main__":
    main()
