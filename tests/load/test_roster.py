"""Who stands for which session."""

from __future__ import annotations

from harness.load.roster import Roster


def test_sessions_are_claimed_in_plan_order_and_once() -> None:
    """Two users never stand for the same one; when all are claimed there is nothing to do."""
    roster = Roster(["a", "b"])
    assert [roster.claim(), roster.claim(), roster.claim()] == ["a", "b", None]


def test_a_session_whose_user_was_stopped_is_the_next_to_be_claimed() -> None:
    """It goes on without him, and has its place in the order again."""
    roster = Roster(["a", "b", "c"])
    assert roster.claim() == "a"
    roster.release("a")
    assert [roster.claim(), roster.claim()] == ["a", "b"]


def test_what_is_over_is_never_claimed() -> None:
    """The engine plays whatever Locust does: a session without a user ends all the same."""
    roster = Roster(["a", "b", "c"])
    roster.over("a")
    assert roster.claim() == "b"
    roster.over("b")
    roster.release("b")
    assert [roster.claim(), roster.claim()] == ["c", None]
