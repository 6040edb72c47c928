"""Quantiles as everywhere in the house; their bounds are a matter of the judge's."""

from __future__ import annotations

import math
from collections.abc import Sequence


def quantile(values: Sequence[float], q: float) -> float | None:
    """The order statistic of rank ceil(n*q); None without values."""
    return sorted(values)[max(1, math.ceil(round(len(values) * q, 9))) - 1] if values else None
