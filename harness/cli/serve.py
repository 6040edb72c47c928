"""`harness serve`: the embedded Riva, or the reference gateway, in the foreground."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Optional

import typer

app = typer.Typer(help="Serve the embedded Riva, or the reference gateway, in the foreground.", no_args_is_help=True)

_Text = Optional[str]  # noqa: UP045  typer reads the annotations at run time
_Number = Optional[int]  # noqa: UP045
_Pem = Optional[Path]  # noqa: UP045
_WithParent = Annotated[bool, typer.Option("--exit-with-parent", help="End with whoever started it.")]


@app.command("riva")
def riva(
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port to listen on; 0 takes a free one.")] = 0,
    max_streams: Annotated[_Number, typer.Option(min=1, help="Streams at once; 24 by default.")] = None,
    tls_cert: Annotated[_Pem, typer.Option(help="The server's certificate chain, PEM.")] = None,
    tls_key: Annotated[_Pem, typer.Option(help="Its unencrypted key, PEM.")] = None,
    tls_client_ca: Annotated[_Pem, typer.Option(help="Let in only clients with a certificate of it, PEM.")] = None,
    api_key_env: Annotated[_Text, typer.Option(help="The variable that holds the key clients must bring.")] = None,
    *,
    exit_with_parent: _WithParent = False,
) -> None:
    """Serve Riva's gRPC API on the CPU, with a real recogniser."""
    from harness.embedded.server import main

    told = {
        "--host": host,
        "--port": port,
        "--max-streams": max_streams,
        "--tls-cert": tls_cert,
        "--tls-key": tls_key,
        "--tls-client-ca": tls_client_ca,
        "--api-key-env": api_key_env,
        "--exit-with-parent": exit_with_parent,
    }
    raise typer.Exit(main(list(_words(told))))


@app.command("gateway")
def gateway(
    host: Annotated[_Text, typer.Option(help="Address to listen on (APP_HOST, else 127.0.0.1).")] = None,
    port: Annotated[_Number, typer.Option(help="Port to listen on, 0 for any free one (APP_PORT, else 0).")] = None,
    endpoint: Annotated[
        _Text, typer.Option("--riva", metavar="HOST:PORT", help="Riva's gRPC endpoint (RIVA_HOST:RIVA_PORT).")
    ] = None,
    model: Annotated[_Text, typer.Option(help="The Riva model to ask for (RIVA_MODEL, else Riva chooses).")] = None,
    drain_s: Annotated[
        _Number, typer.Option(help="SIGTERM: how long sessions may go on (GATEWAY_DRAIN_S, else 20).")
    ] = None,
    workers: Annotated[_Number, typer.Option(help="Processes on the one port (GATEWAY_WORKERS, else 1).")] = None,
    *,
    page: Annotated[bool, typer.Option("--page", help="Show a page with a microphone at / (GATEWAY_PAGE).")] = False,
    exit_with_parent: _WithParent = False,
) -> None:
    """Serve the WebSocket gateway in front of a Riva; flags override its RIVA_*, GATEWAY_*, APP_*, WS_* variables."""
    from harness.gateway.server import main

    told = {
        "--host": host,
        "--port": port,
        "--riva": endpoint,
        "--model": model,
        "--drain-s": drain_s,
        "--workers": workers,
        "--page": page,
        "--exit-with-parent": exit_with_parent,
    }
    raise typer.Exit(main(list(_words(told))))


def _words(told: Mapping[str, object]) -> Iterator[str]:
    """The flags that were given, as the server's own command line has them."""
    for flag, value in told.items():
        if value is True:
            yield flag
        elif value is not None and value is not False:
            yield f"{flag}={value}"
