from __future__ import annotations

import pytest

from harness.drivers.backlog import Backlog


def test_frames_leave_in_the_order_they_came() -> None:
    """First in, first out, and empty is an error of the caller."""
    backlog = Backlog(16_000)
    for frame in (b"one", b"two"):
        backlog.add(frame)
    assert (len(backlog), backlog.take(), backlog.take(), len(backlog)) == (2, b"one", b"two", 0)
    with pytest.raises(IndexError):
        backlog.take()


@pytest.mark.parametrize("rate_hz", [8_000, 16_000])
def test_ten_seconds_of_audio_may_wait_and_not_a_sample_more(rate_hz: int) -> None:
    """The limit is audio, not frames: it follows the rate."""
    backlog = Backlog(rate_hz)
    backlog.add(bytes(10 * rate_hz * 2))
    assert not backlog.over
    backlog.add(bytes(2))
    assert backlog.over
    backlog.take()
    assert not backlog.over
    backlog.add(bytes(10 * rate_hz * 2))
    backlog.clear()
    assert (backlog.over, len(backlog)) == (False, 0)
