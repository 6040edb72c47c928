from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from typing import Any

from harness.embedded.pool import Pool, Rank, Request, Waiting


def ignore(_: asyncio.Future[Any]) -> None:
    """Nobody waits for this outcome."""


def request(key: str, rank: Rank, work: Callable[[], Any] = bool, done: Callable[..., None] = ignore) -> Request:
    return Request(key=key, rank=rank, work=lambda: work, done=done)


def order(waiting: Waiting) -> list[tuple[str, str]]:
    """What is taken until nothing is left, when each is done at once."""
    taken = []
    while (best := waiting.take()) is not None:
        taken.append((str(best.key), best.rank.name))
        waiting.finished(best.key)
    return taken


def test_finals_go_first_then_first_partials_then_the_oldest() -> None:
    """Urgency before order of arrival, order of arrival within the same urgency."""
    waiting = Waiting()
    for key, rank in [("a", Rank.PARTIAL), ("b", Rank.PARTIAL), ("c", Rank.FIRST_PARTIAL), ("d", Rank.FINAL)]:
        waiting.put(request(key, rank))
    assert order(waiting) == [("d", "FINAL"), ("c", "FIRST_PARTIAL"), ("a", "PARTIAL"), ("b", "PARTIAL")]


def test_only_the_newest_partial_of_a_stream_waits_and_keeps_its_place() -> None:
    """A stream that asks often neither gains nor loses its turn, and its old audio is not decoded."""
    waiting, newest = Waiting(), request("a", Rank.PARTIAL)
    for each in (request("a", Rank.PARTIAL), request("b", Rank.PARTIAL), newest):
        waiting.put(each)
    assert len(waiting) == 2
    assert waiting.take() is newest


def test_a_final_replaces_the_waiting_partial_and_finals_never_replace_each_other() -> None:
    """Two utterances of one stream are two finals, in order; a partial of the first is stale by then."""
    waiting, first, second = Waiting(), request("a", Rank.FINAL), request("a", Rank.FINAL)
    for each in (request("a", Rank.PARTIAL), first, second):
        waiting.put(each)
    assert len(waiting) == 2
    assert waiting.take() is first


def test_a_stream_is_never_decoded_twice_at_once() -> None:
    """Its next request waits until the running one is finished, while others go on."""
    waiting = Waiting()
    for key, rank in [("a", Rank.FINAL), ("a", Rank.FINAL), ("b", Rank.PARTIAL)]:
        waiting.put(request(key, rank))
    taken = [waiting.take(), waiting.take(), waiting.take()]
    assert [each.key if each else None for each in taken] == ["a", "b", None]
    waiting.finished("a")
    assert waiting.take() is not None


def test_a_forgotten_stream_leaves_nothing_behind() -> None:
    """A cancelled client's requests are not decoded any more."""
    waiting = Waiting()
    waiting.put(request("a", Rank.FINAL))
    waiting.put(request("b", Rank.FINAL))
    waiting.forget("a")
    assert order(waiting) == [("b", "FINAL")]


async def test_a_busy_pool_skips_partials_and_keeps_a_streams_order() -> None:
    """While one decoding runs, three partials and a final come in: only the final is decoded, after it."""
    pool, release, log = Pool(workers=1), threading.Event(), list[str]()
    over = asyncio.Event()

    def note(name: str) -> Callable[[], None]:
        return lambda: log.append(name)

    pool.submit(request("a", Rank.FIRST_PARTIAL, release.wait, lambda _: log.append("first")))
    for number in range(3):
        pool.submit(request("a", Rank.PARTIAL, note(f"partial {number}")))
    pool.submit(request("a", Rank.FINAL, note("final"), lambda _: over.set()))
    release.set()
    await asyncio.wait_for(over.wait(), 10)
    pool.close()
    assert log == ["first", "final"]


async def test_work_that_breaks_frees_its_thread_and_its_stream() -> None:
    """The error goes to whoever asked, and the next request is served."""
    pool, outcomes, over = Pool(workers=1), list[asyncio.Future[Any]](), asyncio.Event()
    pool.submit(request("a", Rank.FINAL, lambda: 1 // 0, outcomes.append))
    pool.submit(request("a", Rank.FINAL, lambda: 2, lambda future: (outcomes.append(future), over.set())))
    await asyncio.wait_for(over.wait(), 10)
    pool.close()
    assert isinstance(outcomes[0].exception(), ZeroDivisionError)
    assert outcomes[1].result() == 2


def test_whole_files_wait_for_everything_else_and_never_for_each_others_sake() -> None:
    """The last of all ranks; a second request of the same file does not replace the first."""
    waiting = Waiting()
    for key, rank in [("f", Rank.OFFLINE), ("f", Rank.OFFLINE), ("a", Rank.PARTIAL), ("b", Rank.FINAL)]:
        waiting.put(request(key, rank))
    assert [name for name, _ in order(waiting)] == ["b", "a", "f", "f"]


async def test_work_can_be_awaited() -> None:
    """Its value, or what it raises."""
    pool = Pool(workers=1)
    assert await pool.run("a", Rank.OFFLINE, lambda: 2) == 2
    try:
        await pool.run("a", Rank.OFFLINE, lambda: 1 // 0)
    except ZeroDivisionError:
        raised = True
    pool.close()
    assert raised


async def test_who_stops_waiting_takes_the_work_back() -> None:
    """A cancelled wait leaves nothing in the queue."""
    pool, release = Pool(workers=1), threading.Event()
    pool.submit(request("a", Rank.FINAL, release.wait))
    waiting = asyncio.create_task(pool.run("b", Rank.OFFLINE, bool))
    await asyncio.sleep(0)
    assert len(pool._waiting) == 1
    waiting.cancel()
    await asyncio.gather(waiting, return_exceptions=True)
    assert len(pool._waiting) == 0
    release.set()
    pool.close()
