from __future__ import annotations

import numpy as np
import pytest

from harness.embedded.doubler import Doubler


@pytest.mark.parametrize("tone_hz", [100, 440, 3000])
def test_a_tone_keeps_its_level_and_shape_without_seams(tone_hz: int) -> None:
    """Whatever the cuts, a tone comes out at twice the rate, delayed by the filter's 23 samples, without images."""
    slow = np.sin(2 * np.pi * tone_hz * np.arange(4000) / 8_000).astype(np.float32)
    fast = np.sin(2 * np.pi * tone_hz * (np.arange(8000) - 23) / 16_000).astype(np.float32)
    doubler = Doubler()
    found = np.concatenate([doubler.push(part) for part in np.split(slow, [1, 80, 80, 81, 900])])
    assert len(found) == 8000
    assert np.abs(found - fast)[100:].max() < 0.003
