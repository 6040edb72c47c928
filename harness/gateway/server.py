"""The gateway as a process: ``python -m harness.gateway.server --port 0 --riva 127.0.0.1:50051``.

It prints one line of JSON when it listens, and logs JSON to stderr. SIGTERM or SIGINT drains it: nobody is admitted,
open sessions may go on for GATEWAY_DRAIN_S; those that are left are told `going_away`, get their last final and are
closed with 1012; what is not done a moment later is cut. A second signal ends the waiting.
"""

from __future__ import annotations

import asyncio
import errno
import gc
import json
import os
import signal
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import structlog
import uvloop

import harness
from harness.errors import UsageError
from harness.gateway import parent, settings, traces, workers
from harness.gateway.gateway import Gateway
from harness.gateway.logs import configure_logs
from harness.gateway.settings import GatewaySettings

__all__ = ["Gateway", "listening", "main"]

_LOG = structlog.get_logger()


@asynccontextmanager
async def listening(told: GatewaySettings) -> AsyncIterator[Gateway]:
    """A gateway that takes connections on `.port`; leaving drains it. Raises UsageError where it cannot listen."""
    gateway = Gateway(told)
    try:
        server = await gateway.serving()
        metrics = None if told.metrics_port is None else await gateway.serving_metrics(_metrics_port(told))
    except OSError as error:
        await gateway.upstream.close()
        raise _cannot_listen(told, error) from error
    gateway.upstream.start()
    gateway.port = next(iter(server.sockets)).getsockname()[1]
    try:
        yield gateway
    finally:
        await gateway.drain(server)
        if metrics is not None:
            metrics.close()
            await metrics.wait_closed()


async def serve(told: GatewaySettings) -> None:
    """Listen until SIGTERM or SIGINT; says where on stdout, as one line of JSON."""
    stop = asyncio.Event()
    async with listening(told) as gateway:
        _calm_the_collector()
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, _stop_or_hurry, stop, gateway.hurry)
        say_ready(gateway.port)
        _LOG.info("listening", host=told.host, port=gateway.port, riva=gateway.upstream.name_for(None))
        await stop.wait()


def say_ready(port: int, **more: object) -> None:
    """The one line on stdout."""
    ready = {"service": "gateway", "port": port, "pid": os.getpid(), "version": harness.__version__, **more}
    sys.stdout.write(json.dumps(ready) + "\n")
    sys.stdout.flush()


def _calm_the_collector() -> None:
    """Full collections, which find next to nothing here, stopped 400 sessions for 30 to 160 ms each."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 50, 100)


def _stop_or_hurry(stop: asyncio.Event, hurry: asyncio.Event) -> None:
    (hurry if stop.is_set() else stop).set()


def _secrets(told: GatewaySettings) -> list[str]:
    """What must never stand in a log. A file's secret that is rotated later is caught by its looks alone."""
    riva = told.riva
    file = riva.api_key_file
    kept = [riva.api_key or "", *(value for _, value in riva.metadata)]
    return kept if file is None else [*kept, file.read_text(encoding="utf-8", errors="replace").strip()]


def _metrics_port(told: GatewaySettings) -> int:
    return (told.metrics_port or 0) + (told.worker or 0)


def _cannot_listen(told: GatewaySettings, error: OSError) -> UsageError:
    ports = f"{told.port}" if told.metrics_port is None else f"{told.port} or {_metrics_port(told)}"
    where = f"{told.host}:{ports}"
    if error.errno == errno.EADDRINUSE:
        return UsageError(where, "the port is in use", "stop what listens there, or take another --port (0: any free)")
    return UsageError(where, f"cannot listen there ({error.strerror or error})", "choose another --host or --port")


def main(argv: Sequence[str] | None = None) -> int:
    """The process's exit code: 0 after a signal, 2 with one sentence on stderr for what the user can mend."""
    argv = sys.argv[1:] if argv is None else argv
    try:
        told = settings.parse(argv, os.environ)
        if told.exit_with_parent:
            parent.exit_with_parent()
        configure_logs([*_secrets(told), *traces.secrets(os.environ)])
        several = told.workers > 1 and told.worker is None
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            if several:
                return runner.run(workers.supervise(told, argv, say_ready))
            runner.run(serve(told))
    except UsageError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
