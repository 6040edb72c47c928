"""The locustfile of a load run. `harness load` starts Locust with it; by hand it is only of use for workers elsewhere.

Everything starts in `init`: with --processes this file is imported before Locust forks.
"""

from __future__ import annotations

from typing import Any

from locust import events
from locust.env import Environment

from harness.load.roles import take_up
from harness.load.shape import PlannedLanes
from harness.load.users import Lane

__all__ = ["Lane", "PlannedLanes"]


@events.init.add_listener
def _init(environment: Environment, **_: Any) -> None:
    take_up(environment)
