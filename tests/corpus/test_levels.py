"""Speech level, signal-to-noise ratio and PCM16 on made signals."""

from __future__ import annotations

import numpy as np
import pytest

from harness.corpus import levels

RATE_HZ = 16_000


def bursts(amplitude: float = 0.2) -> np.ndarray:
    """One second of tone, one of silence, one of tone."""
    seconds = np.arange(3 * RATE_HZ) / RATE_HZ
    return amplitude * np.sin(2 * np.pi * 400 * seconds) * ((seconds < 1) | (seconds >= 2))


def db(ratio: float) -> float:
    return float(20 * np.log10(ratio))


def test_the_active_level_ignores_pauses() -> None:
    """A second of silence between two of tone leaves the level of the tone."""
    assert levels.active_rms(bursts(), RATE_HZ) == pytest.approx(0.2 / np.sqrt(2), rel=0.01)


def test_speech_is_brought_to_minus_26_dbfs() -> None:
    """Whatever its level was."""
    for amplitude in (0.01, 0.9):
        levelled = levels.to_speech_level(bursts(amplitude), RATE_HZ)
        assert db(levels.active_rms(levelled, RATE_HZ)) == pytest.approx(-26, abs=0.1)


def test_peaks_never_clip() -> None:
    """A level that would clip is lowered to a peak of 0.98 instead."""
    spiky = bursts(0.01)
    spiky[8000] = 1.0
    assert np.max(np.abs(levels.to_speech_level(spiky, RATE_HZ))) == pytest.approx(0.98)


def test_silence_stays_silence() -> None:
    """Nothing is divided by the level of nothing."""
    assert not levels.to_speech_level(np.zeros(RATE_HZ), RATE_HZ).any()
    assert not levels.to_rms(np.zeros(RATE_HZ), -26).any()


@pytest.mark.parametrize("snr_db", [5.0, 10.0, 20.0])
def test_noise_is_mixed_at_its_ratio(snr_db: float) -> None:
    """What was added is that many dB below the active speech."""
    speech, noise = bursts(), np.random.default_rng(3).normal(0, 1, 3 * RATE_HZ)
    added = levels.mix(speech, noise, RATE_HZ, snr_db) - speech
    assert db(levels.active_rms(speech, RATE_HZ) / levels.rms(added)) == pytest.approx(snr_db, abs=0.01)


def test_pcm16_rounds_and_saturates() -> None:
    """Full scale is 32768; beyond it the sample stays at the end of the scale."""
    assert levels.to_pcm16(np.array([0.0, 1 / 32768, -1.0, 1.0, 7.0])).tolist() == [0, 1, -32768, 32767, 32767]
