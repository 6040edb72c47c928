"""The locustfile of a worker that takes its host for another one, with a clock of its own."""

from __future__ import annotations

import os
from pathlib import Path

from harness.load import station
from harness.load.locustfile import Lane, PlannedLanes

__all__ = ["Lane", "PlannedLanes"]

station.CLOCK = Path(os.environ["FOREIGN_CLOCK"])
