"""Latencies from the arrival of the audio in which a word was said."""

from __future__ import annotations

import pytest

from harness.gateway.intake import AudioLimits, Intake, Pace
from harness.gateway.record import Arrivals, Latencies, Session
from harness.riva.convert import Recognition, RivaFinal, RivaWord

MS = 1_000_000
S = 1000 * MS


def session():
    intake = Intake(AudioLimits(), rate_hz=16_000)
    return Session(
        stream_id="s",
        ask=Recognition(sample_rate_hz=16_000),
        intake=intake,
        pace=Pace(AudioLimits(), 0),
        log=None,
        started_ns=0,
        until_ns=S,
        audio_at_ns=0,
    )


def test_a_final_counts_from_its_last_word_and_a_partial_from_the_first():
    """Audio comes 1 s after the start, 100 ms frames in real time; the word lasts from 250 to 550 ms."""
    here = session()
    for frame in range(10):
        here.audio_came(bytes(3200), S + (frame + 1) * 100 * MS)
    here.partial_said(S + 480 * MS)
    here.partial_said(S + 900 * MS)
    final = RivaFinal(text="word", words=(RivaWord(text="word", start_ms=250, end_ms=550),))
    told = here.final_said(final, S + 1000 * MS)
    assert told == Latencies(final_s=pytest.approx(0.4), first_partial_s=pytest.approx(0.18))
    assert here.processing_ms(S + 1010 * MS) == 10.0


def test_a_final_without_words_or_partials_times_nothing_it_does_not_know():
    """No words, no latency; no partial, no first partial."""
    here = session()
    here.audio_came(bytes(3200), 0)
    assert here.final_said(RivaFinal(text=""), S) == Latencies()
    final = RivaFinal(text="a", words=(RivaWord(text="a", start_ms=0, end_ms=50),))
    assert here.final_said(final, S) == Latencies(final_s=1.0)
    assert here.segment == 2


def test_what_is_long_ago_is_forgotten():
    """Memory is bounded: the oldest places are unknown, and so is what has not come yet."""
    arrivals = Arrivals()
    for at in range(1, 5000):
        arrivals.add(at * 20 * MS, at)
    assert arrivals.of(0) is None
    assert arrivals.of(4999 * 20 * MS) == 4999
    assert arrivals.of(5001 * 20 * MS) is None


def test_the_summary_says_how_fast_the_session_was():
    """Half a second of audio in a quarter of a second of session is twice real time."""
    here = session()
    for _ in range(5):
        here.audio_came(bytes(3200), 0)
    assert here.summary(S // 4) == {
        "audio_s": 0.5,
        "audio_bytes": 16_000,
        "duration_s": 0.25,
        "rtfx": 2.0,
        "partials": 0,
        "finals": 0,
    }
