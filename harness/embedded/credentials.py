"""What the server needs to be sure of who it talks to: TLS files, checked before gRPC sees them, and the API key."""

from __future__ import annotations

import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import grpc

from harness.errors import UsageError


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerTls:
    """PEM files. With `client_ca` only clients are let in that hold a certificate of that authority."""

    cert: Path
    key: Path
    client_ca: Path | None = None


def tls_of(cert: Path | None, key: Path | None, client_ca: Path | None) -> ServerTls | None:
    """TLS as the flags say it, None for plaintext. UsageError where a flag lacks its companion."""
    if cert is not None and key is not None:
        return ServerTls(cert=cert, key=key, client_ca=client_ca)
    if cert is None and key is None and client_ca is None:
        return None
    missing = " and ".join(flag for flag, given in (("--tls-cert", cert), ("--tls-key", key)) if given is None)
    raise UsageError(missing, "TLS needs a certificate and its key", "give both, or no --tls flag at all")


def api_key_of(name: str | None, env: Mapping[str, str]) -> str | None:
    """The key in that variable; None where none is asked for. UsageError where it is not set."""
    if name is None:
        return None
    if not (key := env.get(name, "").strip()):
        raise UsageError(f"environment variable {name}", "it is not set", "put the key in it, or drop --api-key-env")
    return key


def server_credentials(tls: ServerTls) -> Any:
    """GRPC's credentials. UsageError where a file cannot be used: gRPC itself would only say that it failed."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    try:
        context.load_cert_chain(tls.cert, tls.key, password="")  # else an encrypted key would ask at the terminal
    except (OSError, ValueError) as error:
        remedy = "give a certificate chain and its unencrypted key, both PEM"
        raise UsageError("--tls-cert, --tls-key", f"they cannot be loaded ({_said(error)})", remedy) from error
    if tls.client_ca is not None:
        try:
            context.load_verify_locations(tls.client_ca)
        except (OSError, ValueError) as error:
            remedy = "give the authority's certificates, PEM"
            raise UsageError(f"--tls-client-ca {tls.client_ca}", f"unusable ({_said(error)})", remedy) from error
    return grpc.ssl_server_credentials(
        [(tls.key.read_bytes(), tls.cert.read_bytes())],
        root_certificates=tls.client_ca.read_bytes() if tls.client_ca else None,
        require_client_auth=tls.client_ca is not None,
    )


def _said(error: Exception) -> str:
    return getattr(error, "strerror", None) or str(error) or type(error).__name__
