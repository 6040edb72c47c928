"""A knock at an endpoint's door before any session: is there a name, a port, TLS that holds, the right protocol?

Plain sockets with a few seconds of patience, because the drivers' own libraries answer most of this with one word.
"""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any, Final, Literal
from urllib.parse import urlsplit

from harness.drivers.base import DriverSpec
from harness.errors import TargetError
from harness.model.scenario import Tls

STEP_S: Final = 5.0
Speech = Literal["HTTP/2", "HTTP/1", "TLS", "nothing", "something else"]

_SECURE: Final = ("wss", "grpcs", "https")
_HTTP2: Final = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + bytes((0, 0, 0, 4, 0, 0, 0, 0, 0))  # preface, empty SETTINGS
_HTTP1: Final = "GET {} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n\r\n"
_SETTINGS: Final = 4
_TLS_ALERT: Final = b"\x15\x03"
_HEAD: Final = 9  # bytes of an HTTP/2 frame's head

_DISTRUST: Final = {  # X509_V_ERR_* of OpenSSL
    9: ("its certificate is not valid yet", "check both clocks"),
    10: ("its certificate has expired", "renew it"),
    18: ("its certificate is self-signed and nobody vouches for it", "name it, or its authority, as tls.ca"),
    62: ("its certificate is for another name", "use a name it holds, or have it issued for this one"),
    64: ("its certificate is not for this IP address", "use a name it holds, or have it issued for this address"),
}
_UNKNOWN_AUTHORITY: Final = ("its certificate is signed by an authority that is not known here", "name it as tls.ca")


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """An endpoint, taken apart. `tls` None: plaintext."""

    where: str
    host: str
    port: int
    path: str
    tls: Tls | None
    grpc: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Handshake:
    """What a TLS server showed: its certificate's names, and when that ends (seconds since 1970)."""

    version: str
    names: tuple[str, ...]
    expires_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Knock:
    """What came back: `speech` is the language of the answer to the protocol's own opening words."""

    handshake: Handshake | None
    speech: Speech


def place_of(spec: DriverSpec) -> Place:
    """Where a driver goes; the driver itself has checked the address."""
    parts = urlsplit(spec.endpoint if "//" in spec.endpoint else f"//{spec.endpoint}")
    secure = parts.scheme in _SECURE or spec.tls != Tls()
    return Place(
        where=spec.endpoint,
        host=parts.hostname or "",
        port=parts.port or (443 if secure else 80),
        path=parts.path or "/",
        tls=spec.tls if secure else None,
        grpc=spec.driver == "riva",
    )


