"""Riva's gRPC API directly. grpc.aio writes in coroutines, so a stream has a task that writes and one that reads."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from harness.drivers.base import DriverSpec, OnHeard
from harness.drivers.probe import RATE_HZ, STEP_S, play_silence
from harness.drivers.riva_link import RivaLink
from harness.errors import TargetError
from harness.model.plan import SessionPlan
from harness.model.run import Identity
from harness.model.scenario import Tls
from harness.riva.client import RivaClient
from harness.riva.config import RivaConfig
from harness.riva.convert import Recognition, RivaModel
from harness.riva.failures import RivaError

STREAMS_A_CHANNEL: Final = 50  # one channel a stream costs a p99 of 25 ms at 200 streams; 50 on one were fine
PATIENCE_MS: Final = 15_000  # beyond a session's own deadline, so that the engine is the one who gives up
SECURE: Final = ("grpcs", "https")


@dataclass(slots=True)
class _Channel:
    client: RivaClient
    streams: int = 0


class RivaDriver:
    """Streams share channels, fifty each."""

    def __init__(self, spec: DriverSpec) -> None:
        """Raises TargetError for an address that is not host:port."""
        self._spec = spec
        self._config = config_of(spec, PATIENCE_MS)
        self._channels: list[_Channel] = []

    def open(self, session: SessionPlan, on_heard: OnHeard) -> RivaLink:
        channel = self._free_channel()
        channel.streams += 1

        def release() -> None:
            channel.streams -= 1

        return RivaLink(channel.client, self._recognition(session.clip.rate_hz), on_heard, release)

    async def probe(self) -> Identity:
        client = RivaClient(config_of(self._spec, int(STEP_S * 1000)))
        try:
            models = await self._models(client)
            await play_silence(
                self._spec.endpoint,
                lambda on_heard: RivaLink(client, self._recognition(RATE_HZ), on_heard),
                lambda: "it does not answer a stream of silence",
            )
        finally:
            await client.close()
        return Identity(facts=(("contract", "riva-grpc"), ("model", self._spec.model or ", ".join(models))))

    async def close(self) -> None:
        for channel in self._channels:
            await channel.client.close()
        self._channels.clear()

    async def _models(self, client: RivaClient) -> list[str]:
        where, wanted = self._spec.endpoint, self._spec.model
        try:
            models = await client.list_models()
        except RivaError as error:
            raise _unreachable(where, error) from error
        names = sorted({model.name for model in models if self._suits(model)})
        if not names or (wanted and wanted not in names):
            offered = f"it offers {', '.join(names)}" if names else f"it offers none for {self._spec.language_code}"
            raise TargetError(where, f"it has no streaming model {wanted or ''}".strip() + f", {offered}", "correct it")
        return names

    def _suits(self, model: RivaModel) -> bool:
        return model.streaming and model.parameters.get("language_code") in (None, self._spec.language_code)

    def _free_channel(self) -> _Channel:
        for channel in self._channels:
            if channel.streams < STREAMS_A_CHANNEL:
                return channel
        self._channels.append(_Channel(RivaClient(self._config)))
        return self._channels[-1]

    def _recognition(self, rate_hz: int) -> Recognition:
        return Recognition(
            sample_rate_hz=rate_hz,
            language_code=self._spec.language_code,
            model=self._spec.model,
            word_time_offsets=True,
        )


def config_of(spec: DriverSpec, timeout_ms: int) -> RivaConfig:
    """How to reach that Riva. Raises TargetError for an address or a file that cannot be."""
    try:
        parts = urlsplit(spec.endpoint if "//" in spec.endpoint else f"//{spec.endpoint}")
        scheme, host, port, path = parts.scheme, parts.hostname, parts.port, parts.path.strip("/")
    except ValueError:
        scheme, host, port, path = "", None, None, ""
    if scheme not in ("", "grpc", *SECURE) or not host or not port or path:
        raise TargetError(spec.endpoint, "this is no gRPC address", "write host:port, or grpcs://host:port for TLS")
    files = {key: _file(f"the target's tls.{key}", path) for key, path in asdict(spec.tls).items()}
    if (files["cert"] is None) != (files["key"] is None):
        raise TargetError("the target's tls", "a client certificate needs its key", "give both cert and key")
    return RivaConfig(
        host=host,
        port=port,
        tls=scheme in SECURE or spec.tls != Tls(),
        ca_file=files["ca"],
        client_cert=files["cert"],
        client_key=files["key"],
        api_key=spec.token(),
        model=spec.model,
        language_code=spec.language_code,
        timeout_ms=timeout_ms,
        retries=0,
    )


def _file(where: str, path: str | None) -> Path | None:
    if path is None:
        return None
    if not (file := Path(path).expanduser()).is_file():
        raise TargetError(where, f"there is no file {path}", "correct the path")
    return file


def _unreachable(where: str, error: RivaError) -> TargetError:
    failure = error.failure
    problem = {
        "unavailable": f"it cannot be reached by gRPC ({failure.details or failure.text})",
        "unimplemented": "it speaks gRPC but offers no Riva speech recognition",
        "timeout": "it does not answer a gRPC call in time",
        "unauthorized": f"it declines the credentials ({failure.details or failure.status})",
    }.get(failure.code, f"it does not list its models ({failure.status}: {failure.details})")
    return TargetError(where, problem, "start the target, or correct its address or token")
