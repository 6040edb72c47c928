"""One whole run, for callers that live on after it."""

from __future__ import annotations

import logging
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from harness.cli import perform as module
from harness.cli.display import ProgressLine
from harness.cli.perform import Interrupted, perform
from harness.store.folder import RunFolder


@pytest.fixture
def call(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[..., object]:
    """Perform with a streaming that goes wrong in the given way."""

    def call(stream: Callable[..., object]) -> object:
        monkeypatch.setattr(module, "stream", stream)
        files = (tmp_path, tmp_path)
        asked: Any = None
        return perform(asked, files=files, driver=None, out=tmp_path, shelves=tmp_path, progress=ProgressLine())

    return call


def test_signals_and_logs_are_as_they_were_whatever_happened(call: Callable[..., object]) -> None:
    """A run that breaks off while it ignores Ctrl-C leaves no process behind that cannot be interrupted."""

    def stream(*_: object, **__: object) -> None:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        logging.getLogger("asyncio").setLevel(logging.CRITICAL)
        raise ValueError("broken off")

    names = (signal.SIGINT, signal.SIGTERM)
    before = [signal.getsignal(name) for name in names], logging.getLogger("asyncio").level
    with pytest.raises(ValueError, match="broken off"):
        call(stream)
    assert ([signal.getsignal(name) for name in names], logging.getLogger("asyncio").level) == before


def test_ctrl_c_before_the_streaming_says_that_nothing_was_measured(call: Callable[..., object]) -> None:
    """A KeyboardInterrupt still, with a sentence for the user."""

    def stream(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with pytest.raises(Interrupted, match="before anything was measured"):
        call(stream)


def test_ctrl_c_while_judging_says_where_everything_is(
    call: Callable[..., object], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The command that judges it is in the sentence."""

    def certify(_: RunFolder) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(module, "certify", certify)
    with pytest.raises(Interrupted, match="everything measured is kept: harness judge reports/r1"):
        call(lambda *_, **__: RunFolder(Path("reports/r1")))
