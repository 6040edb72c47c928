"""Failures to connect that are the harness's own, and those that only look so."""

from __future__ import annotations

import errno
import os
import resource
import socket
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from harness.drivers.base import DriverSpec
from harness.drivers.gateway import GatewayDriver
from harness.drivers.lacks import lack_of, lack_told
from harness.errors import TargetError
from harness.model.timeline import NO_FILES, NO_PORTS, Closed, Errored


@contextmanager
def no_files_left() -> Iterator[None]:
    """Nothing can be opened any more; what is open stays so."""
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (3, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, before)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
async def test_a_session_without_a_file_for_its_socket_is_ours(session, listener, host: str) -> None:
    """By address and by name: a resolver without a file says that there is no such name."""
    driver = GatewayDriver(DriverSpec(driver="gateway", endpoint=f"ws://{host}:1"))
    with no_files_left():
        link = driver.open(session, listener)
        heard = await listener.over(link)
    assert heard == [
        Errored(code=NO_FILES, detail="the harness had no file descriptor left", ours=True),
        Closed(code="1006"),
    ]


async def test_a_probe_says_it_of_us() -> None:
    """Before a run, it is a sentence with the cure."""
    driver = GatewayDriver(DriverSpec(driver="gateway", endpoint="ws://127.0.0.1:1"))
    with no_files_left(), pytest.raises(TargetError, match=r"no file descriptor left; raise its limit.*ulimit -n"):
        await driver.probe()


def test_an_errno_says_whose_it_is() -> None:
    """No local port and no file are ours; nobody listening, no route and a name that does not exist are not."""
    codes = {name: lack_of(OSError(getattr(errno, name), "")) for name in ("EADDRNOTAVAIL", "EMFILE", "ENFILE")}
    assert {name: lack and lack[0] for name, lack in codes.items()} == {
        "EADDRNOTAVAIL": NO_PORTS,
        "EMFILE": NO_FILES,
        "ENFILE": NO_FILES,
    }
    for error in (
        OSError(errno.ECONNREFUSED, ""),
        OSError(errno.EHOSTUNREACH, ""),
        OSError("multiple exceptions"),
        socket.gaierror(socket.EAI_NONAME, "Name or service not known"),
    ):
        assert lack_of(error) is None


def test_grpcs_own_words_are_ours_and_a_servers_are_not() -> None:
    """A Riva that has no file left is the target's failure."""
    files = f"socket: {os.strerror(errno.EMFILE)}"
    own = f"failed to connect to all addresses; last error: INTERNAL: ipv4:127.0.0.1:1: {files}"
    assert (lack_told(own) or ("",))[0] == NO_FILES
    assert lack_told(f"backend: {files}") is None
    assert lack_told("failed to connect to all addresses; last error: UNKNOWN: Connection refused") is None
