"""A WebSocket by picows: connect, join fragments, tell the link in words of its own what happened."""

from __future__ import annotations

import logging
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Protocol, cast

import picows

from harness.drivers.lacks import lack_of

HANDSHAKE_S: Final = 5.0
WRITE_BUFFER: Final = 16 * 1024  # bytes; what waits beyond is backlog and is counted
ABNORMAL: Final = "1006"
_TEXT: Final = picows.WSMsgType.TEXT
NO_STATUS: Final = 1005  # what RFC 6455 calls a close frame without a code
DECLINED: Final = {401: "unauthorized", 403: "unauthorized", 429: "refused", 503: "refused"}

_QUIET: Final = logging.getLogger("harness.drivers.picows")  # what goes wrong there is Heard, not logged
_QUIET.addHandler(logging.NullHandler())
_QUIET.propagate = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Door:
    """Where to connect, and with what."""

    url: str
    tls: ssl.SSLContext | None = None
    headers: Mapping[str, str] = field(default_factory=dict)


class Ears(Protocol):
    """Who is told. None of these may raise: picows would log it and disconnect."""

    def connected(self, transport: picows.WSTransport) -> None: ...

    def text(self, text: str) -> None: ...

    def writable(self, *, yes: bool) -> None: ...

    def declined(self, code: str, detail: str, retry_after_ms: int | None) -> None: ...

    def failed(self, code: str, detail: str, *, ours: bool = False) -> None: ...

    def closed(self, code: str, reason: str) -> None: ...


async def connect(door: Door, ears: Ears) -> None:
    """Open the connection, or say why not."""
    try:
        _, listener = await picows.ws_connect(
            lambda: _Listener(ears),
            door.url,
            ssl_context=door.tls,
            extra_headers=door.headers,
            websocket_handshake_timeout=HANDSHAKE_S,
            logger_name=_QUIET,
            max_redirects=0,
        )
    except picows.WSHandshakeError as error:
        _declined(error, ears)
    except TimeoutError:
        ears.failed("protocol", "it does not answer the WebSocket handshake")
    except ConnectionRefusedError:
        ears.failed("unavailable", "nothing listens there")
    except OSError as error:
        lack, why = lack_of(error), error.strerror or error or type(error).__name__
        ears.failed(*(lack or ("unavailable", f"it cannot be reached ({why})")), ours=lack is not None)
    else:
        if cast("object", listener) is None:  # a connection that ended unanswered counts as a success there
            ears.failed("protocol", "it drops the connection instead of answering as a WebSocket")


def _declined(error: picows.WSHandshakeError, ears: Ears) -> None:
    if error.response is None:
        ears.failed("protocol", "it does not speak HTTP, let alone WebSocket")
        return
    status = int(error.response.status)
    if (code := DECLINED.get(status)) is None:
        ears.failed("protocol", f"it answers HTTP {status} instead of opening a WebSocket")
        return
    wait = error.response.headers.get("Retry-After", "")
    ears.declined(code, f"it answers HTTP {status}", int(wait) * 1000 if wait.isdigit() else None)


class _Listener(picows.WSListener):
    __slots__ = ("_ears", "_fragments")

    def __init__(self, ears: Ears) -> None:
        self._ears = ears
        self._fragments = b""

    def on_ws_connected(self, transport: picows.WSTransport) -> None:
        transport.underlying_transport.set_write_buffer_limits(high=WRITE_BUFFER)
        self._ears.connected(transport)

    def on_ws_frame(self, transport: picows.WSTransport, frame: picows.WSFrame) -> None:
        kind = frame.msg_type
        if kind is _TEXT and frame.fin:  # a whole message: nearly all are
            self._ears.text(frame.get_payload_as_bytes().decode("utf-8", "replace"))
        elif kind is picows.WSMsgType.CLOSE:
            code = frame.get_close_code()
            transport.send_close(code)
            self._ears.closed(str(int(code.value) or NO_STATUS), frame.get_close_reason() or "")
            transport.disconnect()
        elif kind in (_TEXT, picows.WSMsgType.CONTINUATION):
            self._fragments += frame.get_payload_as_bytes()
            if frame.fin:
                whole, self._fragments = self._fragments, b""
                self._ears.text(whole.decode("utf-8", "replace"))

    def on_ws_disconnected(self, transport: picows.WSTransport) -> None:  # noqa: ARG002  picows' signature
        self._ears.closed(ABNORMAL, "dropped without a close frame")

    def pause_writing(self) -> None:
        self._ears.writable(yes=False)

    def resume_writing(self) -> None:
        self._ears.writable(yes=True)
