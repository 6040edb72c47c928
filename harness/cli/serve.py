"""`harness serve`: the embedded Riva, or the reference gateway, in the foreground."""

from __future__ import annotations

import typer

app = typer.Typer(help="Serve the embedded Riva, or the reference gateway, in the foreground.", no_args_is_help=True)
_PASS_ON = {"allow_extra_args": True, "ignore_unknown_options": True, "help_option_names": []}


@app.command("riva", context_settings=_PASS_ON, add_help_option=False)
def riva(context: typer.Context) -> None:
    """Riva's gRPC API on the CPU, with a real recogniser (`harness serve riva --help` lists the flags)."""
    from harness.embedded.server import main

    raise typer.Exit(main(context.args))


@app.command("gateway", context_settings=_PASS_ON, add_help_option=False)
def gateway(context: typer.Context) -> None:
    """The WebSocket gateway in front of a Riva (`harness serve gateway --help` lists the flags)."""
    from harness.gateway.server import main

    raise typer.Exit(main(context.args))
