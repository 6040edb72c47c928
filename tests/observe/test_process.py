from __future__ import annotations

import os
import subprocess
import sys

from harness.observe.process import ProcessWatch

BLOCK = [sys.executable, "-c", "import sys; print(flush=True); sys.stdin.read()"]


def test_a_process_is_read_by_its_name() -> None:
    """This very process has memory and a thread."""
    readings = {metric: value for name, metric, value in ProcessWatch({"me": os.getpid()}).sample() if name == "me"}
    assert set(readings) == {"cpu_percent", "rss_bytes", "threads"}
    assert readings["rss_bytes"] > 1_000_000
    assert readings["threads"] >= 1


def test_work_is_seen_as_cpu() -> None:
    """From one sample to the next."""
    watch = ProcessWatch({"me": os.getpid()})
    before = spent = os.times().user
    while spent < before + 0.05:  # a few ticks of the kernel's accounting
        spent = os.times().user
    assert {metric: value for _, metric, value in watch.sample()}["cpu_percent"] > 0


def test_children_count_unless_they_are_watched_themselves() -> None:
    """Memory of a parent holds that of its helpers, and never that of a process with a name of its own."""
    with subprocess.Popen(BLOCK, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as child:
        assert child.stdout is not None
        child.stdout.readline()
        alone = threads(ProcessWatch({"me": os.getpid(), "child": child.pid}))
        together = threads(ProcessWatch({"me": os.getpid()}))
        child.communicate(b"")
    assert alone["child"] == 1
    assert together["me"] == alone["me"] + 1


def threads(watch: ProcessWatch) -> dict[str, float]:
    return {name: value for name, metric, value in watch.sample() if metric == "threads"}


def test_a_process_that_is_gone_has_no_readings() -> None:
    """Not measured is not zero; a zombie is gone as well."""
    child = subprocess.Popen(BLOCK, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    watch = ProcessWatch({"child": child.pid})
    assert watch.sample()
    child.kill()
    os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)  # dead, and not yet buried
    assert watch.sample() == ()
    child.communicate()
    assert watch.sample() == ()