def resolve(place: Place) -> tuple[str, ...]:
    """The addresses behind the name, once its port has taken a connection. TargetError where it does not."""
    try:
        found = socket.getaddrinfo(place.host, place.port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        problem = f"the name {place.host} does not resolve ({_said(error)})"
        raise TargetError(place.where, problem, "correct the address, or mend the name service") from error
    with _connected(place):
        return tuple(dict.fromkeys(str(address[0]) for *_, address in found))


def knock(place: Place) -> Knock:
    """Connect, shake hands where there is TLS, say the protocol's first words. TargetError for what goes wrong."""
    with _connected(place) as raw:
        if place.tls is None:
            return Knock(handshake=None, speech=_plain_speech(raw, place))
        try:
            with _context(place.tls, grpc=place.grpc).wrap_socket(raw, server_hostname=place.host) as secure:
                shown = secure.getpeercert() or {}
                # Under TLS 1.3 a server refuses a client's certificate only now, instead of its first words.
                return Knock(handshake=_handshake(secure.version(), shown), speech=_secure_speech(secure, place))
        except ssl.SSLCertVerificationError as error:
            problem, remedy = _DISTRUST.get(error.verify_code, _UNKNOWN_AUTHORITY)
            raise TargetError(place.where, f"{problem} ({error.verify_message})", remedy) from error
        except OSError as error:  # ssl.SSLError is one
            raise _broken(place, error) from error


def speech_of(answer: bytes) -> Speech:
    """Which protocol those first bytes belong to."""
    if not answer:
        return "nothing"
    if len(answer) >= _HEAD and answer[3] == _SETTINGS and not any(answer[5:_HEAD]):
        return "HTTP/2"
    if answer.startswith(b"HTTP/1"):
        return "HTTP/1"
    return "TLS" if answer.startswith(_TLS_ALERT) else "something else"


@contextmanager
def _connected(place: Place) -> Iterator[socket.socket]:
    try:
        connection = socket.create_connection((place.host, place.port), STEP_S)
    except ConnectionRefusedError as error:
        raise TargetError(place.where, "nothing listens there", "start the target or correct its address") from error
    except OSError as error:
        problem = f"it cannot be reached ({_said(error)})"
        raise TargetError(place.where, problem, "correct the address, or open the way to it") from error
    with connection:
        yield connection


def _context(tls: Tls, *, grpc: bool) -> ssl.SSLContext:
    try:
        context = ssl.create_default_context(cafile=tls.ca)
        if tls.cert:
            context.load_cert_chain(tls.cert, tls.key, password="")  # else an encrypted key asks at the terminal
    except OSError as error:
        raise TargetError("the target's tls", f"its files cannot be used ({_said(error)})", "correct them") from error
    if grpc:
        context.set_alpn_protocols(["h2"])
        context.verify_flags &= ~ssl.VERIFY_X509_STRICT  # newer Pythons are stricter than gRPC is
    return context


def _first_words(connection: socket.socket, place: Place) -> bytes | None:
    """The beginning of its answer; empty where it keeps silent, None where it leaves without a word."""
    words = _HTTP2 if place.grpc else _HTTP1.format(place.path, place.host).encode()
    with suppress(OSError):  # who has left already may have left the reason to be read
        connection.sendall(words)
    answer = b""
    try:
        while len(answer) < _HEAD and (more := connection.recv(64)):
            answer += more
    except TimeoutError:
        return answer
    return answer or None


def _plain_speech(connection: socket.socket, place: Place) -> Speech:
    try:
        speech = speech_of(_first_words(connection, place) or b"")
    except ConnectionError:  # it hung up, whatever it said before
        speech = "nothing"
    return "TLS" if speech == "nothing" and _speaks_tls(place) else speech


def _speaks_tls(place: Place) -> bool:
    """Whether TLS is what was missing: gRPC's servers just hang up on those who come without."""
    anybody = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    anybody.check_hostname, anybody.verify_mode = False, ssl.CERT_NONE
    try:
        with _connected(place) as raw, anybody.wrap_socket(raw):
            return True
    except (OSError, TargetError):
        return False


def _secure_speech(connection: ssl.SSLSocket, place: Place) -> Speech:
    answer = _first_words(connection, place)
    if answer is None and place.grpc:  # no alert: this is how gRPC's own servers refuse a client certificate
        raise _declined(place, "it hangs up as soon as the handshake is over")
    return speech_of(answer or b"")


def _handshake(version: str | None, shown: dict[str, Any]) -> Handshake:
    return Handshake(
        version=version or "TLS",
        names=tuple(str(name) for _, name in shown.get("subjectAltName", ())),
        expires_s=ssl.cert_time_to_seconds(str(shown["notAfter"])),
    )


def _broken(place: Place, error: OSError) -> TargetError:
    reason = getattr(error, "reason", None) or ""
    if reason in ("WRONG_VERSION_NUMBER", "RECORD_LAYER_FAILURE"):
        return TargetError(place.where, "it speaks no TLS", "write the address without TLS, or switch TLS on there")
    if "ALERT" in reason or isinstance(error, ConnectionError | ssl.SSLEOFError):
        said = reason.replace("_", " ").lower() or _said(error)
        return _declined(place, f"it breaks off TLS at this client's turn ({said})")
    return TargetError(place.where, f"the TLS handshake fails ({_said(error)})", "check its TLS settings")


def _declined(place: Place, problem: str) -> TargetError:
    bare = place.tls is not None and place.tls.cert is None
    wanted = "give a client certificate as tls.cert and tls.key" if bare else "present a certificate that it accepts"
    return TargetError(place.where, problem, wanted)


def _said(error: Exception) -> str:
    if isinstance(error, TimeoutError):
        return f"no answer within {STEP_S:g} s"
    return getattr(error, "strerror", None) or str(error) or type(error).__name__
