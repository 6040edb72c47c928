"""HTTP before it is a WebSocket: an answer for every request, the ones that the library hangs up on included.

The library reads `GET … HTTP/1.1` and nothing else. Load balancers ask by HEAD, or in HTTP/1.0: they get the answer
that a GET would get. Whatever else is no upgrade has a status that says why, instead of a closed connection.
"""

from __future__ import annotations

import re
from collections.abc import Generator
from http import HTTPStatus
from typing import Any, Final

from websockets.asyncio.server import Server, ServerConnection
from websockets.datastructures import Headers
from websockets.exceptions import InvalidMessage, SecurityError
from websockets.http11 import MAX_LINE_LENGTH, MAX_NUM_HEADERS, Request, Response, parse_headers
from websockets.protocol import Protocol, State
from websockets.server import ServerProtocol

MOST_HEAD_BYTES: Final = 2**15
REFUSALS: Final = {
    HTTPStatus.BAD_REQUEST: "a line of it is malformed, it has a body, or Host is missing or comes twice",
    HTTPStatus.METHOD_NOT_ALLOWED: "its method is neither GET nor HEAD",
    HTTPStatus.REQUEST_URI_TOO_LONG: f"its first line is longer than {MAX_LINE_LENGTH} bytes",
    HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE: f"it has a header longer than {MAX_LINE_LENGTH} bytes, "
    f"more than {MAX_NUM_HEADERS} of them, or more than {MOST_HEAD_BYTES} bytes in all",
    HTTPStatus.HTTP_VERSION_NOT_SUPPORTED: "its version is neither HTTP/1.1 nor HTTP/1.0",
}
_LINE: Final = re.compile(rb"([!#$%&'*+.^_`|~0-9A-Za-z-]+) (\S+) HTTP/(\d(?:\.\d)?)\r\n")
_METHODS: Final = (b"GET", b"HEAD")
_NEWEST, _OLD = b"1.1", b"1.0"


class _RefusedError(Exception):
    def __init__(self, status: HTTPStatus) -> None:
        super().__init__(status.phrase)
        self.status = status


class FrontProtocol(ServerProtocol):
    """The library's protocol with a reader of requests that refuses by an answer."""

    without_body: bool = False
    """Whether the request was a HEAD."""
    _head_bytes: int = 0

    def parse(self) -> Generator[None]:
        if self.state is State.CONNECTING:
            try:
                request = yield from self._request()
            except _RefusedError as refused:
                self.send_response(self._refusal(refused.status))  # which puts another parser in place of this one
                yield
            except EOFError as error:
                self._hang_up(error)
                yield
            else:
                self.events.append(request)
        yield from Protocol.parse(self)  # frames; the library's own reader of requests is what this one replaces

    def send_response(self, response: Response) -> None:
        if self.without_body:
            response.body = b""  # its length stays in the headers: that is what HEAD is for
        super().send_response(response)

    def _request(self) -> Generator[None, None, Request]:
        path, version = yield from self._request_line()
        headers = yield from self._headers()
        if headers.get_all("Transfer-Encoding") or set(headers.get_all("Content-Length")) - {"0"}:
            raise _RefusedError(HTTPStatus.BAD_REQUEST)
        if version != _OLD and len(headers.get_all("Host")) != 1:  # RFC 9112, 3.2
            raise _RefusedError(HTTPStatus.BAD_REQUEST)
        if (version == _OLD or self.without_body) and "Upgrade" in headers:
            del headers["Upgrade"]  # RFC 9110, 7.8: ignored in HTTP/1.0; and no HEAD opens anything. 426 then
        return Request(path, headers)

    def _request_line(self) -> Generator[None, None, tuple[str, bytes]]:
        try:
            line = yield from self._line(MAX_LINE_LENGTH)
        except (RuntimeError, SecurityError):
            raise _RefusedError(HTTPStatus.REQUEST_URI_TOO_LONG) from None
        known = _LINE.fullmatch(line)
        if known is None:
            raise _RefusedError(HTTPStatus.BAD_REQUEST)
        method, path, version = known.groups()
        if version not in (_NEWEST, _OLD):
            raise _RefusedError(HTTPStatus.HTTP_VERSION_NOT_SUPPORTED)
        if method not in _METHODS:
            raise _RefusedError(HTTPStatus.METHOD_NOT_ALLOWED)
        self.without_body = method == b"HEAD"
        return path.decode("ascii", "surrogateescape"), version

    def _headers(self) -> Generator[None, None, Headers]:
        try:
            return (yield from parse_headers(self._line))
        except SecurityError:
            raise _RefusedError(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE) from None
        except ValueError:
            raise _RefusedError(HTTPStatus.BAD_REQUEST) from None
        except EOFError:
            if self.reader.eof:
                raise
            raise _RefusedError(HTTPStatus.BAD_REQUEST) from None  # so the library calls a line without its CR

    def _line(self, most: int) -> Generator[None, None, bytes]:
        line = yield from self.reader.read_line(most)
        self._head_bytes += len(line)
        if self._head_bytes > MOST_HEAD_BYTES:
            raise SecurityError("the request is too long")
        return bytes(line)

    def _refusal(self, status: HTTPStatus) -> Response:
        response = self.reject(status, f"This request is refused: {REFUSALS[status]}.\n")
        if status is HTTPStatus.METHOD_NOT_ALLOWED:
            response.headers["Allow"] = b", ".join(_METHODS).decode()
        return response

    def _hang_up(self, error: EOFError) -> None:
        """As the library does where the request does not end."""
        self.handshake_exc = InvalidMessage("did not receive a valid HTTP request")
        self.handshake_exc.__cause__ = error
        self.send_eof()
        self.parser = self.discard()
        next(self.parser)


class FrontConnection(ServerConnection):
    """For `serve(create_connection=...)`: the library's connection on a protocol of ours."""

    made_of: type[FrontProtocol] = FrontProtocol

    def __init__(self, protocol: ServerProtocol, server: Server, **options: Any) -> None:
        own = self.made_of(
            origins=protocol.origins,
            extensions=protocol.available_extensions,
            subprotocols=protocol.available_subprotocols,
            max_size=protocol.max_size,
            logger=protocol.logger,
        )
        super().__init__(own, server, **options)
        self._ended_early = False

    def eof_received(self) -> bool | None:  # type: ignore[override]  # asyncio's Protocol allows it
        """A probe may end its side right behind its request: first it is answered. TLS knows no half of an end."""
        asked = self.request is not None and self.protocol.state is State.CONNECTING and not self.protocol.eof_sent
        if asked and self.transport.can_write_eof():
            self._ended_early = True
            return True
        return super().eof_received()

    def send_data(self) -> None:
        super().send_data()
        if self._ended_early and (self.protocol.eof_sent or self.protocol.state is not State.CONNECTING):
            self._ended_early = False
            super().eof_received()
            self.transport.close()
