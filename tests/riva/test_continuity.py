"""Where a new stream may begin, and what its events then say. At 1000 Hz a millisecond is two bytes."""

from __future__ import annotations

import pytest

from harness.riva.continuity import MOUTHFUL_BYTES, Continuity
from harness.riva.convert import RivaFinal, RivaPartial, RivaWord
from harness.riva.retry import Why


class Line:
    """A continuity that is fed numbered bytes, each piece sent at once."""

    def __init__(self, *, resume, limit_bytes=10_000):
        self.it = Continuity(rate_hz=1000, limit_bytes=limit_bytes, resume=resume)
        self.fed = bytearray()

    def feed(self, size):
        piece = bytes((len(self.fed) + at) % 251 for at in range(size))
        self.fed += piece
        self.it.add(piece)
        self.it.sent(len(self.fed))

    def replayed(self):
        """What a new stream would be given, piece by piece."""
        place = self.it.restart()
        assert not isinstance(place, Why)
        said = bytearray()
        while piece := self.it.after(place + len(said)):
            said += piece
        return place, bytes(said)


def final(*words, text="a", processed_s=None):
    spoken = tuple(RivaWord(text=text, start_ms=start, end_ms=end) for text, start, end in words)
    return RivaFinal(text=text, words=spoken, audio_processed_s=processed_s)


@pytest.mark.parametrize("resume", [False, True])
def test_before_anything_is_delivered_all_of_it_is_replayed(resume):
    """From the first sample, whether resuming is on or not."""
    line = Line(resume=resume)
    line.feed(300)
    line.feed(70)
    assert line.replayed() == (0, bytes(line.fed))


@pytest.mark.parametrize("event", [RivaPartial(text="a"), final(("a", 0, 50))])
def test_without_resuming_the_first_word_delivered_ends_it(event):
    """A replay would repeat it. And nothing is kept any more."""
    line = Line(resume=False)
    line.feed(300)
    line.it.heard(event, 0)
    assert line.it.restart() is Why.DELIVERED
    line.feed(300)
    assert line.it.after(500) == b""


def test_an_empty_partial_delivers_nothing():
    """Saying it again would change nothing, so a replay is still safe."""
    line = Line(resume=False)
    line.feed(300)
    line.it.heard(RivaPartial(text=""), 0)
    assert line.replayed() == (0, bytes(line.fed))


def test_what_does_not_fit_any_more_cannot_be_replayed():
    """The oldest audio beyond the limit is dropped, and then there is no way back."""
    line = Line(resume=False, limit_bytes=400)
    line.feed(400)
    assert line.it.restart() == 0
    line.feed(2)
    assert line.it.restart() is Why.OVERFLOW


def test_a_partial_does_not_move_the_safe_point():
    """Resuming, the open segment is said again: its partials replace each other anyway."""
    line = Line(resume=True)
    line.feed(300)
    line.it.heard(RivaPartial(text="a", audio_processed_s=0.1), 0)
    assert line.replayed() == (0, bytes(line.fed))


def test_resuming_begins_at_the_end_of_the_last_finals_last_word():
    """Not where the recogniser was when it spoke: that may be beyond the segment, and its audio would be lost."""
    line = Line(resume=True)
    line.feed(1000)
    line.it.heard(final(("a", 0, 50), ("b", 60, 120), processed_s=0.4), 0)
    assert line.replayed() == (240, bytes(line.fed[240:]))


def test_a_final_makes_room():
    """Settled audio no longer counts against the limit."""
    line = Line(resume=True, limit_bytes=400)
    for second in range(10):
        line.feed(400)
        line.it.heard(final(("a", second * 200, (second + 1) * 200)), 0)
    assert line.it.restart() == 4000
    line.feed(402)
    assert line.it.restart() is Why.OVERFLOW


def test_after_an_overflow_the_next_final_is_a_safe_point_again():
    """What overflowed was recognised after all."""
    line = Line(resume=True, limit_bytes=400)
    line.feed(1000)
    assert line.it.restart() is Why.OVERFLOW
    line.it.heard(final(("a", 0, 400)), 0)
    assert line.replayed() == (800, bytes(line.fed[800:]))


def test_an_empty_final_settles_nothing():
    """It has no words to say where it ended; hearing it again adds nothing."""
    line = Line(resume=True)
    line.feed(1000)
    line.it.heard(final(("a", 0, 100)), 0)
    line.it.heard(final(text="", processed_s=0.4), 0)
    assert line.it.restart() == 200


def test_a_final_without_word_times_cannot_be_resumed_from():
    """Where it ended is not known, so neither is what would be repeated; the next one with times is good again."""
    line = Line(resume=True)
    line.feed(1000)
    line.it.heard(final(text="a"), 0)
    assert line.it.restart() is Why.UNPLACED
    line.it.heard(final(("b", 300, 400)), 0)
    assert line.it.restart() == 800


def test_word_times_beyond_the_audio_are_held_to_it():
    """A recogniser pads: nobody can resume behind the newest sample."""
    line = Line(resume=True)
    line.feed(200)
    line.it.heard(final(("a", 0, 5000)), 0)
    assert line.it.restart() == 200


def test_events_of_a_resumed_stream_are_in_the_sessions_time():
    """Words and audio_processed are later by where the stream began; so is the next safe point."""
    line = Line(resume=True)
    line.feed(1000)
    partial = line.it.heard(RivaPartial(text="b", audio_processed_s=0.05), 240)
    assert partial.audio_processed_s == 0.17
    heard = line.it.heard(final(("b", 10, 50), processed_s=0.2), 240)
    assert [(word.start_ms, word.end_ms) for word in heard.words] == [(130, 170)]
    assert heard.audio_processed_s == 0.32
    assert line.it.restart() == 340
    assert line.it.heard(RivaPartial(text="c"), 240).audio_processed_s is None


def test_an_unresumed_event_is_passed_on_as_it_is():
    """The usual case costs nothing."""
    event = final(("a", 0, 50), processed_s=0.2)
    assert Line(resume=True).it.heard(event, 0) is event


def test_replay_goes_in_mouthfuls():
    """However the audio came, a piece has a bounded size and none is lost."""
    line = Line(resume=False, limit_bytes=100_000)
    line.feed(70_000)
    assert len(line.it.after(0)) == MOUTHFUL_BYTES
    assert line.replayed() == (0, bytes(line.fed))


def test_audio_that_was_not_sent_is_never_dropped():
    """However small the limit: it has to reach somebody first."""
    made = Continuity(rate_hz=1000, limit_bytes=0, resume=False)
    made.add(b"ab" * 50)
    made.sent(40)
    assert made.after(40) == b"ab" * 30
