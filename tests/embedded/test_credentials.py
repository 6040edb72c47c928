from __future__ import annotations

from pathlib import Path

import pytest
from support.authority import Authority

from harness.embedded.credentials import ServerTls, api_key_of, server_credentials, tls_of
from harness.errors import UsageError

FILE = Path("a.pem")


def test_no_flags_are_plaintext_and_both_files_are_tls() -> None:
    """The client's authority is optional."""
    assert tls_of(None, None, None) is None
    assert tls_of(FILE, FILE, None) == ServerTls(cert=FILE, key=FILE)


@pytest.mark.parametrize(
    ("cert", "key", "client_ca", "missing"),
    [
        (FILE, None, None, "--tls-key"),
        (None, FILE, None, "--tls-cert"),
        (None, None, FILE, "--tls-cert and --tls-key"),
    ],
)
def test_half_of_tls_is_refused(cert: Path | None, key: Path | None, client_ca: Path | None, missing: str) -> None:
    """Nobody is to believe that a server is protected which is not."""
    with pytest.raises(UsageError, match=f"^{missing}: TLS needs a certificate and its key; give both"):
        tls_of(cert, key, client_ca)


def test_the_key_comes_from_the_environment() -> None:
    """By the variable's name; one that is not set is no open door."""
    assert api_key_of(None, {}) is None
    assert api_key_of("KEY", {"KEY": " k\n"}) == "k"
    for env in ({}, {"KEY": " "}):
        with pytest.raises(UsageError, match="environment variable KEY: it is not set"):
            api_key_of("KEY", env)


def test_files_that_cannot_be_used_are_named(tmp_path: Path) -> None:
    """A missing file, a key of another certificate, an encrypted one, an authority that is none."""
    authority = Authority(tmp_path)
    pair, other = authority.issue("server"), authority.issue("other")
    locked = tmp_path / "locked.key"
    locked.write_text("-----BEGIN ENCRYPTED PRIVATE KEY-----\nMAA=\n-----END ENCRYPTED PRIVATE KEY-----\n", "utf-8")
    assert server_credentials(ServerTls(cert=pair.cert, key=pair.key, client_ca=authority.cert)) is not None
    for key in (tmp_path / "missing", other.key, locked):
        with pytest.raises(UsageError, match=r"^--tls-cert, --tls-key: they cannot be loaded"):
            server_credentials(ServerTls(cert=pair.cert, key=key))
    with pytest.raises(UsageError, match=r"^--tls-client-ca .*: unusable"):
        server_credentials(ServerTls(cert=pair.cert, key=pair.key, client_ca=pair.key))
