from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from harness.model.plan import Plan, SessionPlan
from harness.model.timeline import Closed, Errored, Final, Heard, Opened, Partial
from harness.run.progress import Board
from harness.store.rows import heard_row, session_row

MS = 1_000_000
S = 1_000_000_000


@pytest.fixture
def plans(make_session: Callable[..., SessionPlan]) -> tuple[SessionPlan, ...]:
    return make_session("a"), make_session("b"), make_session("c")


@pytest.fixture
def board(plans: tuple[SessionPlan, ...]) -> Board:
    return Board(Plan(seed=1, lanes=3, sessions=plans))


def batch(**parts: Any) -> dict[str, Any]:
    return {"type": "batch", "opened": [], "heard": [], "frames": [], "over": []} | parts


def heard(session_id: str, *said: tuple[int, Heard]) -> dict[str, Any]:
    return batch(opened=[(session_id, 0)], heard=[heard_row(session_id, at_ns, what) for at_ns, what in said])


def test_sessions_are_counted_as_they_open_and_end(board: Board, plans: tuple[SessionPlan, ...]) -> None:
    """Planned, open, done."""
    board.follow(batch(opened=[("a", 1), ("b", 2)], over=[session_row(plans[0], "completed")]))
    now = board.progress("running", 3 * S)
    assert (now.phase, now.planned, now.open, now.done, now.failed) == ("running", 3, 1, 1, 0)
    assert (now.elapsed_ns, now.total_ns) == (3 * S, 2 * S)


def test_a_session_fails_once_however_it_does(board: Board, plans: tuple[SessionPlan, ...]) -> None:
    """By an error and its close, by a close before the audio was over, by the deadline; a good close is none."""
    board.follow(heard("a", (S, Errored(code="x")), (S, Closed(code="1011"))))
    assert board.progress("running", 0).failed == 1
    board.follow(heard("b", (2 * S - 1, Closed(code="1000"))))
    board.follow(batch(over=[session_row(plans[2], "deadline")]))
    assert board.progress("running", 0).failed == 3


def test_a_good_close_is_no_failure(board: Board) -> None:
    """After the end of the audio."""
    board.follow(heard("a", (2 * S, Closed(code="1000"))))
    assert board.progress("running", 0).failed == 0


def test_the_newest_latencies_are_shown(board: Board, plans: tuple[SessionPlan, ...]) -> None:
    """First partial: after onset, from the first word's end (300 ms). Final: the last one, from the last word's end."""
    before = board.progress("running", 0)
    assert (before.first_partial_ms, before.final_ms) == (None, None)
    said = [
        (S + 90 * MS, Partial(segment=0, text="uh")),  # before anything was spoken
        (S + 420 * MS, Partial(segment=0, text="hello")),
        (S + 520 * MS, Partial(segment=0, text="hello th")),
        (S + 900 * MS, Final(segment=0, text="hello")),
        (S + 1_150 * MS, Final(segment=1, text="there")),
        (S + 1_250 * MS, Final(segment=2, text="")),
    ]
    board.follow(heard("a", *said))
    board.follow(batch(over=[session_row(plans[0], "completed")]))
    after = board.progress("running", 0)
    assert (after.first_partial_ms, after.final_ms) == (120.0, 350.0)


def test_the_worst_lag_is_the_latest_frame_or_tick(board: Board, plans: tuple[SessionPlan, ...]) -> None:
    """The harness's own health while the run goes on."""
    board.follow(batch(frames=[("a", 0, 100), ("a", 1, 2_500)]))
    assert board.progress("running", 0).worst_lag_ms == 2.5
    board.follow(batch(over=[session_row(plans[0], "completed", tick_late_max_us=7_000)]))
    assert board.progress("running", 0).worst_lag_ms == 7.0


def test_what_an_engine_left_behind_is_accounted_for(board: Board, plans: tuple[SessionPlan, ...]) -> None:
    """Over stays over, open is cut, the rest never started."""
    board.follow(batch(opened=[("a", 1), ("b", 2)], over=[session_row(plans[0], "completed")]))
    board.follow(batch(heard=[heard_row("b", 5, Opened())]))
    left = [(row["session_id"], row["end_reason"], row["opened_ns"], row["ready_ns"]) for row in board.left_open()]
    assert left == [("b", "cut", 2, 5), ("c", "never_started", None, None)]
