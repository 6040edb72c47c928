"""Certificates and tokens of one Riva, read again when their files change; what cannot be used is never taken up."""

from __future__ import annotations

import logging
import ssl
from pathlib import Path
from typing import Any, Final

from riva.client import Auth

from harness.errors import UsageError
from harness.riva.config import BEARER_HEADER, RivaConfig
from harness.riva.watched import Watched

_LOG: Final = logging.getLogger(__name__)

# gRPC by itself waits up to two minutes before it tries again, and a Riva that is back would look as if it were not.
_RECONNECT: Final = (
    ("grpc.initial_reconnect_backoff_ms", 200),
    ("grpc.min_reconnect_backoff_ms", 200),
    ("grpc.max_reconnect_backoff_ms", 1000),
)
_KEEPALIVE_TIMEOUT_MS: Final = 20_000


class Credentials:
    """Raises UsageError where the first reading fails; a later one that fails is logged, and the old ones stay."""

    def __init__(self, config: RivaConfig) -> None:
        self._config = config
        self._pems = Watched(config.ca_file, config.client_cert, config.client_key)
        self._token_file = Watched(config.api_key_file)
        _check(config)
        self._token = config.api_key if config.api_key_file is None else _read_token(config.api_key_file)

    def channel(self) -> Any:
        """A new grpc.aio channel with the certificates as they are now.

        The token is not the channel's: it goes with each call, so that a new one needs no new channel. Over TLS,
        NVIDIA's Auth would also send its own pairs a second time.
        """
        config = self._config
        auth = Auth(
            ssl_root_cert=config.ca_file,
            use_ssl=config.tls,
            uri=config.target,
            ssl_client_cert=config.client_cert,
            ssl_client_key=config.client_key,
            options=[[key, value] for key, value in _options(config)],
            use_aio=True,
        )
        return auth.channel

    def renewed(self) -> Any | None:
        """A new channel, once, after the certificates have changed into something that can be used."""
        if not self._pems.changed():
            return None
        try:
            _check(self._config)
            return self.channel()
        except (UsageError, OSError) as error:  # they are seldom written at once; the next change is looked at again
            _LOG.warning("new certificates for %s cannot be used yet: %s", self._config.target, error)
            return None

    def metadata(self) -> tuple[tuple[str, str], ...]:
        """What goes with each call."""
        if self._token_file.changed() and self._config.api_key_file is not None:
            try:
                self._token = _read_token(self._config.api_key_file)
            except UsageError as error:
                _LOG.warning("the new token for %s cannot be used: %s", self._config.target, error)
        if not self._token:
            return self._config.metadata
        header = self._config.api_key_header
        value = f"Bearer {self._token}" if header == BEARER_HEADER else self._token
        return ((header, value), *self._config.metadata)


def _options(config: RivaConfig) -> tuple[tuple[str, int], ...]:
    """Keepalive pings only while a call is open, and not more often than a Riva tolerates.

    A gRPC server answers pings that come within 300 s of each other, while it has nothing to say, with GOAWAY
    "too_many_pings": that would end the streams of everybody who is silent. A dead peer is found by probing instead.
    """
    keepalive = (
        ("grpc.keepalive_time_ms", config.keepalive_s * 1000),
        ("grpc.keepalive_timeout_ms", _KEEPALIVE_TIMEOUT_MS),
        ("grpc.keepalive_permit_without_calls", 0),
    )
    return (*_RECONNECT, *keepalive)


def _check(config: RivaConfig) -> None:
    """Load the PEM files as TLS would: gRPC itself says nothing about a bad one until a handshake fails."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    try:
        if config.ca_file is not None:
            context.load_verify_locations(config.ca_file)
        if config.client_cert is not None:
            # without the password, OpenSSL would ask the terminal for that of an encrypted key
            context.load_cert_chain(config.client_cert, config.client_key, password=lambda: "")
    except (OSError, ssl.SSLError) as error:
        where = ", ".join(str(path) for path in (config.ca_file, config.client_cert, config.client_key) if path)
        raise UsageError(
            where, f"they cannot be loaded ({error})", "give PEM files: a CA, a certificate and its unencrypted key"
        ) from error


def _read_token(path: Path) -> str:
    try:
        token = path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(str(path), "the token cannot be read", "give a readable text file with it") from error
    if not token or not token.isascii() or not token.isprintable():
        raise UsageError(str(path), "it holds no token", "write the token into it, on one line of ASCII")
    return token
