from __future__ import annotations

from harness.model.timeline import Opened
from harness.run.outbox import Outbox


def test_a_batch_holds_what_came_since_the_last_one() -> None:
    """In the order of its coming; what was taken is not told again."""
    outbox = Outbox()
    assert outbox.take() is None
    outbox.opened("a", 1)
    outbox.sent("a", 0, 10)
    outbox.sent("b", 7, 20)
    outbox.sent("a", 1, 30)
    outbox.heard("a", 5, Opened())
    first = outbox.take()
    assert first is not None
    assert (first["opened"], first["over"]) == ([("a", 1)], [])
    assert first["frames"] == [("a", 0, 10), ("b", 7, 20), ("a", 1, 30)]
    assert [(row["session_id"], row["kind"]) for row in first["heard"]] == [("a", "opened")]
    outbox.sent("a", 2, 40)
    second = outbox.take()
    assert second is not None
    assert (second["frames"], second["heard"]) == ([("a", 2, 40)], [])
    assert outbox.take() is None
