"""`harness load-worker`: an engine of this host for a load run that was started on another."""

from __future__ import annotations

import os
from typing import Annotated

import typer

from harness.cli.load import need_locust, place_of


def command(
    master: Annotated[str, typer.Argument(help="HOST:PORT, as `harness load --bind` was told it.")],
) -> None:
    """Stream a part of somebody else's load run from here. The plan and its audio come from there; a token does not."""
    host, port = place_of(master, "MASTER")
    need_locust()
    from harness.run.fresh import surroundings
    from harness.run.locust import locust_command

    command = locust_command("--worker", "--master-host", host, "--master-port", str(port))
    os.execve(command[0], command, surroundings())  # noqa: S606  our own module
