"""One whole run: streamed, measured, judged, written. `harness run` and the pytest plug-in are thin callers of it."""

from __future__ import annotations

import logging
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from harness.cli.certify import Certified, certify, write_pages, write_verdicts
from harness.cli.display import ProgressLine
from harness.cli.live import DIRECT, Via, stream
from harness.cli.options import Asked
from harness.store.folder import RunFolder


class Interrupted(KeyboardInterrupt):
    """Ctrl-C where there is no verdict to give; the sentence says what is kept. During the streaming it only cuts."""


def perform(
    asked: Asked,
    *,
    files: tuple[Path, Path],
    driver: str | None,
    out: Path,
    shelves: Path,
    progress: ProgressLine,
    via: Via = DIRECT,
) -> Certified:
    """Stream the plan, judge the folder, and write verdicts and pages; the arguments are those of `stream`.

    Raises UsageError before anything is measured, and Interrupted.
    """
    with _signals_as_they_were():
        try:
            folder = stream(asked, files=files, driver=driver, out=out, shelves=shelves, progress=progress, via=via)
        except KeyboardInterrupt:
            raise Interrupted("Interrupted before anything was measured.") from None
        progress.say("judging")
        try:
            return _judged(folder)
        except KeyboardInterrupt:
            kept = f"Interrupted while judging; everything measured is kept: harness judge {folder.path}"
            raise Interrupted(kept) from None


def _judged(folder: RunFolder) -> Certified:
    certified = certify(folder)
    write_verdicts(certified)
    write_pages(certified)
    return certified


@contextmanager
def _signals_as_they_were() -> Iterator[None]:
    """A caller that lives on (pytest does) gets its Ctrl-C back, and asyncio's log, however the run ended."""
    before = {name: signal.getsignal(name) for name in (signal.SIGINT, signal.SIGTERM)}
    log = logging.getLogger("asyncio")
    level = log.level
    try:
        yield
    finally:
        log.setLevel(level)
        for name, handler in before.items():
            signal.signal(name, handler)
