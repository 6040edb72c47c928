"""What an endpoint says before any session, against real sockets."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

import pytest
from support.authority import Authority, Pair

from harness.drivers.base import DriverSpec
from harness.drivers.knock import Knock, Place, knock, place_of, resolve, speech_of
from harness.errors import TargetError
from harness.model.scenario import Tls

SETTINGS = bytes((0, 0, 0, 4, 0, 0, 0, 0, 0))


@contextmanager
def answering(answer: bytes, context: ssl.SSLContext | None = None, times: int = 1) -> Iterator[int]:
    """A port that answers the first words of so many connections with `answer`, over TLS where there is a context."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            for _ in range(times):
                raw, _ = server.accept()
                with raw, suppress(OSError):  # the client leaves as it likes, and some handshakes are meant to fail
                    converse(raw)

        def converse(raw: socket.socket) -> None:
            with closing(context.wrap_socket(raw, server_side=True) if context else raw) as connection:
                connection.recv(1)
                connection.sendall(answer)
                while answer and connection.recv(1024):
                    pass

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield server.getsockname()[1]
        finally:
            while thread.is_alive():  # wakes it where nobody came
                with suppress(OSError), closing(socket.create_connection(server.getsockname(), 1)):
                    thread.join(0.1)


def place(port: int, driver: str = "riva", host: str = "127.0.0.1", **tls: str) -> Place:
    prefix = {"riva": "grpcs://" if tls else "", "gateway": "wss://" if tls else "ws://"}[driver]
    return place_of(DriverSpec(driver=driver, endpoint=f"{prefix}{host}:{port}", tls=Tls(**tls)))


def server_context(pair: Pair, client_ca: Path | None = None) -> ssl.SSLContext:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=client_ca)
    context.load_cert_chain(pair.cert, pair.key)
    context.verify_mode = ssl.CERT_REQUIRED if client_ca else ssl.CERT_NONE
    return context


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.mark.parametrize(
    ("answer", "speech"),
    [
        (SETTINGS, "HTTP/2"),
        (bytes((0, 0, 18, 4, 0, 0, 0, 0, 0)) + bytes(18), "HTTP/2"),
        (b"HTTP/1.1 426 Upgrade Required\r\n", "HTTP/1"),
        (b"\x15\x03\x01\x00\x02\x02\x46", "TLS"),
        (b"", "nothing"),
        (b"<!DOCTYPE HTML>", "something else"),
        (SETTINGS[:5], "something else"),
    ],
)
def test_the_first_bytes_tell_the_protocol(answer: bytes, speech: str) -> None:
    """A SETTINGS frame, a status line, an alert, or none of these."""
    assert speech_of(answer) == speech


@pytest.mark.parametrize(
    ("driver", "endpoint", "tls", "expected"),
    [
        ("riva", "host:50051", Tls(), ("host", 50051, "/", None, True)),
        ("riva", "grpcs://host:443", Tls(), ("host", 443, "/", Tls(), True)),
        ("riva", "host:50051", Tls(ca="ca"), ("host", 50051, "/", Tls(ca="ca"), True)),
        ("riva", "[::1]:50051", Tls(), ("::1", 50051, "/", None, True)),
        ("gateway", "ws://host/asr", Tls(), ("host", 80, "/asr", None, False)),
        ("gateway", "wss://host", Tls(), ("host", 443, "/", Tls(), False)),
    ],
)
def test_an_endpoint_is_taken_apart_as_its_driver_does_it(
    driver: str, endpoint: str, tls: Tls, expected: tuple[object, ...]
) -> None:
    """Host, port with the scheme's default, path, and whether there is TLS."""
    found = place_of(DriverSpec(driver=driver, endpoint=endpoint, tls=tls))
    assert (found.host, found.port, found.path, found.tls, found.grpc) == expected


def test_a_name_is_resolved_and_its_port_reached() -> None:
    """The addresses behind it."""
    with answering(b"") as port:
        assert "127.0.0.1" in resolve(place(port, host="localhost"))


