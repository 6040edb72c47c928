"""What is answered in HTTP: health, readiness, metrics, and why a WebSocket is refused before it opens."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Mapping
from dataclasses import replace
from http import HTTPStatus
from typing import Final

from websockets.asyncio.server import ServerConnection
from websockets.datastructures import Headers
from websockets.http11 import Request, Response

from harness.gateway import answers
from harness.gateway.admission import Refusal
from harness.gateway.bounded import bounded
from harness.gateway.caller import Caller, stream_id_of
from harness.gateway.meters import CONTENT_TYPE
from harness.gateway.page import Page
from harness.gateway.shared import Shared
from harness.gateway.tokens import TokenError, Tokens
from harness.wire.codec import encode

_TEXT: Final = "text/plain; charset=utf-8"
_JSON: Final = "application/json"
_TRACE: Final = ("traceparent", "tracestate")
_BEARER: Final = "bearer."  # of the subprotocol that carries a token, for browsers, which cannot set headers


def respond(status: HTTPStatus, body: bytes, kind: str, extra: Mapping[str, str] | None = None) -> Response:
    headers = Headers(
        {"Content-Type": kind, "Content-Length": str(len(body)), "Connection": "close", "Cache-Control": "no-store"}
    )
    for name, value in (extra or {}).items():
        headers[name] = value
    return Response(status.value, status.phrase, headers, body)


class Operations:
    """`/healthz`, `/readyz`, `/metrics`; everybody may read them."""

    def __init__(self, shared: Shared) -> None:
        self._shared = shared
        settings = shared.settings
        self._metrics_here = settings.metrics_port is None and settings.worker is None

    def flags(self) -> dict[str, bool]:
        """What readiness consists of; all must hold."""
        admission = self._shared.admission
        return {
            "upstream_ready": self._shared.upstream.state().ready,
            "asr_enabled": admission.enabled(),
            "not_draining": not admission.draining,
        }

    def answer(self, path: str, *, metrics: bool = False) -> Response | None:
        """None where the path is none of these. `metrics`: asked on the port that is for them."""
        if path == "/healthz":
            return respond(HTTPStatus.OK, b'{"status":"alive"}\n', _JSON)
        if path == "/readyz":
            return self._readiness()
        if path != "/metrics":
            return None
        if metrics or self._metrics_here:
            return respond(HTTPStatus.OK, self._shared.meters.text(), CONTENT_TYPE)
        return respond(HTTPStatus.NOT_FOUND, b"Metrics are on APP_METRICS_PORT, one for each worker.\n", _TEXT)

    def _readiness(self) -> Response:
        flags = self.flags()
        ready = all(flags.values())
        body = json.dumps({"status": "ready" if ready else "not ready", **flags}) + "\n"
        return respond(HTTPStatus.OK if ready else HTTPStatus.SERVICE_UNAVAILABLE, body.encode(), _JSON)

    def only(self, _: object, request: Request) -> Response:
        """For the port where nothing else is."""
        answer = self.answer(_path(request), metrics=True)
        return answer or respond(HTTPStatus.NOT_FOUND, b"There is /healthz, /readyz and /metrics here.\n", _TEXT)


class Door:
    """`open` decides on each request to the main port; who comes in is the connection's `caller`."""

    def __init__(self, shared: Shared, operations: Operations, tokens: Tokens | None) -> None:
        self._shared = shared
        self._operations = operations
        self._tokens = tokens
        self._page = Page() if shared.settings.page else None

    def open(self, connection: ServerConnection, request: Request) -> Response | Awaitable[Response | None] | None:
        """A response instead of the upgrade, or None."""
        answer = self._operations.answer(_path(request))
        if answer is None and self._page is not None:
            answer = self._page.answer(request)
        if answer is not None:
            return answer
        origins, origin = self._shared.settings.security.origins, _header(request, "Origin")
        if origins and origin is not None and origin not in origins:
            return self._refuse(Refusal("forbidden", 0))
        caller = Caller(
            subject=_certified(connection),
            key=self._key(request),
            stream_id=stream_id_of(_header(request, "X-Stream-Id")),
            trace={name: ",".join(request.headers.get_all(name)) for name in _TRACE if name in request.headers},
        )
        if self._tokens is not None:
            return self._with_token(self._tokens, connection, request, caller)
        return self._admit(connection, caller)

    async def _with_token(
        self, tokens: Tokens, connection: ServerConnection, request: Request, caller: Caller
    ) -> Response | None:
        try:
            bearer = await tokens.check(_token_of(request))
        except TokenError as error:
            return self._refuse(Refusal(error.code, self._shared.admission.limits.retry_after_s))
        known = replace(caller, subject=bearer.subject, key=caller.key or bearer.subject, until_s=bearer.until_s)
        return self._admit(connection, known)

    def _admit(self, connection: ServerConnection, caller: Caller) -> Response | None:
        bounded(connection).caller = caller
        refusal = self._shared.admission.at_the_door(caller.subject)
        return None if refusal is None else self._refuse(refusal)

    def _refuse(self, refusal: Refusal) -> Response:
        """The error message of the contract as the body, for who reads it; the status for who does not."""
        self._shared.meters.refused.labels(refusal.code).inc()
        answer = answers.ANSWERS[refusal.code]
        extra = {"Retry-After": str(refusal.retry_after_s)} if answer.retryable else {}
        if answer.status is HTTPStatus.UNAUTHORIZED:
            extra["WWW-Authenticate"] = "Bearer"
        error = answers.own_error(refusal.code, None, retry_after_s=refusal.retry_after_s if answer.retryable else None)
        return respond(answer.status or HTTPStatus.SERVICE_UNAVAILABLE, f"{encode(error)}\n".encode(), _JSON, extra)

    def _key(self, request: Request) -> str | None:
        name = self._shared.settings.upstream.key_header
        return _header(request, name) if name else None


def _path(request: Request) -> str:
    return request.path.partition("?")[0]


def _header(request: Request, name: str) -> str | None:
    """The first of them: a header that comes twice is no reason to fail."""
    return next(iter(request.headers.get_all(name)), None)


def _token_of(request: Request) -> str:
    """From `Authorization: Bearer …` or the subprotocol `bearer.…`; never from the address, which proxies log."""
    scheme, _, token = (_header(request, "Authorization") or "").partition(" ")
    if scheme.lower() == "bearer" and token.strip():
        return token.strip()
    for line in request.headers.get_all("Sec-WebSocket-Protocol"):
        for offered in line.split(","):
            if offered.strip().startswith(_BEARER):
                return offered.strip().removeprefix(_BEARER)
    raise TokenError("there is none")


def _certified(connection: ServerConnection) -> str | None:
    """The common name of the client's certificate, which TLS has verified."""
    certificate = connection.transport.get_extra_info("peercert") or {}
    names = [value for part in certificate.get("subject", ()) for name, value in part if name == "commonName"]
    return names[0] if names else None
