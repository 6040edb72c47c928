"""Where Riva is and how to speak to it, from the RIVA_* variables its deployments already use."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from harness.riva.convert import HOTWORD_BOOST, Recognition
from harness.riva.environment import Environment, EnvironmentVariableError
from harness.riva.retry import RetryRules

BEARER_HEADER: Final = "authorization"


@dataclass(frozen=True, slots=True, kw_only=True)
class RivaConfig:
    """One Riva server.

    `timeout_ms` bounds every single step on Riva's side: connecting, a unary call, taking a piece of audio, and the
    finals after the audio's end. `retries` are tries after the first: of a unary call, each after `retry_delay_ms`,
    and of a stream, after a drawn wait of up to `retry_delay_ms`, doubled each time (harness.riva.lasting).
    An `api_key` goes as "Bearer" in `authorization`, as it is in any other `api_key_header`.
    RIVA_PARTIAL_RESULT_INTERVAL_MS is not read, on purpose: partials are never held back.
    """

    host: str = "localhost"
    port: int = 50051
    tls: bool = False
    ca_file: Path | None = None
    client_cert: Path | None = None
    client_key: Path | None = None
    api_key: str | None = field(default=None, repr=False)  # it must not reach a log
    api_key_file: Path | None = None
    api_key_header: str = BEARER_HEADER
    metadata: tuple[tuple[str, str], ...] = field(default=(), repr=False)  # may hold a secret too
    model: str | None = None
    language_code: str = "en-US"
    automatic_punctuation: bool = True
    word_time_offsets: bool = True
    partial_results: bool = True
    hotword_boost: float = HOTWORD_BOOST
    timeout_ms: int = 10_000
    retries: int = 3
    retry_delay_ms: int = 200
    keepalive_s: int = 330

    @property
    def target(self) -> str:
        """host:port, the host in brackets where it is an IPv6 address."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    @property
    def retry_rules(self) -> RetryRules:
        """A stream's retries as these variables say; where and how long audio is kept stays at its default."""
        return RetryRules(attempts=self.retries, first_ms=self.retry_delay_ms)

    def recognition(self, sample_rate_hz: int) -> Recognition:
        """What this deployment asks for unless a client says otherwise."""
        return Recognition(
            sample_rate_hz=sample_rate_hz,
            language_code=self.language_code,
            model=self.model,
            interim_results=self.partial_results,
            word_time_offsets=self.word_time_offsets,
            automatic_punctuation=self.automatic_punctuation,
            hotword_boost=self.hotword_boost,
        )

    @classmethod
    def from_env(cls, env: Mapping[str, str]) -> RivaConfig:
        """Raises EnvironmentVariableError, which names the variable."""
        read = Environment(env)
        default = cls()
        return cls(
            host=read.text("RIVA_HOST", default.host),
            port=read.whole("RIVA_PORT", default.port, least=1, most=65535),
            **_security(read),
            model=read.optional("RIVA_MODEL"),
            language_code=read.text("RIVA_LANGUAGE_CODE", default.language_code),
            automatic_punctuation=read.flag("RIVA_ENABLE_AUTOMATIC_PUNCTUATION", default=default.automatic_punctuation),
            word_time_offsets=read.flag("RIVA_ENABLE_WORD_TIME_OFFSETS", default=default.word_time_offsets),
            partial_results=read.flag("RIVA_ENABLE_PARTIAL_RESULTS", default=default.partial_results),
            hotword_boost=read.number("RIVA_HOTWORD_BOOST", default.hotword_boost, least=-100, most=100),
            timeout_ms=read.whole("RIVA_TIMEOUT_MS", default.timeout_ms, least=1),
            retries=read.whole("RIVA_MAX_RETRIES", default.retries, most=100),
            retry_delay_ms=read.whole("RIVA_RETRY_DELAY_MS", default.retry_delay_ms),
            keepalive_s=read.whole("RIVA_KEEPALIVE_S", default.keepalive_s, least=10, most=7200),
        )


def _security(read: Environment) -> dict[str, Any]:
    """TLS, client certificate, token and metadata; each pair of variables that belongs together is checked."""
    ca_file = read.file("RIVA_SSL_CERT")
    cert, key = read.file("RIVA_SSL_CLIENT_CERT"), read.file("RIVA_SSL_CLIENT_KEY")
    if (cert is None) != (key is None):
        where = "RIVA_SSL_CLIENT_CERT, RIVA_SSL_CLIENT_KEY"
        raise EnvironmentVariableError(where, "only one of the two is set", "set both, or neither")
    api_key, api_key_file = read.optional("RIVA_API_KEY"), read.file("RIVA_API_KEY_FILE")
    if api_key is not None and api_key_file is not None:
        raise EnvironmentVariableError("RIVA_API_KEY, RIVA_API_KEY_FILE", "both are set", "set one of the two")
    tls = read.flag("RIVA_SSL", default=ca_file is not None or cert is not None)
    if not tls and cert is not None:
        raise EnvironmentVariableError("RIVA_SSL", "it is off, and there is a client certificate", "set it to true")
    return {
        "tls": tls,
        "ca_file": ca_file,
        "client_cert": cert,
        "client_key": key,
        "api_key": api_key,
        "api_key_file": api_key_file,
        "api_key_header": read.text("RIVA_API_KEY_HEADER", BEARER_HEADER).lower(),
        "metadata": read.pairs("RIVA_METADATA"),
    }
