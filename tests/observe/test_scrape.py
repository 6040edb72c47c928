"""Scrapes of real HTTP servers, of which some are ill."""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from harness.model.scenario import Observe, Target
from harness.observe import scrape
from harness.observe.scrape import Page, Reading, Scrapers, pages_of

Answer = Callable[[BaseHTTPRequestHandler], None]
Serve = Callable[[Answer], str]


@pytest.fixture
def served() -> Iterator[Serve]:
    """Serves GET with a function; gives the address of its page."""
    with ExitStack() as stack:

        def serve(answer: Answer) -> str:
            class Handler(BaseHTTPRequestHandler):
                def do_GET(self) -> None:
                    answer(self)

                def log_message(self, *_: object) -> None:
                    pass

            server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
            server.daemon_threads = True
            stack.callback(server.server_close)
            threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
            stack.callback(server.shutdown)
            return f"http://127.0.0.1:{server.server_port}/metrics"

        yield serve


def say(text: bytes, status: int = 200, length: int | None = None) -> Answer:
    def answer(request: BaseHTTPRequestHandler) -> None:
        request.send_response(status)
        request.send_header("Content-Length", str(len(text) if length is None else length))
        request.end_headers()
        request.wfile.write(text)

    return answer


def scraped(address: str, until: int = 1) -> tuple[list[Reading], tuple[tuple[str, str], ...]]:
    """Readings up to so many scrapes, at times 0, 1, 2 …, and what was wrong."""
    scrapers = Scrapers([Page(source="it", address=address)], itertools.count().__next__)
    scrapers.start()
    found: list[Reading] = []
    give_up = time.monotonic() + 20
    while sum(metric == "up" for _, _, metric, _ in found) < until and time.monotonic() < give_up:
        found += scrapers.take()
        time.sleep(0.001)
    scrapers.stop()
    return found, scrapers.faults


def test_a_page_becomes_readings_with_their_moment(served: Serve) -> None:
    """And `up` is 1 beside them."""
    found, faults = scraped(served(say(b"gateway_active_sessions 3\nother 4\n")))
    assert [reading[1:] for reading in found] == [("it", "up", 1.0), ("it", "gateway_active_sessions", 3.0)]
    assert len({at for at, *_ in found}) == 1
    assert faults == ()


def drip(request: BaseHTTPRequestHandler) -> None:
    """A byte now and then, for ever: each is in time, the page never is."""
    request.send_response(200)
    request.end_headers()
    try:
        while True:
            request.wfile.write(b"g")
            time.sleep(0.02)
    except OSError:
        return


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (say(b"", status=404), "it answers HTTP 404"),
        (say(b"", status=307), "it answers HTTP 307"),
        (say(b"gateway_a 1\n", length=4000), "its page breaks off"),
        (drip, "no whole page came within 0.1 s"),
        (say(b"<html>log in</html>"), "what it answers is no page of Prometheus metrics"),
    ],
)
def test_what_does_not_answer_is_down_and_never_zero(
    served: Serve, monkeypatch: pytest.MonkeyPatch, answer: Answer, why: str
) -> None:
    """No reading but `up` 0, and the reason; half a page is no page."""
    monkeypatch.setattr(scrape, "TIMEOUT_S", 0.1)
    found, faults = scraped(served(answer))
    assert [reading[1:] for reading in found] == [("it", "up", 0.0)]
    assert faults == (("it", why),)


def test_a_page_where_nothing_listens_says_so() -> None:
    """The commonest mistake in a target file."""
    assert scraped("http://127.0.0.1:1/metrics")[1] == (("it", "nothing listens there"),)


def test_a_page_that_is_slow_holds_nobody_up(served: Serve) -> None:
    """Stopping does not wait for it, and what it answers afterwards is thrown away."""
    asked, go = threading.Event(), threading.Event()

    def hang(request: BaseHTTPRequestHandler) -> None:
        asked.set()
        go.wait(10)
        say(b"gateway_active_sessions 3\n")(request)

    scrapers = Scrapers([Page(source="it", address=served(hang))], itertools.count().__next__)
    scrapers.start()
    assert asked.wait(10)
    scrapers.stop()
    go.set()
    for thread in threading.enumerate():
        if thread.name == "scrape it":
            thread.join(10)
    assert scrapers.take() == ()


def target(*observe: Observe) -> Target:
    return Target(name="t", kind="real", endpoints=(("gateway", "wss://here:8443/ws"),), observe=observe)


def test_the_gateways_page_is_beside_its_sockets() -> None:
    """At /metrics of the same host, by TLS where the sockets are; any other is where the file says."""
    pages = pages_of(
        target(
            Observe(kind="process", of="riva"),
            Observe(kind="prometheus", of="gateway"),
            Observe(kind="prometheus", of="http://gpu:8002/metrics", keep=("a",)),
        ),
        {"gateway": "wss://here:8443/ws"},
    )
    assert [(page.source, page.address, page.keep) for page in pages] == [
        ("metrics of gateway", "https://here:8443/metrics", ()),
        ("metrics of http://gpu:8002/metrics", "http://gpu:8002/metrics", ("a",)),
    ]
