"""What an hour of audio costs where a target has a price."""

from __future__ import annotations

from harness.model.capacity import Capacity
from harness.model.load import Cost
from harness.model.scenario import Target


def cost(target: Target, capacity: Capacity) -> Cost | None:
    """`price per hour / certified sessions`; None without a price, and where no level is certified.

    A session that streams all the time makes an hour of audio an hour. It is the least an hour of audio can cost within
    the service levels: where sessions pause, or fewer come, it costs more.
    """
    if target.price_per_hour is None or not capacity.certified:
        return None
    return Cost(
        per_audio_hour=target.price_per_hour / capacity.certified,
        per_hour=target.price_per_hour,
        sessions=capacity.certified,
        currency=target.currency,
    )
