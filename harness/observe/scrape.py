"""Reads pages of Prometheus metrics while a run goes on, each in a thread of its own: no page can hold up another."""

from __future__ import annotations

import contextlib
import http.client
import socket
import ssl
import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from queue import SimpleQueue
from typing import Final
from urllib.parse import SplitResult, urlsplit, urlunsplit

from harness.model.scenario import Target
from harness.model.series import UP
from harness.observe.prometheus import Figure, figures

PERIOD_NS: Final = 1_000_000_000
TIMEOUT_S: Final = 0.8  # of the whole scrape: it is over before the next one
MOST_BYTES: Final = 8 * 1024 * 1024

Reading = tuple[int, str, str, float]
"""When, in ns on the run's clock, source, metric, value."""

_HTTP: Final = {"ws": "http", "wss": "https"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """Where a source's metrics are, and which of them are kept."""

    source: str
    address: str
    keep: tuple[str, ...] = ()
    ca: str | None = None


def pages_of(target: Target, endpoints: Mapping[str, str]) -> tuple[Page, ...]:
    """The target's pages; `endpoints` are those that were really reached, by name."""
    return tuple(
        Page(source=one.source, address=_address(one.of, endpoints), keep=one.keep, ca=target.tls.ca)
        for one in target.observe
        if one.kind == "prometheus"
    )


def _address(of: str, endpoints: Mapping[str, str]) -> str:
    """The gateway's page is at /metrics of the address where its WebSockets are."""
    if of != "gateway":
        return of
    parts = urlsplit(endpoints[of])
    return urlunsplit((_HTTP.get(parts.scheme, parts.scheme), parts.netloc, "/metrics", "", ""))


class Scrapers:
    """Scrapes every page once a second between `start` and `stop`; `now_ns` is the run's own clock."""

    def __init__(self, pages: Iterable[Page], now_ns: Callable[[], int]) -> None:
        self._heard: SimpleQueue[Reading] = SimpleQueue()
        self._scrapers = [_Scraper(page, now_ns, self._heard) for page in pages]

    def start(self) -> None:
        for scraper in self._scrapers:
            scraper.start()

    def stop(self) -> None:
        """It does not wait: a scrape that is still under way is thrown away."""
        for scraper in self._scrapers:
            scraper.stop()

    def take(self) -> tuple[Reading, ...]:
        """What has been read since the last time."""
        return tuple(self._heard.get_nowait() for _ in range(self._heard.qsize()))  # we are the only one who takes

    @property
    def faults(self) -> tuple[tuple[str, str], ...]:
        """What was last wrong, of each source that failed at all."""
        return tuple((one.page.source, one.fault) for one in self._scrapers if one.fault)


class _Scraper(threading.Thread):
    def __init__(self, page: Page, now_ns: Callable[[], int], heard: SimpleQueue[Reading]) -> None:
        super().__init__(name=f"scrape {page.source}", daemon=True)  # a page that never ends must not keep us here
        self.page = page
        self.fault = ""
        self._now_ns = now_ns
        self._heard = heard
        self._stopped = threading.Event()

    def stop(self) -> None:
        self._stopped.set()

    def run(self) -> None:
        due_ns = self._now_ns()
        while not self._stopped.is_set():
            found = self._scraped()
            if not self._stopped.is_set():  # cut off by the run's end, it says nothing about the page
                at_ns = self._now_ns()
                for metric, value in found:
                    self._heard.put((at_ns, self.page.source, metric, value))
            due_ns += PERIOD_NS
            self._stopped.wait(max(0, due_ns - self._now_ns()) / 1e9)

    def _scraped(self) -> tuple[Figure, ...]:
        try:
            found = figures(fetch(self.page.address, self.page.ca), self.page.keep)
        except (OSError, http.client.HTTPException, ValueError) as error:
            self.fault = _why(error)
            return ((UP, 0.0),)
        return ((UP, 1.0), *found)


def fetch(address: str, ca: str | None = None) -> str:
    """A page's text within TIMEOUT_S, however slowly it drips. Raises OSError, HTTPException or ValueError.

    Redirections are not followed, proxies of the environment are not asked, and no credentials are sent.
    """
    parts = urlsplit(address)
    link = _link(parts, ca)
    link.connect()
    hung_up = threading.Event()
    late = threading.Timer(TIMEOUT_S, _hang_up, (link.sock, hung_up))  # the socket's own timeout is one of each read
    late.start()
    try:
        body = _body(link, urlunsplit(("", "", parts.path or "/", parts.query, "")))
    except (OSError, http.client.HTTPException, ValueError):
        if hung_up.is_set():
            raise TimeoutError from None
        raise
    finally:
        late.cancel()
        link.close()
    if hung_up.is_set():
        raise TimeoutError  # half a page would be taken for a whole one
    return body.decode("utf-8", "replace")


def _link(parts: SplitResult, ca: str | None) -> http.client.HTTPConnection:
    host = parts.hostname or ""
    if parts.scheme == "https":
        context = ssl.create_default_context(cafile=ca)
        return http.client.HTTPSConnection(host, parts.port, timeout=TIMEOUT_S, context=context)
    return http.client.HTTPConnection(host, parts.port, timeout=TIMEOUT_S)


def _body(link: http.client.HTTPConnection, path: str) -> bytes:
    link.request("GET", path, headers={"Accept": "text/plain;version=0.0.4", "Connection": "close"})
    answer = link.getresponse()
    if answer.status != http.HTTPStatus.OK:
        raise ValueError(f"it answers HTTP {answer.status}")
    body = answer.read(MOST_BYTES + 1)
    if len(body) > MOST_BYTES:
        raise ValueError(f"its page is over {MOST_BYTES // 2**20} MiB")
    if answer.length:
        raise ValueError("its page breaks off")
    return body


def _hang_up(held: socket.socket, hung_up: threading.Event) -> None:
    hung_up.set()
    with contextlib.suppress(OSError):
        held.shutdown(socket.SHUT_RDWR)


def _why(error: Exception) -> str:
    if isinstance(error, ConnectionRefusedError):
        return "nothing listens there"
    if isinstance(error, TimeoutError | http.client.HTTPException):
        return f"no whole page came within {TIMEOUT_S:g} s"
    if isinstance(error, OSError):
        return f"it cannot be reached ({error.strerror or error})"
    return str(error)
