"""Where Riva is and how to speak to it, from the RIVA_* variables its deployments already use."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from harness.riva.environment import Environment


@dataclass(frozen=True, slots=True, kw_only=True)
class RivaConfig:
    """One Riva server.

    `timeout_ms` bounds every single step on Riva's side: connecting, a unary call, taking a piece of audio, and the
    finals after the audio's end. `retries` (after a wait of `retry_delay_ms`) are for unary calls: a stream's audio
    is gone once it was sent. RIVA_PARTIAL_RESULT_INTERVAL_MS is not read, on purpose: partials are never held back.
    """

    host: str = "localhost"
    port: int = 50051
    tls: bool = False
    ca_file: Path | None = None
    api_key: str | None = field(default=None, repr=False)  # it must not reach a log
    model: str | None = None
    language_code: str = "en-US"
    automatic_punctuation: bool = True
    word_time_offsets: bool = True
    partial_results: bool = True
    timeout_ms: int = 10_000
    retries: int = 3
    retry_delay_ms: int = 200

    @property
    def target(self) -> str:
        """host:port, the host in brackets where it is an IPv6 address."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    @classmethod
    def from_env(cls, env: Mapping[str, str]) -> RivaConfig:
        """Raises EnvironmentVariableError, which names the variable."""
        read = Environment(env)
        ca_file = read.file("RIVA_SSL_CERT")
        default = cls()
        return cls(
            host=read.text("RIVA_HOST", default.host),
            port=read.whole("RIVA_PORT", default.port, least=1, most=65535),
            tls=read.flag("RIVA_SSL", default=ca_file is not None),
            ca_file=ca_file,
            api_key=read.optional("RIVA_API_KEY"),
            model=read.optional("RIVA_MODEL"),
            language_code=read.text("RIVA_LANGUAGE_CODE", default.language_code),
            automatic_punctuation=read.flag("RIVA_ENABLE_AUTOMATIC_PUNCTUATION", default=default.automatic_punctuation),
            word_time_offsets=read.flag("RIVA_ENABLE_WORD_TIME_OFFSETS", default=default.word_time_offsets),
            partial_results=read.flag("RIVA_ENABLE_PARTIAL_RESULTS", default=default.partial_results),
            timeout_ms=read.whole("RIVA_TIMEOUT_MS", default.timeout_ms, least=1),
            retries=read.whole("RIVA_MAX_RETRIES", default.retries, most=100),
            retry_delay_ms=read.whole("RIVA_RETRY_DELAY_MS", default.retry_delay_ms),
        )