@pytest.mark.parametrize(
    ("host", "port", "problem"),
    [("127.0.0.1", 1, "nothing listens there"), ("no-such-host.invalid", 80, "no-such-host.invalid does not resolve")],
)
def test_who_is_not_there_is_told_apart(host: str, port: int, problem: str) -> None:
    """A name nobody knows, and a port nobody listens on."""
    with pytest.raises(TargetError, match=problem):
        resolve(place(port, host=host))


@pytest.mark.parametrize(
    ("answer", "speech"), [(SETTINGS, "HTTP/2"), (b"HTTP/1.1 400 Bad", "HTTP/1"), (b"hello there", "something else")]
)
def test_a_plain_port_is_heard_out(answer: bytes, speech: str) -> None:
    """Its first words."""
    with answering(answer) as port:
        assert knock(place(port)) == Knock(handshake=None, speech=speech)


def test_a_tls_port_is_known_by_its_silence(authority: Authority) -> None:
    """Who hangs up on plain words, and shakes hands the next time."""
    with answering(b"", server_context(authority.issue("silent")), times=2) as port:
        assert knock(place(port)).speech == "TLS"
    with answering(b"", times=2) as port:
        assert knock(place(port)).speech == "nothing"


@pytest.mark.parametrize("driver", ["riva", "gateway"])
def test_a_good_certificate_is_shown(authority: Authority, driver: str) -> None:
    """Its names and its end; a client certificate goes along where there is one."""
    client = authority.issue("client")
    context = server_context(authority.issue("server", days=30), authority.cert)
    with answering(SETTINGS, context) as port:
        tls = {"ca": str(authority.cert), "cert": str(client.cert), "key": str(client.key)}
        found = knock(place(port, driver, **tls))
    assert found.handshake is not None
    assert found.handshake.version.startswith("TLSv1.")
    assert found.handshake.names == ("localhost", "127.0.0.1")
    assert found.handshake.expires_s > 0
    assert found.speech == "HTTP/2"


Served = Callable[[Authority], ssl.SSLContext | None]
BAD: dict[str, tuple[Served, bool, str, str]] = {
    "expired": (lambda a: server_context(a.issue("old", days=-1)), True, "has expired", "renew it"),
    "self-signed": (lambda a: server_context(a.self_signed("own")), False, "self-signed", "as tls.ca"),
    "unknown authority": (lambda a: server_context(a.issue("s")), False, "authority that is not known", "as tls.ca"),
    "another name": (
        lambda a: server_context(a.issue("other", names="DNS:other.example")),
        True,
        "not for this IP address",
        "issued for this address",
    ),
    "no tls": (lambda _: None, True, "it speaks no TLS", "without TLS"),
    "asks for a certificate": (
        lambda a: server_context(a.issue("mutual"), a.cert),
        True,
        "breaks off TLS at this client's turn",
        "tls.cert and tls.key",
    ),
}


@pytest.mark.parametrize(("served", "knows_ca", "problem", "remedy"), BAD.values(), ids=BAD.keys())
def test_tls_that_does_not_hold_is_explained(
    authority: Authority, served: Served, knows_ca: bool, problem: str, remedy: str
) -> None:
    """Which side has to do what."""
    tls = {"ca": str(authority.cert)} if knows_ca else {}
    with answering(SETTINGS, served(authority)) as port:
        endpoint = DriverSpec(driver="riva", endpoint=f"grpcs://127.0.0.1:{port}", tls=Tls(**tls))
        with pytest.raises(TargetError) as error:
            knock(place_of(endpoint))
    assert problem in error.value.problem
    assert remedy in error.value.remedy


def test_files_that_are_none_are_named(tmp_path: Path) -> None:
    """A CA file of something else."""
    (tmp_path / "ca.pem").write_text("not PEM", encoding="utf-8")
    with answering(SETTINGS) as port, pytest.raises(TargetError, match="the target's tls: its files cannot be used"):
        knock(place(port, ca=str(tmp_path / "ca.pem")))
