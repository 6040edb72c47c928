"""What the gateway is told about its Riva servers: GATEWAY_* variables, and RIVA_* where they are about all of them."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from harness.errors import UsageError
from harness.gateway.breaker import BreakerRules
from harness.gateway.groups import Endpoint, Fleet, parse_endpoint, parse_fleet
from harness.riva.config import RivaConfig
from harness.riva.environment import Environment
from harness.riva.retry import RetryRules

_MS = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class UpstreamSettings:
    """Without endpoints and file there is one endpoint: RIVA_HOST:RIVA_PORT.

    Each endpoint is asked for a sign of life every `probe_s`, due within `probe_deadline_s`; after `deadly_misses` in
    a row without one its streams are ended. `key_header` names the caller whose sessions stay in one group.
    """

    endpoints: tuple[Endpoint, ...] = ()
    file: Path | None = None
    reload_s: float = 1.0
    key_header: str | None = None
    probe_s: float = 1.0
    probe_deadline_s: float = 1.0
    deadly_misses: int = 3
    retry: RetryRules = field(default_factory=RetryRules)
    breaker: BreakerRules = field(default_factory=BreakerRules)

    @classmethod
    def from_env(cls, read: Environment, riva: RivaConfig) -> UpstreamSettings:
        """Raises UsageError, which names the variable."""
        default = cls()
        endpoints = tuple(parse_endpoint(word, "RIVA_ENDPOINTS") for word in read.words("RIVA_ENDPOINTS"))
        file = read.file("GATEWAY_ENDPOINTS_FILE")
        if endpoints and file is not None:
            raise UsageError("RIVA_ENDPOINTS, GATEWAY_ENDPOINTS_FILE", "both are set", "set one of the two")
        return cls(
            endpoints=endpoints,
            file=file,
            key_header=read.optional("GATEWAY_KEY_HEADER"),
            probe_s=read.whole("GATEWAY_PROBE_PERIOD_MS", round(default.probe_s * 1000), least=10) / 1000,
            probe_deadline_s=read.whole("GATEWAY_PROBE_DEADLINE_MS", round(default.probe_deadline_s * 1000), least=10)
            / 1000,
            deadly_misses=read.whole("GATEWAY_PROBE_MISSES", default.deadly_misses, least=1, most=1000),
            retry=_retry(read, riva.retry_rules),
            breaker=_breaker(read, default.breaker),
        )

    def fleet(self, riva: RivaConfig) -> Fleet:
        """The endpoints as they are to be now. Reads the file; raises UsageError."""
        if self.file is not None:
            return parse_fleet(_decode(self.file), str(self.file))
        return Fleet(self.endpoints or (Endpoint(riva.host, riva.port),))


def _retry(read: Environment, default: RetryRules) -> RetryRules:
    return replace(
        default,
        window_ms=read.whole("GATEWAY_RETRY_WINDOW_MS", default.window_ms, least=1),
        buffer_bytes=read.whole("GATEWAY_REPLAY_BUFFER_BYTES", default.buffer_bytes, most=2**26),
        resume=read.flag("GATEWAY_RESUME", default=default.resume),
        budget=read.whole("GATEWAY_RETRY_BUDGET", default.budget, most=1_000_000),
        budget_per_s=read.number("GATEWAY_RETRY_BUDGET_PER_S", default.budget_per_s, least=0, most=1_000_000),
    )


def _breaker(read: Environment, default: BreakerRules) -> BreakerRules:
    def ms(name: str, default_ns: int) -> int:
        return read.whole(f"GATEWAY_BREAKER_{name}_MS", default_ns // _MS, least=1) * _MS

    return replace(
        default,
        window_ns=ms("WINDOW", default.window_ns),
        minimum_calls=read.whole("GATEWAY_BREAKER_MINIMUM_CALLS", default.minimum_calls, least=1, most=100),
        failure_rate=read.number("GATEWAY_BREAKER_FAILURE_RATE", default.failure_rate, least=0.01, most=1),
        slow_rate=read.number("GATEWAY_BREAKER_SLOW_RATE", default.slow_rate, least=0.01, most=1),
        slow_ns=ms("SLOW", default.slow_ns),
        open_ns=ms("OPEN", default.open_ns),
        trials=read.whole("GATEWAY_BREAKER_TRIALS", default.trials, least=1, most=100),
    )


def _decode(path: Path) -> Any:
    import yaml  # noqa: PLC0415  only where there is such a file

    try:
        return yaml.safe_load(path.read_text(encoding="utf-8"))  # JSON is YAML too
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        problem = " ".join(str(error).split())
        raise UsageError(str(path), f"it cannot be read ({problem})", "give a YAML or JSON file") from error
