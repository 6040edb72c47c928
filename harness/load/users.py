"""Locust's users, one an active lane. They pace nothing and send nothing."""

from __future__ import annotations

from locust import User, task

from harness.load.station import Station


class Lane(User):
    """Stands for one session after the other; the engine plays them whether somebody stands for them or not.

    The task must never raise: Locust would run it again without a word.
    """

    station: Station  # of this process

    @task
    def session(self) -> None:
        self.station.stand_for_a_session()
