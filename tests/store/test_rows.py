from __future__ import annotations

import pytest

from harness.model.timeline import Closed, Errored, Final, Heard, HeardWord, Opened, Partial, Refused
from harness.run.framing import body_of, message_of
from harness.store.rows import heard_of, heard_row

WORDS = (HeardWord(text="a", start_ns=1, end_ns=2), HeardWord(text="b"))


@pytest.mark.parametrize(
    "heard",
    [
        Opened(),
        Partial(segment=2, text=""),
        Final(segment=0, text="a b", words=WORDS, audio_end_ns=5),
        Final(segment=0, text=""),
        Refused(code="resource_exhausted", retry_after_ms=500, detail="full"),
        Refused(code="x"),
        Errored(code="timeout", retryable=True, detail="late"),
        Closed(code="1000"),
    ],
)
def test_everything_heard_survives_as_a_row(heard: Heard) -> None:
    """The row goes over the pipe and comes back as the same value."""
    row = message_of(body_of(heard_row("s1", 7, heard)))
    assert (row["session_id"], row["at_ns"]) == ("s1", 7)
    assert heard_of(row) == heard


def test_half_a_surrogate_pair_does_not_stop_the_run() -> None:
    """JSON can carry what UTF-8 cannot; it is stored as a question mark."""
    final = Final(segment=0, text="so \ud83d", words=(HeardWord(text="\ud83d"),))
    row = heard_row("s1", 5, final)
    assert (row["text"], row["words"][0]["text"]) == ("so ?", "?")


def test_a_row_of_no_known_kind_is_refused() -> None:
    """A damaged table is an error with a name, not a KeyError."""
    with pytest.raises(ValueError, match="nothing that can be heard is called 'sung'"):
        heard_of({"kind": "sung"})
