"""Energy edges on signals whose edges are known."""

from __future__ import annotations

import numpy as np
import pytest

from harness.corpus.edges import find_edges, frame_levels_db

RATE_HZ = 16_000


def tone_between(start_s: float, stop_s: float, length_s: float = 3.0, floor: float = 1e-4) -> np.ndarray:
    """A 300 Hz tone of amplitude 0.1 in faint noise."""
    seconds = np.arange(int(length_s * RATE_HZ)) / RATE_HZ
    noise = np.random.default_rng(1).normal(0, floor, len(seconds))
    return noise + 0.1 * np.sin(2 * np.pi * 300 * seconds) * ((seconds >= start_s) & (seconds < stop_s))


@pytest.mark.parametrize("floor", [0.0, 1e-5, 1e-3])
def test_edges_of_a_tone_are_found_within_15_ms(floor: float) -> None:
    """Half a window of 20 ms and a step of 5 ms bound the error, whatever the noise floor."""
    edges = find_edges(tone_between(0.5, 2.25, floor=floor), RATE_HZ)
    assert edges is not None
    assert edges.onset_ms == pytest.approx(500, abs=15)
    assert edges.offset_ms == pytest.approx(2250, abs=15)


def test_a_click_is_not_speech() -> None:
    """A burst of 5 ms ahead of the tone does not move the onset."""
    signal = tone_between(1.0, 2.0)
    signal[3200:3280] = 0.1
    edges = find_edges(signal, RATE_HZ)
    assert edges is not None
    assert edges.onset_ms == pytest.approx(1000, abs=15)


@pytest.mark.parametrize("count", [0, 100, RATE_HZ], ids=["nothing", "less than a window", "digital silence"])
def test_silence_has_no_edges(count: int) -> None:
    """Neither digital silence nor too short a signal holds speech."""
    assert find_edges(np.zeros(count), RATE_HZ) is None


def test_a_full_scale_sine_is_at_minus_3_dbfs() -> None:
    """Levels are RMS relative to full scale: a sine's is 1/sqrt(2), -3.01 dB."""
    sine = np.sin(2 * np.pi * 1000 * np.arange(RATE_HZ) / RATE_HZ)
    assert frame_levels_db(sine, RATE_HZ) == pytest.approx(-3.01, abs=0.01)
