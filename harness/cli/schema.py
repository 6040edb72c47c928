"""`harness schema`: JSON Schema of the files users write."""

from __future__ import annotations

import json
from typing import Annotated, Literal

import typer


def command(
    of: Annotated[Literal["scenario", "target"], typer.Argument(help="Which file.")] = "scenario",
) -> None:
    """Print the JSON Schema of scenario or target files, for editors."""
    from harness.scenario.schema import json_schemas

    typer.echo(json.dumps(json_schemas()[of], indent=2, ensure_ascii=False))
