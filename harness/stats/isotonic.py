"""A rate that can only rise with the load: the weighted isotonic fit, and where it reaches what is allowed.

The fit is least squares under "never falls" (Ayer et al. 1955): pool adjacent violators, the pooled value being the
weighted mean. Between two levels the fitted rate is taken to rise in a straight line.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise


def fit(values: Sequence[float], weights: Sequence[float]) -> tuple[float, ...]:
    """The closest values that never fall, in the order given; weights are positive."""
    if len(values) != len(weights):
        raise ValueError(f"{len(values)} values for {len(weights)} weights")
    if not all(math.isfinite(value) for value in values) or not all(weight > 0 for weight in weights):
        raise ValueError("an isotonic fit takes finite values and positive weights")
    pools: list[tuple[float, float, int]] = []  # mean, weight, how many values
    for value, weight in zip(values, weights, strict=True):
        mean, total, size = value, float(weight), 1
        while pools and pools[-1][0] >= mean:
            before, heavy, many = pools.pop()
            mean = (before * heavy + mean * total) / (heavy + total)
            total, size = heavy + total, size + many
        pools.append((mean, total, size))
    return tuple(mean for mean, _, size in pools for _ in range(size))


def crossing(levels: Sequence[float], rates: Sequence[float], weights: Sequence[float], allowed: float) -> float:
    """The largest level at which the fitted rate is at most `allowed`.

    +inf where no level's rate is above it, -inf where every one's is. Levels rise; rates and weights are theirs.
    """
    if not levels or len(levels) != len(rates) or any(low >= high for low, high in pairwise(levels)):
        raise ValueError("a crossing takes one rate for each of the levels, and these rise")
    fitted = fit(rates, weights)
    good = [at for at, rate in enumerate(fitted) if rate <= allowed]
    if not good:
        return -math.inf
    last = good[-1]
    if last + 1 == len(fitted):
        return math.inf
    share = (allowed - fitted[last]) / (fitted[last + 1] - fitted[last])
    return levels[last] + share * (levels[last + 1] - levels[last])
