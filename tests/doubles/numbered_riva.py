"""A Riva double as a process, whose words tell which audio they stand for: nothing can be lost or doubled unseen.

    python numbered_riva.py [--port 0] [--tls FOLDER] [--grace-s 0]

Every sample of a 100 ms frame holds the frame's number. Each frame is heard as that number, a final comes after each
number that divides by ten, and another, where something is left, at the end. Word times count from the stream's start,
as a recogniser's do. `--tls` wants mTLS with the folder's `ca`, `cert` and `key` as they are at each handshake. It
prints one JSON line with its port when it listens, and drains for the grace on SIGTERM. Only drills run against it.
"""

from __future__ import annotations

import argparse
import array
import asyncio
import json
import signal
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import grpc
from riva.client.proto import riva_asr_pb2 as pb
from riva.client.proto import riva_asr_pb2_grpc

FRAME_BYTES = 3200
FRAME_MS = 100


def response(numbers: list[tuple[int, int]], place_ms: int, *, is_final: bool) -> pb.StreamingRecognizeResponse:
    made = pb.StreamingRecognizeResponse()
    result = made.results.add(is_final=is_final, stability=0.5, audio_processed=place_ms / 1000)
    best = result.alternatives.add(transcript="".join(f"{number} " for number, _ in numbers))
    for number, end_ms in numbers if is_final else ():
        best.words.add(word=str(number), start_time=end_ms - FRAME_MS, end_time=end_ms)
    return made


def number_of(frame: bytes) -> int:
    samples = array.array("h", frame)
    assert len(set(samples)) == 1, "a frame was torn"
    return samples[0]


class NumberedRiva(riva_asr_pb2_grpc.RivaSpeechRecognitionServicer):
    """The service; see above."""

    async def StreamingRecognize(  # noqa: N802  gRPC names it
        self, requests: AsyncIterator[Any], _: Any
    ) -> AsyncIterator[pb.StreamingRecognizeResponse]:
        audio, numbers, place_ms = bytearray(), [], 0
        async for request in requests:
            audio += request.audio_content
            while len(audio) >= FRAME_BYTES:
                place_ms += FRAME_MS
                numbers.append((number_of(bytes(audio[:FRAME_BYTES])), place_ms))
                del audio[:FRAME_BYTES]
                is_final = numbers[-1][0] % 10 == 0
                yield response(numbers, place_ms, is_final=is_final)
                numbers = [] if is_final else numbers
        assert not audio, "the last frame was torn"
        if numbers:
            yield response(numbers, place_ms, is_final=True)

    async def GetRivaSpeechRecognitionConfig(  # noqa: N802  gRPC names it
        self, _: Any, __: Any
    ) -> pb.RivaSpeechRecognitionConfigResponse:
        return pb.RivaSpeechRecognitionConfigResponse()


def credentials(folder: Path) -> grpc.ServerCredentials:
    def now() -> Any:
        ca, cert, key = ((folder / name).read_bytes() for name in ("ca", "cert", "key"))
        return grpc.ssl_server_certificate_configuration([(key, cert)], ca)

    return grpc.dynamic_ssl_server_credentials(now(), now, require_client_authentication=True)


async def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--tls", type=Path)
    parser.add_argument("--grace-s", type=float, default=0)
    flags = parser.parse_args()
    server = grpc.aio.server()
    riva_asr_pb2_grpc.add_RivaSpeechRecognitionServicer_to_server(NumberedRiva(), server)
    address = f"127.0.0.1:{flags.port}"
    secure = flags.tls and credentials(flags.tls)
    port = server.add_secure_port(address, secure) if secure else server.add_insecure_port(address)
    await server.start()
    asked_to_stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, asked_to_stop.set)
    print(json.dumps({"port": port}), flush=True)
    await asked_to_stop.wait()
    await server.stop(flags.grace_s)


asyncio.run(main())
