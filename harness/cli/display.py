"""What a person at the terminal sees: one line of progress while it runs, ten lines when it is over."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Final, Self

import typer

from harness.model.run import Measured, Record
from harness.model.verdict import Judgement

if TYPE_CHECKING:
    from rich.status import Status

    from harness.run.progress import Progress

_PLAIN_EVERY_NS: Final = 15_000_000_000


def print_summary(record: Record, measured: Measured, judgement: Judgement, report: Path) -> None:
    """The ten-line summary, in colour on a terminal unless NO_COLOR is set."""
    from harness.report.text import summary
    from harness.report.words import terminal

    colour = sys.stdout.isatty() and "NO_COLOR" not in os.environ
    typer.echo(
        summary(record, judgement, report, colour=colour, words=terminal(record, measured, judgement)), color=colour
    )


class ProgressLine:
    """One line on stderr that is rewritten on a terminal, and repeated every 15 s where it is not one."""

    def __init__(self) -> None:
        self._status: Status | None = None
        self._said_ns = -_PLAIN_EVERY_NS

    def __enter__(self) -> Self:
        if sys.stderr.isatty():
            from rich.console import Console

            self._status = Console(stderr=True).status("starting")
            self._status.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._status is not None:
            self._status.stop()

    def say(self, text: str) -> None:
        """A step before or after the streaming."""
        if self._status is not None:
            self._status.update(text)
        else:
            print(text, file=sys.stderr, flush=True)

    def show(self, progress: Progress) -> None:
        """How the streaming goes; no verdict before the end."""
        if self._status is not None:
            self._status.update(line(progress))
        elif progress.elapsed_ns - self._said_ns >= _PLAIN_EVERY_NS:
            self._said_ns = progress.elapsed_ns
            print(line(progress), file=sys.stderr, flush=True)


def line(progress: Progress) -> str:
    """Sessions, time, failures, newest latencies, and the harness's own worst lag."""
    parts = [
        f"{progress.done}/{progress.planned} sessions",
        f"{_clock(progress.elapsed_ns)} of {_clock(progress.total_ns)}",
        f"{progress.open} open",
        f"{progress.failed} failed",
    ]
    if progress.first_partial_ms is not None:
        parts.append(f"first partial {progress.first_partial_ms:,.0f} ms")
    if progress.final_ms is not None:
        parts.append(f"final {progress.final_ms:,.0f} ms")
    parts.append(f"own lag {progress.worst_lag_ms:.1f} ms at worst")
    return " · ".join(parts)


def _clock(at_ns: int) -> str:
    minutes, seconds = divmod(max(0, at_ns) // 1_000_000_000, 60)
    return f"{minutes}:{seconds:02d}"
