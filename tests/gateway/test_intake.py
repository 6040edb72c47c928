"""Joining, decoding, resampling and pacing, by times that are given."""

from __future__ import annotations

import numpy as np
import pytest

from harness.gateway.intake import AudioLimits, Intake, Pace
from harness.pcm import mulaw_decode

MS = 1_000_000
LIMITS = AudioLimits()


def frame(milliseconds, rate_hz=16_000):
    return bytes([milliseconds]) * (2 * rate_hz * milliseconds // 1000)


def play(intake, frame_ms, count):
    """What goes to Riva at each frame's time, in ms of audio, flushed when it is due."""
    sent = []
    for at in range(count):
        now_ns = at * frame_ms * MS
        if intake.due_ns is not None and intake.due_ns < now_ns:
            sent.append((intake.due_ns // MS, len(intake.flush()) // 32))
        ready = intake.push(frame(frame_ms), now_ns)
        if ready:
            sent.append((now_ns // MS, len(ready) // 32))
    return sent


@pytest.mark.parametrize(
    ("frame_ms", "sent"),
    [
        (20, [(40, 60), (100, 60), (160, 60)]),
        (10, [(40, 50), (90, 50)]),
        (30, [(30, 60), (90, 60), (150, 60), (210, 60), (270, 60)]),
        (50, [(at, 50) for at in range(0, 500, 50)]),
        (100, [(at, 100) for at in range(0, 1000, 100)]),
    ],
)
def test_small_frames_are_joined_and_none_waits_longer_than_the_hold(frame_ms, sent):
    """A frame waits only while the next is due within 45 ms of the oldest; larger ones never wait."""
    assert play(Intake(LIMITS, rate_hz=16_000), frame_ms, 10) == sent


def test_a_burst_is_joined_to_the_longest_length():
    """Frames that all come at once go on in pieces of 100 ms."""
    intake = Intake(LIMITS, rate_hz=16_000)
    sizes = [len(intake.push(frame(20), 0)) for _ in range(10)]
    assert sizes == [0, 0, 0, 0, 3200, 0, 0, 0, 0, 3200]


def test_joining_can_be_switched_off():
    """With a length of 0 each frame goes on at once."""
    intake = Intake(AudioLimits(join_ms=0), rate_hz=16_000)
    assert intake.push(frame(20), 0) == frame(20)
    assert intake.due_ns is None


def test_what_is_held_is_due_and_the_end_takes_it_along():
    """The first held frame sets the time; nothing is lost at the end."""
    intake = Intake(LIMITS, rate_hz=16_000)
    assert intake.push(frame(20), 5 * MS) == b""
    assert intake.due_ns == 50 * MS
    assert intake.finish() == frame(20)
    assert intake.due_ns is None


def test_mulaw_becomes_pcm_and_counts_as_its_duration():
    """One byte is one sample."""
    intake = Intake(AudioLimits(join_ms=0), rate_hz=8_000, encoding="mulaw")
    codes = bytes(range(256))
    assert intake.push(codes, 0) == mulaw_decode(codes)
    assert intake.audio_s == 256 / 8_000
    assert intake.taken_hz == 8_000


@pytest.mark.parametrize("rate_hz", [44_100, 48_000])
def test_what_riva_does_not_take_is_resampled(rate_hz):
    """A second is a second at 16 kHz, whatever the frames."""
    intake = Intake(LIMITS, rate_hz=rate_hz)
    tone = (8000 * np.sin(2 * np.pi * 440 * np.arange(rate_hz) / rate_hz)).astype("<i2").tobytes()
    out = b"".join(intake.push(tone[at : at + 2 * 441], at) for at in range(0, len(tone), 2 * 441)) + intake.finish()
    assert intake.taken_hz == 16_000
    assert len(out) == 2 * 16_000
    expected = 8000 * np.sin(2 * np.pi * 440 * np.arange(16_000) / 16_000)
    assert np.abs(np.frombuffer(out, "<i2")[100:-100] - expected[100:-100]).max() < 4


def test_the_queues_bound_is_the_smaller_of_bytes_and_time():
    """Two seconds at 8 kHz are less than 128 KiB; at 48 kHz they are more."""
    assert Intake(LIMITS, rate_hz=8_000).queue_bytes == 32_000
    assert Intake(LIMITS, rate_hz=48_000).queue_bytes == 128 * 1024


def test_real_time_is_never_slowed():
    """An hour at real time, with frames that come in pairs now and then."""
    pace = Pace(AudioLimits(ahead_ms=1000), 0)
    assert not any(pace.hold_ns(100 * MS, (at // 2) * 200 * MS) for at in range(36_000))


def test_faster_than_real_time_is_held_back_to_it():
    """After the head start every piece waits for its own duration, and the waiting adds up to too much."""
    pace = Pace(AudioLimits(ahead_ms=1000, slowed_ms=500), 0)
    now_ns, holds = 0, []
    for _ in range(16):
        holds.append(pace.hold_ns(100 * MS, now_ns))
        now_ns += holds[-1]
    assert holds == [0] * 10 + [100 * MS] * 6
    assert pace.too_fast


def test_who_slows_down_is_forgiven():
    """Patience begins anew once the client is no longer far ahead."""
    pace = Pace(AudioLimits(ahead_ms=1000, slowed_ms=500), 0)
    assert pace.hold_ns(1400 * MS, 0) == 400 * MS
    assert pace.hold_ns(100 * MS, 5000 * MS) == 0
    assert pace.hold_ns(1300 * MS, 5000 * MS) == 400 * MS
    assert not pace.too_fast


def test_a_silence_cannot_be_caught_up_at_will():
    """Ten minutes without audio do not allow ten minutes at once."""
    pace = Pace(AudioLimits(ahead_ms=1000), 0)
    assert pace.hold_ns(600_000 * MS, 600_000 * MS) == 599_000 * MS
