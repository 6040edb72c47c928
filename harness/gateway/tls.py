"""The server's TLS: a context that follows its files, so that certificates are rotated without a restart."""

from __future__ import annotations

import ssl

import structlog

from harness.errors import UsageError
from harness.gateway.security import SecuritySettings
from harness.riva.watched import Watched

_LOG = structlog.get_logger()


def tls_context(told: SecuritySettings) -> ssl.SSLContext | None:
    """None without a certificate. Each handshake looks at the files; new ones that cannot be loaded change nothing.

    Raises UsageError where they cannot be loaded at the start.
    """
    if told.cert is None:
        return None
    watched = Watched(told.cert, told.key, told.client_ca)
    first = current = _load(told)

    def choose(connection: ssl.SSLObject, _name: str | None, _context: ssl.SSLContext) -> None:
        nonlocal current
        if watched.changed():
            try:
                current = _load(told)
            except UsageError as error:
                _LOG.error("certificates cannot be loaded, the old ones stay", problem=str(error))
            else:
                _LOG.info("certificates changed", file=str(told.cert))
        connection.context = current

    first.sni_callback = choose  # called for each client, one that names no server included
    return first


def _load(told: SecuritySettings) -> ssl.SSLContext:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    try:
        context.load_cert_chain(told.cert or "", told.key)
    except (OSError, ssl.SSLError) as error:
        remedy = "give a certificate chain and its unencrypted key, both PEM"
        raise UsageError("APP_SSL_CERT, APP_SSL_KEY", f"they cannot be loaded ({error})", remedy) from error
    if told.client_ca is not None:
        try:
            context.load_verify_locations(told.client_ca)
        except (OSError, ssl.SSLError) as error:
            raise UsageError("APP_SSL_CLIENT_CA", f"it cannot be loaded ({error})", "give a PEM file") from error
        context.verify_mode = ssl.CERT_REQUIRED
    return context
