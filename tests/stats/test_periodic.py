"""Planted periods are found, and none where there is none."""

from __future__ import annotations

import numpy as np
import pytest

from harness.stats.periodic import period_s


def planted(period: float, span: float, seed: int, *, jitter: float = 0.008, strays: float = 0.2) -> list[float]:
    """Stalls with a few missing, a little early or late, and strays among them."""
    chance = np.random.default_rng(seed)
    at = np.arange(chance.uniform(0, period), span, period)
    at = at[chance.random(len(at)) < 0.85]
    at = at + chance.normal(0, jitter, len(at))
    return [*at, *chance.uniform(0, span, int(strays * len(at)))]


@pytest.mark.parametrize("period", [0.13, 0.5, 1.0, 3.36, 9.0])
@pytest.mark.parametrize("seed", range(3))
def test_a_planted_period_is_found_and_no_overtone_of_it(period: float, seed: int) -> None:
    """Within half a per cent, though a sixth is missing and a sixth belongs to nothing."""
    found = period_s(planted(period, max(60.0, 40 * period), seed))
    assert found is not None
    assert abs(found - period) < 0.005 * period


@pytest.mark.parametrize("seed", range(8))
def test_moments_without_a_period_have_none(seed: int) -> None:
    """However many there are."""
    chance = np.random.default_rng(seed)
    assert period_s(list(chance.uniform(0, 120, int(chance.integers(12, 300))))) is None


def test_bursts_have_none() -> None:
    """Many stalls a few times are a few events, not many."""
    for seed in range(5):
        chance = np.random.default_rng(seed)
        bursts = [begin + chance.exponential(0.2, 15) for begin in chance.uniform(0, 300, 6)]
        assert period_s(list(np.concatenate(bursts))) is None


def test_a_longer_period_than_is_looked_for_is_not_taken_for_a_part_of_it() -> None:
    """Every 30 s is not every 10 s with two of three left out."""
    assert period_s(planted(30.0, 1200.0, 1, strays=0)) is None


def test_few_moments_show_nothing() -> None:
    """Eleven in a row might be anything; a stall that is told twice is one."""
    assert period_s([0.5 * number for number in range(11)]) is None
    assert period_s([0.5 * number + twice for number in range(8) for twice in (0.0, 0.01)]) is None
    assert period_s([]) is None
