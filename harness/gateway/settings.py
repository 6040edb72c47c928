"""What the gateway is told: RIVA_*, GATEWAY_*, APP_* and WS_* variables, each overridden by its flag."""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from harness.errors import UsageError
from harness.gateway.admission import AdmissionLimits
from harness.gateway.intake import AudioLimits
from harness.gateway.security import SecuritySettings
from harness.gateway.switch import SwitchSettings
from harness.gateway.upstream_settings import UpstreamSettings
from harness.riva.config import RivaConfig
from harness.riva.environment import Environment


@dataclass(frozen=True, slots=True, kw_only=True)
class GatewaySettings:
    """One gateway process. Port 0 = any free port; times in seconds."""

    host: str = "127.0.0.1"
    port: int = 0
    riva: RivaConfig = field(default_factory=RivaConfig)
    upstream: UpstreamSettings = field(default_factory=UpstreamSettings)
    sample_rate_hz: int = 16_000
    frame_ms: int = 20
    admission: AdmissionLimits = field(default_factory=AdmissionLimits)
    audio: AudioLimits = field(default_factory=AudioLimits)
    security: SecuritySettings = field(default_factory=SecuritySettings)
    switch: SwitchSettings = field(default_factory=SwitchSettings)
    max_message_bytes: int = 2**20
    ping_interval_s: float = 20.0
    idle_s: float = 60.0  # without a message of the client
    session_s: float = 4 * 3600.0  # one session, audio and all
    send_s: float = 10.0  # a client that does not read is dropped
    handshake_s: float = 10.0  # TLS, and then the request
    drain_s: float = 20.0  # SIGTERM: how long open sessions may go on
    grace_s: float = 2.5  # and then: what they get for their last final
    metrics_port: int | None = None  # None: on the same port; a worker's own is this plus its number
    workers: int = 1
    worker: int | None = None  # which of several this process is
    page: bool = False  # whether `/` shows the page with the microphone
    exit_with_parent: bool = False

    @classmethod
    def from_env(cls, env: Mapping[str, str]) -> GatewaySettings:
        """Raises UsageError, which names the variable."""
        read = Environment(env)
        default = cls()
        riva = RivaConfig.from_env(env)
        return cls(
            host=read.text("APP_HOST", default.host),
            port=read.whole("APP_PORT", default.port, most=65535),
            riva=riva,
            upstream=UpstreamSettings.from_env(read, riva),
            admission=AdmissionLimits.from_env(read),
            audio=AudioLimits.from_env(read),
            security=SecuritySettings.from_env(read),
            switch=SwitchSettings.from_env(read),
            max_message_bytes=read.whole("WS_MAX_MESSAGE_SIZE_MB", 1, least=1, most=64) * 2**20,
            ping_interval_s=read.whole("WS_PING_INTERVAL_S", int(default.ping_interval_s), least=1),
            idle_s=read.whole("GATEWAY_IDLE_S", int(default.idle_s), least=1),
            session_s=read.whole("GATEWAY_SESSION_S", int(default.session_s), least=1, most=86_400),
            send_s=read.whole("GATEWAY_SEND_S", int(default.send_s), least=1),
            handshake_s=read.whole("GATEWAY_HANDSHAKE_S", int(default.handshake_s), least=1),
            drain_s=read.whole("GATEWAY_DRAIN_S", int(default.drain_s)),
            metrics_port=read.whole("APP_METRICS_PORT", 0, most=65535) or None,
            page=read.flag("GATEWAY_PAGE", default=False),
            workers=read.whole("GATEWAY_WORKERS", 1, least=1, most=256),
        )


def parse(argv: Sequence[str], env: Mapping[str, str]) -> GatewaySettings:
    """The settings of a command line over an environment. Raises UsageError; argparse exits by itself with code 2."""
    flags = _parser().parse_args(argv)
    settings = GatewaySettings.from_env(env)
    riva, upstream = settings.riva, settings.upstream
    if flags.riva is not None:
        host, port = _host_port(flags.riva)
        riva = replace(riva, host=host, port=port)
        upstream = replace(upstream, endpoints=(), file=None)
    if flags.model is not None:
        riva = replace(riva, model=flags.model)
    return replace(
        settings,
        host=settings.host if flags.host is None else flags.host,
        port=settings.port if flags.port is None else _port(flags.port, "--port", least=0),
        riva=riva,
        upstream=upstream,
        drain_s=settings.drain_s if flags.drain_s is None else _whole(flags.drain_s, "--drain-s", least=0),
        workers=settings.workers if flags.workers is None else _whole(flags.workers, "--workers", least=1),
        worker=flags.worker,
        page=flags.page or settings.page,
        exit_with_parent=flags.exit_with_parent,
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m harness.gateway.server", description=__doc__)
    parser.add_argument("--host", help="address to listen on (APP_HOST, else 127.0.0.1)")
    parser.add_argument("--port", help="port to listen on, 0 for any free one (APP_PORT, else 0)")
    parser.add_argument("--riva", metavar="HOST:PORT", help="Riva's gRPC endpoint (RIVA_HOST:RIVA_PORT)")
    parser.add_argument("--model", help="the Riva model to ask for (RIVA_MODEL, else Riva chooses)")
    parser.add_argument("--drain-s", help="SIGTERM: how long sessions may go on (GATEWAY_DRAIN_S, else 20)")
    parser.add_argument("--workers", help="processes on the one port (GATEWAY_WORKERS, else 1)")
    parser.add_argument("--worker", type=int, help=argparse.SUPPRESS)  # by a parent of several: which one
    parser.add_argument("--page", action="store_true", help="show a page with a microphone at / (GATEWAY_PAGE)")
    parser.add_argument("--exit-with-parent", action="store_true", help="end when the process that started this dies")
    return parser


def _host_port(value: str) -> tuple[str, int]:
    host, _, port = value.rpartition(":")
    if not host:
        raise UsageError("--riva", f'"{value}" has no port', "give host:port, such as 127.0.0.1:50051")
    return host.strip("[]"), _port(port, "--riva", least=1)


def _port(value: str, where: str, *, least: int) -> int:
    return _whole(value, where, least=least, most=65535, what="a port")


def _whole(value: str, where: str, *, least: int, most: int = 86_400, what: str = "such a number") -> int:
    if not value.isdecimal() or not least <= int(value) <= most:
        raise UsageError(where, f'"{value}" is not {what}', f"give a number from {least} to {most}")
    return int(value)
