from __future__ import annotations

import itertools
from collections.abc import Iterable

import pytest

from harness.embedded.utterance import Endpointer, Segment, Settings

SETTINGS = Settings()
SILENCE, BREATH, WEAK, SPEECH = 0.01, 0.15, 0.4, 0.95


def heard(endpointer: Endpointer, probabilities: Iterable[float]) -> list[Segment]:
    closed = [endpointer.push(probability) for probability in probabilities]
    return [segment for segment in closed if segment is not None]


def spans(segments: list[Segment]) -> list[tuple[int, int, int]]:
    return [(segment.first_frame, segment.voiced_end_frame, segment.end_frame) for segment in segments]


def test_a_pause_of_the_hangover_ends_an_utterance() -> None:
    """It begins with the first voiced frame and is over 9 silent frames (288 ms) after its last."""
    endpointer = Endpointer()
    closed = heard(endpointer, [SILENCE] * 5 + [SPEECH] * 20 + [SILENCE] * 9)
    assert spans(closed) == [(5, 25, 34)]
    assert endpointer.segment is None
    assert (closed[0].start_ms, closed[0].voiced_end_ms) == (160, 800)


def test_a_shorter_pause_does_not_end_it() -> None:
    """A breath between words leaves one utterance."""
    assert heard(Endpointer(), [SPEECH] * 20 + [SILENCE] * 8 + [SPEECH] * 20) == []


def test_a_breathy_onset_belongs_to_the_utterance() -> None:
    """Weak evidence opens the segment, so that no time is lost, but shows and confirms nothing by itself."""
    endpointer = Endpointer()
    heard(endpointer, [SILENCE, BREATH, BREATH])
    segment = endpointer.segment
    assert segment is not None
    assert segment.first_frame == 1
    assert not endpointer.may_show(segment)
    heard(endpointer, [SPEECH] * 5)
    assert endpointer.segment is segment
    assert endpointer.may_show(segment)
    assert endpointer.is_confirmed(segment)


@pytest.mark.parametrize("probabilities", [[BREATH] * 4, [WEAK] * 12, [0.66] * 8, [SPEECH] * 3])
def test_noise_and_music_confirm_nothing(probabilities: list[float]) -> None:
    """Neither weak, nor long but doubtful, nor very short evidence makes a final."""
    endpointer = Endpointer()
    (closed,) = heard(endpointer, probabilities + [SILENCE] * 9)
    assert not endpointer.is_confirmed(closed)


def test_a_long_utterance_ends_at_the_next_short_pause() -> None:
    """After 6 s a pause of 96 ms is enough, and what is said next is the next segment."""
    endpointer = Endpointer()
    closed = heard(endpointer, [SPEECH] * 190 + [SILENCE] * 3 + [SPEECH] * 10)
    assert spans(closed) == [(0, 190, 193)]
    assert endpointer.segment is not None
    assert endpointer.segment.first_frame == 193


def test_speech_without_a_pause_is_cut_at_the_hard_limit() -> None:
    """10 s without any pause make a segment, and not one frame is lost between two."""
    endpointer = Endpointer()
    closed = heard(endpointer, [SPEECH] * (2 * SETTINGS.hard_limit_frames))
    limit = SETTINGS.hard_limit_frames
    assert spans(closed) == [(0, limit, limit), (limit, 2 * limit, 2 * limit)]


def test_flushing_closes_what_is_open_and_only_that() -> None:
    """Half-close hands out the open segment once."""
    endpointer = Endpointer()
    assert endpointer.flush() is None
    heard(endpointer, [SPEECH] * 10)
    closed = endpointer.flush()
    assert closed is not None
    assert spans([closed]) == [(0, 10, 10)]
    assert endpointer.flush() is None


def asked(endpointer: Endpointer, probabilities: Iterable[float]) -> list[int]:
    """The frames after which a partial was due, when every one of them shows a text at once."""
    found = []
    for number, probability in enumerate(probabilities, 1):
        endpointer.push(probability)
        segment = endpointer.ask_partial()
        if segment is not None:
            segment.spoken = True
            found.append(number)
    return found


def test_partials_come_at_once_and_then_at_the_cadence() -> None:
    """The first after 64 ms of speech, then every 192 ms, after 3 s every 288 ms."""
    frames = asked(Endpointer(), [SPEECH] * 120)
    steps = {later - sooner for sooner, later in itertools.pairwise(frames) if later < 94}
    late_steps = {later - sooner for sooner, later in itertools.pairwise(frames) if sooner > 94}
    assert (frames[0], steps, late_steps) == (2, {6}, {9})


def test_until_a_text_was_shown_every_frame_asks_again() -> None:
    """An empty first hypothesis does not cost a whole interval."""
    endpointer = Endpointer()
    heard(endpointer, [SPEECH] * 2)
    assert endpointer.ask_partial() is not None
    heard(endpointer, [SPEECH])
    assert endpointer.ask_partial() is not None


def test_in_a_pause_one_more_partial_is_asked_for_and_then_none() -> None:
    """96 ms into a pause the words are complete: that hypothesis is the final's draft, more would be wasted."""
    assert asked(Endpointer(), [SPEECH] * 9 + [SILENCE] * 8) == [2, 8, 12]


def test_nothing_is_asked_for_in_silence() -> None:
    """Without an open segment there is nothing to decode."""
    assert asked(Endpointer(), [SILENCE] * 50) == []
