"""What the gateway is told about who may call: TLS, client certificates, tokens, origins."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from harness.errors import UsageError
from harness.riva.environment import Environment


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenSettings:
    """JSON Web Tokens, signed by a key of the set in a file or behind a URL. Neither: no token is asked for."""

    jwks_file: Path | None = None
    jwks_url: str | None = None
    audience: str | None = None
    issuer: str | None = None
    leeway_s: int = 30

    @property
    def wanted(self) -> bool:
        return self.jwks_file is not None or self.jwks_url is not None

    @classmethod
    def from_env(cls, read: Environment) -> TokenSettings:
        """Raises UsageError, which names the variable."""
        told = cls(
            jwks_file=read.file("GATEWAY_JWKS_FILE"),
            jwks_url=read.optional("GATEWAY_JWKS_URL"),
            audience=read.optional("GATEWAY_JWT_AUDIENCE"),
            issuer=read.optional("GATEWAY_JWT_ISSUER"),
            leeway_s=read.whole("GATEWAY_JWT_LEEWAY_S", 30, most=300),
        )
        if told.jwks_file is not None and told.jwks_url is not None:
            raise UsageError("GATEWAY_JWKS_FILE, GATEWAY_JWKS_URL", "both are set", "set one of the two")
        if told.jwks_url is not None and not told.jwks_url.startswith(("https://", "http://127.0.0.1", "http://[::1]")):
            raise UsageError("GATEWAY_JWKS_URL", "whoever answers it decides who may come in", "use https")
        if told.wanted and told.audience is None:
            raise UsageError("GATEWAY_JWT_AUDIENCE", "it is not set", "say which tokens are meant for this gateway")
        return told


@dataclass(frozen=True, slots=True, kw_only=True)
class SecuritySettings:
    """Without a certificate the gateway speaks plain text; without origins every page may call."""

    cert: Path | None = None
    key: Path | None = None
    client_ca: Path | None = None
    origins: tuple[str, ...] = ()
    tokens: TokenSettings = field(default_factory=TokenSettings)

    @classmethod
    def from_env(cls, read: Environment) -> SecuritySettings:
        """Raises UsageError, which names the variable."""
        cert, key, client_ca = (read.file(f"APP_SSL_{name}") for name in ("CERT", "KEY", "CLIENT_CA"))
        if (cert is None) != (key is None):
            raise UsageError("APP_SSL_CERT, APP_SSL_KEY", "only one of the two is set", "set both, or neither")
        if client_ca is not None and cert is None:
            raise UsageError("APP_SSL_CLIENT_CA", "there is no TLS without a certificate", "set APP_SSL_CERT as well")
        return cls(
            cert=cert,
            key=key,
            client_ca=client_ca,
            origins=read.words("GATEWAY_ALLOWED_ORIGINS"),
            tokens=TokenSettings.from_env(read),
        )
