"""Noise, excerpts and the telephone, seen in their spectra."""

from __future__ import annotations

import numpy as np
import pytest

from harness.corpus import derive, levels

RATE_HZ = 16_000


def power_db(samples: np.ndarray, rate_hz: int, low_hz: float, high_hz: float) -> float:
    """Power between two frequencies."""
    spectrum = np.square(np.abs(np.fft.rfft(samples)))
    hertz = np.fft.rfftfreq(len(samples), 1 / rate_hz)
    return float(10 * np.log10(spectrum[(hertz >= low_hz) & (hertz < high_hz)].sum() + 1e-20))


def test_pink_noise_has_equal_power_in_every_octave() -> None:
    """From 125 Hz to 4 kHz no octave differs by more than a dB."""
    noise = derive.pink(20 * RATE_HZ, seed=5)
    octaves = [power_db(noise, RATE_HZ, low, 2 * low) for low in (125, 250, 500, 1000, 2000)]
    assert max(octaves) - min(octaves) < 1


def test_a_room_is_darker_than_pink_noise() -> None:
    """Air noise falls 6 dB an octave: the top octave lies over 10 dB below that of pink noise."""
    room, pink = derive.room(10 * RATE_HZ, seed=5), derive.pink(10 * RATE_HZ, seed=5)
    assert power_db(room, RATE_HZ, 4000, 8000) < power_db(pink, RATE_HZ, 4000, 8000) - 10


@pytest.mark.parametrize("make", [derive.pink, derive.room])
def test_noise_depends_on_its_seed_alone(make: object) -> None:
    """Same seed, same samples; another seed, others; the level is 1."""
    assert callable(make)
    first, again, other = make(8000, 1), make(8000, 1), make(8000, 2)
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)
    assert levels.rms(first) == pytest.approx(1)


def test_an_excerpt_wraps_around() -> None:
    """A recording shorter than what is needed starts again at its beginning."""
    piece = derive.excerpt(np.arange(10.0), 25, seed=3)
    assert len(piece) == 25
    assert set(np.diff(piece)) == {1.0, -9.0}


def test_babble_holds_every_voice_equally_loud() -> None:
    """A loud and a quiet voice contribute the same."""
    seconds = np.arange(RATE_HZ) / RATE_HZ
    loud, quiet = np.sin(2 * np.pi * 200 * seconds), 0.01 * np.sin(2 * np.pi * 900 * seconds)
    mixed = derive.babble([loud, quiet], RATE_HZ, seed=4)
    assert power_db(mixed, RATE_HZ, 150, 250) == pytest.approx(power_db(mixed, RATE_HZ, 850, 950), abs=0.1)


def test_the_telephone_keeps_lows_unless_there_is_a_line() -> None:
    """VoIP carries 120 Hz at 8 kHz; an analog line takes over 20 dB of it and leaves 1 kHz alone."""
    seconds = np.arange(2 * RATE_HZ) / RATE_HZ
    tones = 0.1 * np.sin(2 * np.pi * 120 * seconds) + 0.1 * np.sin(2 * np.pi * 1000 * seconds)
    voip, line = (derive.telephone(tones, line=line) / 32768 for line in (False, True))
    assert len(voip) == len(line) == RATE_HZ
    assert power_db(voip, 8000, 100, 140) == pytest.approx(power_db(voip, 8000, 980, 1020), abs=0.5)
    assert power_db(line, 8000, 100, 140) < power_db(line, 8000, 980, 1020) - 20
    assert power_db(line, 8000, 980, 1020) == pytest.approx(power_db(voip, 8000, 980, 1020), abs=0.5)


def test_the_telephone_speaks_mu_law() -> None:
    """No more than 255 different sample values come out."""
    noise = np.random.default_rng(2).normal(0, 0.1, RATE_HZ)
    assert len(np.unique(derive.telephone(noise, line=False))) <= 255
