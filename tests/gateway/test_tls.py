"""TLS at the gateway's door, with client certificates and rotation."""

from __future__ import annotations

import ssl

import pytest
from support.authority import Authority, install

from harness.errors import UsageError
from harness.gateway.admission import AdmissionLimits
from harness.gateway.security import SecuritySettings
from harness.gateway.tls import tls_context


@pytest.fixture
def authority(tmp_path):
    return Authority(tmp_path / "ca", "ca")


@pytest.fixture
def security(authority, tmp_path):
    for source, name in zip(authority.issue("server"), ("cert", "key"), strict=True):
        install(source, tmp_path / name)
    install(authority.cert, tmp_path / "client-ca")
    return SecuritySettings(cert=tmp_path / "cert", key=tmp_path / "key", client_ca=tmp_path / "client-ca")


def trusting(authority, *certificate):
    context = ssl.create_default_context(cafile=authority.cert)
    if certificate:
        context.load_cert_chain(*certificate)
    return context


async def test_a_client_with_a_certificate_comes_in_and_is_known(gateway, connect, authority, security):
    """Its common name is the subject: it has quotas."""
    here = await gateway(security=security, admission=AdmissionLimits(connections_per_subject=1))
    context = trusting(authority, *authority.issue("alice"))
    await connect(here, ssl=context)
    assert dict(here.admission._by_subject) == {"alice": 1}


async def test_a_client_without_a_certificate_stays_outside(gateway, connect, authority, security):
    """No certificate, or one of another authority: the connection is refused by TLS."""
    here = await gateway(security=security)
    other = Authority(authority.folder / "other", "other")
    for context in (trusting(authority), trusting(authority, *other.issue("alice"))):
        with pytest.raises((ssl.SSLError, ConnectionError, EOFError, Exception)) as refused:
            await connect(here, ssl=context)
        assert not isinstance(refused.value, AssertionError)
    assert here.admission.connections == 0


async def test_certificates_are_followed_without_a_restart(gateway, connect, authority, security):
    """A new server certificate and a new client authority count from the next handshake on; a broken file does not."""
    here = await gateway(security=security)
    new = Authority(authority.folder / "new", "new")
    for source, place in zip(
        (*new.issue("server"), new.cert), (security.cert, security.key, security.client_ca), strict=True
    ):
        install(source, place)
    context = trusting(new, *new.issue("bob"))
    await connect(here, ssl=context)
    with pytest.raises((ssl.SSLError, ConnectionError, EOFError)):
        await connect(here, ssl=trusting(authority, *authority.issue("alice")))
    security.cert.write_text("half a fi", encoding="utf-8")
    await connect(here, ssl=context)


def test_an_authority_that_cannot_be_loaded_is_refused(security):
    """mTLS that was asked for and cannot be had never becomes TLS without it."""
    security.client_ca.write_text("nothing", encoding="utf-8")
    with pytest.raises(UsageError, match="APP_SSL_CLIENT_CA: it cannot be loaded"):
        tls_context(security)
