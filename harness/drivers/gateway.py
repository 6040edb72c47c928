"""The gateway's WebSocket contract, on picows: it sends synchronously, so a link needs no task of its own."""

from __future__ import annotations

import ssl
from urllib.parse import SplitResult, urlsplit

from harness.drivers.base import DriverSpec, OnHeard
from harness.drivers.gateway_link import GatewayLink, Greeting
from harness.drivers.gateway_socket import Door
from harness.drivers.probe import RATE_HZ, play_silence
from harness.errors import TargetError
from harness.model.plan import SessionPlan
from harness.model.run import Identity
from harness.model.scenario import Tls
from harness.wire.messages import ServerConfig, StartTranscription


class GatewayDriver:
    """One connection a session, as browsers and telephones do."""

    def __init__(self, spec: DriverSpec) -> None:
        """Raises TargetError for an address that is not ws:// or wss://, or credentials that cannot be read."""
        parts = _parts(spec.endpoint)
        if parts is None or parts.scheme not in ("ws", "wss") or not parts.hostname:
            raise TargetError(spec.endpoint, "this is no WebSocket address", "write ws://host:port or wss://host:port")
        if parts.scheme == "ws" and spec.tls != Tls():
            raise TargetError(
                spec.endpoint, "the target has tls, but this address is plain", "write wss://, or drop tls"
            )
        token = spec.token()
        self._spec = spec
        self._door = Door(
            url=spec.endpoint,
            tls=_tls(spec) if parts.scheme == "wss" else None,
            headers={"Authorization": f"Bearer {token}"} if token else {},
        )

    def open(self, session: SessionPlan, on_heard: OnHeard) -> GatewayLink:
        return GatewayLink(self._door, self._start(session.clip.rate_hz, session.session_id), on_heard)

    async def probe(self) -> Identity:
        greeting = Greeting()

        def open_link(on_heard: OnHeard) -> GatewayLink:
            return GatewayLink(self._door, self._start(RATE_HZ, "probe"), on_heard, greeting)

        await play_silence(self._spec.endpoint, open_link, greeting.pending)
        model = greeting.config.model
        if self._spec.model and model and model != self._spec.model:
            raise TargetError(
                self._spec.endpoint, f"it serves the model {model}, not {self._spec.model}", "correct the target file"
            )
        return Identity(facts=_facts(greeting.config))

    async def close(self) -> None:
        """Links share nothing."""

    def _start(self, rate_hz: int, stream_id: str) -> StartTranscription:
        return StartTranscription(
            sample_rate_hz=rate_hz,
            encoding="pcm16",
            language_code=self._spec.language_code,
            word_time_offsets=True,
            stream_id=stream_id,
        )


def _parts(address: str) -> SplitResult | None:
    try:
        parts = urlsplit(address)
        _ = parts.port  # reading it checks it
    except ValueError:
        return None
    return parts


def _facts(config: ServerConfig) -> tuple[tuple[str, str], ...]:
    said = {
        "gateway": config.gateway,
        "riva_target": config.riva_target,
        "model": config.model,
        "frame_ms": config.frame_ms,
    }
    return (("contract", "riva-websocket-bridge"), *((key, str(value)) for key, value in said.items() if value))


def _tls(spec: DriverSpec) -> ssl.SSLContext:
    try:
        context = ssl.create_default_context(cafile=spec.tls.ca)
        if spec.tls.cert:
            context.load_cert_chain(spec.tls.cert, spec.tls.key, password="")  # else an encrypted key asks
    except OSError as error:  # ssl.SSLError is one
        raise TargetError("the target's tls", f"its files cannot be used ({error})", "correct them") from error
    return context
