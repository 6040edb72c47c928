from __future__ import annotations

import numpy as np

from harness.embedded.tape import Tape


def test_samples_keep_their_numbers_when_the_past_is_forgotten() -> None:
    """Numbers count from the start of the stream, and what is gone or not yet there is left out."""
    tape = Tape()
    for start in range(0, 100, 10):
        tape.append(np.arange(start, start + 10, dtype=np.float32))
    tape.forget_before(42)
    assert tape.end == 100
    assert list(tape.read(50, 53)) == [50, 51, 52]
    assert list(tape.read(0, 44)) == [42, 43]
    assert list(tape.read(98, 200)) == [98, 99]


def test_forgetting_what_is_gone_or_more_than_there_is_is_harmless() -> None:
    """Backwards nothing happens; forwards the tape is empty and goes on at its end."""
    tape = Tape()
    tape.append(np.zeros(10, dtype=np.float32))
    tape.forget_before(5)
    tape.forget_before(2)
    assert len(tape.read(0, 10)) == 5
    tape.forget_before(50)
    assert (tape.end, len(tape.read(0, 50))) == (10, 0)
