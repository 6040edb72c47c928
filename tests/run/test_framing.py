from __future__ import annotations

import pytest

from harness.run.framing import HEADER, addressed, body_of, length_of, message_of, pack


def test_a_message_comes_back_as_it_was() -> None:
    """With clips as bytes, with what is not there, and with half of a surrogate pair that a target may have said."""
    message = {"type": "batch", "frames": [["s1", 3, 250]], "data": b"\x00\xff", "why": None, "text": "so \ud83d"}
    assert message_of(body_of(message)) == message
    packed = pack(message)
    assert length_of(packed[:HEADER]) == len(packed) - HEADER


@pytest.mark.parametrize("engine", [None, 0, 300])
def test_a_body_is_addressed_unread(engine: int | None) -> None:
    """What Locust's side passes on is what the engine said."""
    said = {"type": "done", "nested": {"a": [1, None]}}
    assert message_of(addressed(engine, body_of(said))) == {"engine": engine, "says": said}


def test_what_is_no_message_is_a_value_error() -> None:
    """Not an error of the library's own."""
    with pytest.raises(ValueError):  # noqa: PT011  whatever the library says
        message_of(b"\xc1")
