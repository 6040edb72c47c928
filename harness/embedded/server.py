"""The embedded Riva as a process: `python -m harness.embedded.server`, ready when its one line of JSON is out."""

from __future__ import annotations

import argparse
import asyncio
import logging
import os
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Final

from harness.embedded.weights import require_onnxruntime
from harness.errors import UsageError

MAX_STREAMS: Final = 24
_NICE: Final = 3  # what measures this server shares its machine, and must keep its pace


def say(line: str) -> None:
    """One line on standard output, at once: who started this server waits for it."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def serve(
    *,
    host: str = "127.0.0.1",
    port: int = 0,
    max_streams: int = MAX_STREAMS,
    tls_cert: Path | None = None,
    tls_key: Path | None = None,
    tls_client_ca: Path | None = None,
    api_key_env: str | None = None,
    exit_with_parent: bool = False,
    ready: Callable[[str], None] = say,
) -> None:
    """Serve until SIGTERM or SIGINT; `ready` gets one line of JSON: service, port, pid, model.

    `exit_with_parent` stops at the end of standard input too, so give it a pipe; `api_key_env` names the environment
    variable that holds the key clients must bring. Raises UsageError where the optional extra is not installed, a file
    cannot be used or the port cannot be had. Lowers the priority of this process.
    """
    require_onnxruntime()
    os.environ.setdefault("GRPC_VERBOSITY", "NONE")  # its C core would write its own lines beside our one sentence
    from harness.embedded.credentials import api_key_of, tls_of  # noqa: PLC0415  imports grpc
    from harness.embedded.host import Settings, run  # noqa: PLC0415  numpy and grpc: the command line stays quick
    from harness.embedded.recogniser import Recogniser  # noqa: PLC0415  the same

    settings = Settings(
        host=host,
        port=port,
        max_streams=max_streams,
        tls=tls_of(tls_cert, tls_key, tls_client_ca),
        api_key=api_key_of(api_key_env, os.environ),
        exit_with_parent=exit_with_parent,
    )
    recogniser = Recogniser.load()
    with suppress(OSError):
        os.nice(_NICE)
    asyncio.run(run(recogniser, settings, ready))


def main(argv: list[str] | None = None) -> int:
    """Parse and serve; 2, with one sentence on stderr, for what the user can mend."""
    options = _parser().parse_args(argv)
    if not 0 <= options.port <= 65535:
        sys.stderr.write(f"--port: {options.port} is not a port; give a number from 0 to 65535.\n")
        return 2
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    try:
        serve(**vars(options))
    except UsageError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m harness.embedded.server", description="A Riva server on the CPU.")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    parser.add_argument("--max-streams", type=int, default=MAX_STREAMS)
    parser.add_argument("--tls-cert", type=Path, metavar="PEM", help="the server's certificate chain")
    parser.add_argument("--tls-key", type=Path, metavar="PEM", help="its unencrypted key")
    parser.add_argument(
        "--tls-client-ca", type=Path, metavar="PEM", help="let in only clients with a certificate of it"
    )
    parser.add_argument("--api-key-env", metavar="NAME", help="the variable that holds the key clients must bring")
    parser.add_argument("--exit-with-parent", action="store_true", help="stop when standard input ends")
    return parser


if __name__ == "__main__":
    sys.exit(main())
