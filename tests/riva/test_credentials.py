"""Certificates and tokens, and their rotation, against a real TLS server."""

from __future__ import annotations

import shutil

import grpc
import pytest
from support.authority import Authority, install

from harness.errors import UsageError
from harness.riva.client import RivaClient
from harness.riva.config import RivaConfig
from harness.riva.convert import Recognition
from harness.riva.credentials import Credentials, _options
from harness.riva.failures import RivaError

ASK = Recognition(sample_rate_hz=16000)
NAMES = ("ca", "cert", "key")


@pytest.fixture(scope="module")
def pki(tmp_path_factory):
    """Two authorities, each with a certificate for 127.0.0.1."""
    folder = tmp_path_factory.mktemp("pki")
    made = {}
    for name in ("old", "new"):
        authority = Authority(folder / name, "ca")
        made[name] = (authority.cert, *authority.issue("leaf"))
    return made


def serving(ca, cert, key, *, mutual=False):
    return grpc.ssl_server_credentials(
        [(key.read_bytes(), cert.read_bytes())], ca.read_bytes() if mutual else None, mutual
    )


def serving_files(folder):
    """mTLS with what the folder holds at each handshake."""

    def now():
        ca, cert, key = ((folder / name).read_bytes() for name in NAMES)
        return grpc.ssl_server_certificate_configuration([(key, cert)], ca)

    return grpc.dynamic_ssl_server_credentials(now(), now, require_client_authentication=True)


def place(pems, folder):
    for source, name in zip(pems, NAMES, strict=True):
        install(source, folder / name)


def config(port, **fields):
    return RivaConfig(host="127.0.0.1", port=port, tls=True, timeout_ms=3000, retries=0, **fields)


@pytest.fixture
async def start(double):
    """Start Rivas with credentials, and clients of them."""
    running, clients = [], []

    async def run(credentials):
        running.append(await double.ScriptedRiva().start(0, credentials))
        return running[-1]

    def connect(riva, **fields):
        clients.append(RivaClient(config(riva.port, **fields)))
        return clients[-1]

    run.connect = connect
    yield run
    for client in clients:
        await client.close()
    for riva in running:
        await riva.stop()


async def test_a_riva_whose_authority_we_know_is_spoken_to(start, pki):
    """TLS with a CA file of our own."""
    riva = await start(serving(*pki["old"]))
    assert await start.connect(riva, ca_file=pki["old"][0]).list_models()


async def test_a_riva_whose_authority_we_do_not_know_is_not(start, pki):
    """It is told from a Riva that is down: somebody must mend it."""
    riva = await start(serving(*pki["old"]))
    with pytest.raises(RivaError) as refused:
        await start.connect(riva, ca_file=pki["new"][0]).list_models()
    assert (refused.value.failure.code, refused.value.failure.transient) == ("untrusted", False)


async def test_mutual_tls_needs_our_certificate(start, pki):
    """With it we are served, without it or with one of another authority we are not."""
    ca, cert, key = pki["old"]
    riva = await start(serving(ca, cert, key, mutual=True))
    assert await start.connect(riva, ca_file=ca, client_cert=cert, client_key=key).list_models()
    with pytest.raises(RivaError):
        await start.connect(riva, ca_file=ca).list_models()
    _, other_cert, other_key = pki["new"]
    with pytest.raises(RivaError):
        await start.connect(riva, ca_file=ca, client_cert=other_cert, client_key=other_key).list_models()


async def test_new_certificates_serve_new_calls_and_old_streams_finish(start, pki, tmp_path):
    """Both sides rotate to another authority while a stream is open: it ends well, and new calls are served."""
    place(pki["old"], tmp_path)
    riva = await start(serving_files(tmp_path))
    ca, cert, key = (tmp_path / name for name in NAMES)
    client = start.connect(riva, ca_file=ca, client_cert=cert, client_key=key)
    stream = await client.stream(ASK)
    await stream.send(bytes(320))
    await riva.until(lambda riva: riva.audio)
    place(pki["new"], tmp_path)
    assert await client.list_models()
    await stream.send(bytes(320))
    await stream.done()
    assert [event.text async for event in stream][-1] == "2 pieces"
    _, old_cert, old_key = pki["old"]
    with pytest.raises(RivaError):
        await start.connect(riva, ca_file=ca, client_cert=old_cert, client_key=old_key).list_models()


async def test_half_a_rotation_is_waited_out(pki, tmp_path, caplog):
    """A certificate without its key is not taken up; when the key has come, both are."""
    ca, cert, key = pki["old"]
    shutil.copyfile(cert, tmp_path / "cert")
    shutil.copyfile(key, tmp_path / "key")
    told = config(1, ca_file=ca, client_cert=tmp_path / "cert", client_key=tmp_path / "key")
    credentials = Credentials(told)
    assert not credentials.renewed()
    install(pki["new"][1], tmp_path / "cert")
    assert not credentials.renewed()
    assert "cannot be used yet" in caplog.text
    install(pki["new"][2], tmp_path / "key")
    renewed = credentials.renewed()
    assert renewed is not None
    await renewed.close()
    assert not credentials.renewed()


def test_certificates_that_cannot_be_loaded_are_refused_at_once(tmp_path):
    """One sentence at the start, not a failed handshake later; nobody is asked for a password either."""
    (tmp_path / "ca").write_text("no certificate", encoding="utf-8")
    with pytest.raises(UsageError, match="they cannot be loaded"):
        Credentials(config(1, ca_file=tmp_path / "ca"))


async def test_a_new_token_goes_with_the_next_call(riva, tmp_path, caplog):
    """The file is read again when it changes; one that is empty or gone leaves the old token."""
    path = tmp_path / "token"
    path.write_text("first\n", encoding="utf-8")
    client = RivaClient(RivaConfig(host="127.0.0.1", port=riva.port, api_key_file=path))
    for content, sent in (("first\n", "first"), ("second", "second"), ("", "second"), (None, "second"), ("3", "3")):
        if content is None:
            path.unlink()
        else:
            path.write_text(content, encoding="utf-8")
        stream = await client.stream(ASK)
        await stream.done()
        [event async for event in stream]
        assert riva.metadata[-1]["authorization"] == f"Bearer {sent}"
    assert "second" not in caplog.text
    await client.close()


def test_a_token_file_without_a_token_is_refused_at_the_start(tmp_path):
    """A gateway that would be refused by Riva says so before it listens."""
    for content in ("", "two\nlines", "ünicode"):
        (tmp_path / "token").write_text(content, encoding="utf-8")
        with pytest.raises(UsageError, match="it holds no token"):
            Credentials(RivaConfig(api_key_file=tmp_path / "token"))


@pytest.mark.parametrize(
    ("fields", "sent"),
    [
        ({}, ()),
        ({"api_key": "k"}, (("authorization", "Bearer k"),)),
        ({"api_key": "k", "api_key_header": "x-api-key"}, (("x-api-key", "k"),)),
        (
            {"api_key": "k", "metadata": (("function-id", "f"),)},
            (("authorization", "Bearer k"), ("function-id", "f")),
        ),
    ],
)
def test_keys_go_as_metadata(fields, sent):
    """Bearer in `authorization`, plain in any other header, further pairs beside it."""
    assert Credentials(RivaConfig(**fields)).metadata() == sent


def test_keepalive_is_one_that_a_server_tolerates():
    """Pings closer than the 300 s that gRPC servers allow a silent peer would end everybody's streams."""
    options = dict(_options(RivaConfig()))
    assert options["grpc.keepalive_time_ms"] > 300_000
    assert options["grpc.keepalive_permit_without_calls"] == 0
