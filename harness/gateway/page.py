"""The page at `/`: a microphone, the words, and what they took. One HTML file that needs nothing else from anywhere.

Its parts lie beside this module (`page*.html|css|js`) and are put together once. The content security policy names
the digests of exactly these parts, so that nothing which somehow got into the page would run.
"""

from __future__ import annotations

import base64
import hashlib
from http import HTTPStatus
from importlib.resources import files
from typing import Final

from websockets.datastructures import Headers
from websockets.http11 import Request, Response

_PATH: Final = "/"
_SCRIPTS: Final = ("page_measure.js", "page.js")


class Page:
    """Made only where it was asked for: reads its parts from the package."""

    def __init__(self) -> None:
        style, script = _part("page.css"), "".join(map(_part, _SCRIPTS))
        parts = {"{{style}}": style, "{{script}}": script, "{{worklet}}": _part("page_worklet.js")}
        html = _part("page.html")
        for mark, part in parts.items():
            html = html.replace(mark, part)
        self._body = html.encode()
        self._headers = {
            "Content-Type": "text/html; charset=utf-8",
            "Content-Length": str(len(self._body)),
            "Connection": "close",
            "Cache-Control": "no-store",
            "Content-Security-Policy": _policy(style, script),
            "Permissions-Policy": "microphone=(self)",
            "Referrer-Policy": "no-referrer",
            "X-Content-Type-Options": "nosniff",
            "Cross-Origin-Opener-Policy": "same-origin",
        }

    def answer(self, request: Request) -> Response | None:
        """The page for a plain request to `/`; None for other paths, and for WebSockets, which may come to `/` too."""
        if request.path.partition("?")[0] != _PATH or request.headers.get_all("Upgrade"):
            return None
        return Response(HTTPStatus.OK.value, HTTPStatus.OK.phrase, Headers(self._headers), self._body)


def _part(name: str) -> str:
    return files("harness.gateway").joinpath(name).read_text(encoding="utf-8")


def _policy(style: str, script: str) -> str:
    """Our own script and style; the audio worklet, which a browser loads by address alone, from a blob; our socket."""
    rules = (
        "default-src 'none'",
        f"script-src {_digest(script)} blob:",
        f"style-src {_digest(style)}",
        "connect-src 'self'",
        "img-src data:",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
    )
    return "; ".join(rules)


def _digest(part: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(part.encode()).digest()).decode()}'"
