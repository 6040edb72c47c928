"""A session's place in a plan."""

from __future__ import annotations

from harness.scenario.session import draw


def test_a_draw_is_the_same_on_any_machine() -> None:
    """The first 64 bits of SHA-256 of the arguments' text: `printf 7:clip:3 | sha256sum`."""
    assert draw(7, "clip", 3) == 0x12572318E32B7E0E
