"""The gRPC server around the services: start, say where, wait for the end, stop in time."""

from __future__ import annotations

import asyncio
import errno
import json
import logging
import os
import signal
import socket
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from importlib.metadata import version
from typing import Any, Final

import grpc
from riva.client.proto import health_pb2_grpc, riva_asr_pb2_grpc

from harness.embedded import weights
from harness.embedded.credentials import ServerTls, server_credentials
from harness.embedded.health import HealthService
from harness.embedded.intake import RATES_HZ
from harness.embedded.pool import Pool
from harness.embedded.protocol import MODEL
from harness.embedded.recogniser import Recogniser
from harness.embedded.service import IDLE_LIMIT_S, RivaService
from harness.errors import UsageError

_log = logging.getLogger(__name__)
_STOP_GRACE_S: Final = 1.0
_OPTIONS: Final = (
    ("grpc.max_receive_message_length", 64 * 1024 * 1024),  # Riva's clients send whole files
    ("grpc.so_reuseport", 0),  # else a second server would share the port in silence
    ("grpc.http2.min_recv_ping_interval_without_data_ms", 5_000),  # else a client's keepalive of 10 s ends in GOAWAY
    ("grpc.keepalive_permit_without_calls", 1),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Where to listen, how much to take on, and when to end."""

    host: str
    port: int
    max_streams: int
    tls: ServerTls | None = None
    api_key: str | None = field(default=None, repr=False)  # it must not reach a log
    idle_limit_s: float = IDLE_LIMIT_S
    exit_with_parent: bool = False


async def run(recogniser: Recogniser, settings: Settings, ready: Callable[[str], None]) -> None:
    """Serve until SIGTERM, SIGINT or, where asked, the parent's end. UsageError where the port cannot be had."""
    pool, health, stop = Pool(), HealthService(), asyncio.Event()
    server = grpc.aio.server(options=_OPTIONS)
    _add_services(server, recogniser, pool, health, settings)
    port = _bind(server, settings)
    await server.start()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    parent = asyncio.create_task(_parents_end(stop)) if settings.exit_with_parent else None
    ready(json.dumps({"service": "riva", "port": port, "pid": os.getpid(), "model": MODEL}))
    _log.info(
        "listening on %s:%d, %s, %d streams at most", settings.host, port, _protection(settings), settings.max_streams
    )
    await stop.wait()
    _log.info("stopping")
    health.leave()
    await server.stop(_STOP_GRACE_S)
    pool.close()
    if parent is not None:
        parent.cancel()


def parameters() -> dict[str, str]:
    """What the model list says about this server beyond what Riva's clients need."""
    return {
        "sample_rates": ",".join(map(str, RATES_HZ)),
        "recogniser": "Moonshine tiny-en and Silero VAD on ONNX Runtime",
        "onnxruntime": version("onnxruntime"),
        "weights_sha256": weights.digest(),
        "server": f"riva-slo-harness {version('riva-slo-harness')}",
    }


def _add_services(server: Any, recogniser: Recogniser, pool: Pool, health: HealthService, settings: Settings) -> None:
    riva = RivaService(
        recogniser,
        pool,
        max_streams=settings.max_streams,
        parameters=parameters(),
        api_key=settings.api_key,
        idle_limit_s=settings.idle_limit_s,
    )
    riva_asr_pb2_grpc.add_RivaSpeechRecognitionServicer_to_server(riva, server)
    health_pb2_grpc.add_HealthServicer_to_server(health, server)


def _bind(server: Any, settings: Settings) -> int:
    address = f"{settings.host}:{settings.port}"
    credentials = server_credentials(settings.tls) if settings.tls else None
    try:
        return int(server.add_secure_port(address, credentials) if credentials else server.add_insecure_port(address))
    except RuntimeError as error:
        # gRPC says only that it failed; asking once more by hand tells which of the two it was
        problem = "the port is in use" if _is_taken(settings) else "cannot listen there"
        raise UsageError(address, problem, "choose a free port, or 0 to be given one") from error


def _protection(settings: Settings) -> str:
    way = "TLS" if settings.tls else "plaintext"
    if settings.tls and settings.tls.client_ca:
        way += " with client certificates"
    return f"{way} and an API key" if settings.api_key else way


def _is_taken(settings: Settings) -> bool:
    with socket.socket() as probe:
        try:
            probe.bind((settings.host, settings.port))
        except OSError as error:
            return error.errno == errno.EADDRINUSE
    return False


async def _parents_end(stop: asyncio.Event) -> None:
    """Wait for the end of standard input: the parent holds its other end and cannot die without closing it.

    Not PR_SET_PDEATHSIG: that fires when the *thread* ends which started this process.
    """
    reader = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    while await reader.read(1024):
        pass
    stop.set()
