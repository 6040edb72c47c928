from __future__ import annotations

from math import ceil

import numpy as np
import pytest

from harness.embedded.resampler import Resampler

RATES_HZ = (8_000, 44_100, 48_000)
DELAY_S = {8_000: 23 / 16_000, 44_100: 14_111 / 7_056_000, 48_000: 95 / 48_000}


def tone(hz: float, rate_hz: int, samples: int, delay_s: float = 0.0) -> np.ndarray:
    return np.sin(2 * np.pi * hz * (np.arange(samples) / rate_hz - delay_s)).astype(np.float32)


def cuts(seed: int, samples: int, most: int) -> list[int]:
    """Places to cut at: pieces of every size from 0 up, as clients send them."""
    sizes = np.random.default_rng(seed).integers(0, most, size=samples)
    return [int(at) for at in np.cumsum(sizes) if at < samples]


def pushed(rate_hz: int, samples: np.ndarray, at: list[int]) -> list[np.ndarray]:
    resampler = Resampler(rate_hz)
    return [resampler.push(piece) for piece in np.split(samples, at)]


@pytest.mark.parametrize("rate_hz", RATES_HZ)
@pytest.mark.parametrize("seed", range(8))
def test_nothing_is_held_back_and_cuts_do_not_show(rate_hz: int, seed: int) -> None:
    """After every piece, whatever its size, all output that its samples complete is out, and it is the same output."""
    samples = np.random.default_rng(seed).standard_normal(rate_hz // 4).astype(np.float32)
    (whole,) = pushed(rate_hz, samples, [])
    at = cuts(seed, len(samples), most=2 if seed == 0 else 3 * 10 ** (seed % 4))
    pieces = pushed(rate_hz, samples, at)
    taken, made = 0, 0
    for end, piece in zip([*at, len(samples)], pieces, strict=True):
        taken, made = end, made + len(piece)
        assert made == ceil(taken * 16_000 / rate_hz)
    assert np.allclose(np.concatenate(pieces), whole, atol=1e-5)


@pytest.mark.parametrize("rate_hz", RATES_HZ)
@pytest.mark.parametrize("hz", [100, 440, 3000])
def test_a_tone_keeps_its_level_and_its_place(rate_hz: int, hz: int) -> None:
    """It comes out delayed by the filter's 1.4 to 2 ms and by nothing else, without images."""
    (found,) = pushed(rate_hz, tone(hz, rate_hz, rate_hz), [])
    assert np.abs(found - tone(hz, 16_000, 16_000, DELAY_S[rate_hz]))[200:].max() < 0.003


@pytest.mark.parametrize("rate_hz", [44_100, 48_000])
def test_speech_up_to_7_khz_is_kept(rate_hz: int) -> None:
    """Fricatives live there."""
    (found,) = pushed(rate_hz, tone(6900, rate_hz, rate_hz), [])
    assert np.abs(found[200:]).max() == pytest.approx(1, abs=0.02)


@pytest.mark.parametrize("rate_hz", [44_100, 48_000])
@pytest.mark.parametrize("hz", [8_400, 10_000, 15_500, 20_000])
def test_what_16_khz_cannot_hold_does_not_fold_back(rate_hz: int, hz: int) -> None:
    """A tone above 8 kHz would come out as another one below it; it is gone by 60 dB."""
    (found,) = pushed(rate_hz, tone(hz, rate_hz, rate_hz), [])
    assert np.abs(found[200:]).max() < 0.001


def test_16_khz_is_handed_through() -> None:
    """The same samples, not a copy filtered."""
    samples = tone(440, 16_000, 1600)
    assert Resampler(16_000).push(samples) is samples
