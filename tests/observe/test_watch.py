"""What a run takes of this machine, read of this very process."""

from __future__ import annotations

import os
import resource
import socket
import time

from harness.model.series import (
    LOOP_BUSY,
    LOOP_WAITING,
    OPEN_FILES,
    OPEN_FILES_LIMIT,
    PORTS_IN_USE,
    PORTS_LIMIT,
)
from harness.observe.watch import Watch


def watch() -> Watch:
    return Watch({"me": os.getpid(), "gone": 2**22 + 1}, engines=("me", "gone"), now_ns=time.monotonic_ns)


def of_me(one: Watch) -> dict[str, float]:
    return {metric: value for source, metric, value in one.sample() if source == "me"}


def test_every_core_that_is_ours_is_read() -> None:
    """Busy and stolen, in per cent of the time since the sample before."""
    one = watch()
    until = time.monotonic() + 0.1
    while time.monotonic() < until:  # the kernel counts in hundredths
        pass
    cores = {metric: value for source, metric, value in one.sample() if source == "host"}
    ours = {f'core_busy_percent{{core="{core}"}}' for core in os.sched_getaffinity(0)}
    assert set(cores) <= ours | {name.replace("busy", "stolen") for name in ours}
    assert any(value > 0 for name, value in cores.items() if "busy" in name)
    assert all(0 <= value <= 100 for value in cores.values())


def test_work_of_the_loops_thread_is_told_from_waiting() -> None:
    """To the ns, as the scheduler counts."""
    one = watch()
    before = spent = time.thread_time()
    while spent < before + 0.02:
        spent = time.thread_time()
    found = of_me(one)
    assert found[LOOP_BUSY] > 0
    assert found[LOOP_WAITING] >= 0


def test_files_and_sockets_are_counted_against_their_limits() -> None:
    """One more socket is one more file and one more port."""
    one = watch()
    before = of_me(one)
    with socket.socket(), open(os.devnull, "rb"):  # noqa: PTH123  a plain file beside it
        with_both = of_me(one)
    assert with_both[OPEN_FILES] - before[OPEN_FILES] == 2
    assert with_both[OPEN_FILES_LIMIT] == resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    assert 0 < with_both[PORTS_IN_USE] < with_both[PORTS_LIMIT] <= 65536


def test_an_engine_that_is_gone_has_no_readings() -> None:
    """Not measured is not zero."""
    assert not [reading for reading in watch().sample() if reading[0] == "gone"]


def test_two_watches_do_not_disturb_each_other() -> None:
    """Each counts from its own last sample: several runs may be conducted by one process."""
    first, second = watch(), watch()
    before = spent = time.thread_time()
    while spent < before + 0.02:
        spent = time.thread_time()
    second.sample()
    assert {source: value for source, metric, value in first.sample() if metric == LOOP_BUSY}["me"] > 0
