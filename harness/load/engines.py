"""The one engine of a Locust process that streams: a child that Locust's greenlets can neither delay nor outlive."""

from __future__ import annotations

import socket
import subprocess
from collections.abc import Callable
from typing import Final

import gevent

from harness.load.duct import Duct
from harness.run.fresh import engine_command, surroundings

LAST_WORDS: Final = 2000  # bytes of its standard error that are kept


class Engine:
    """A started engine. `on_said` gets each message's body, `on_gone` in the end how it died; both in a greenlet."""

    def __init__(self, on_said: Callable[[bytes], None], on_gone: Callable[[str], None]) -> None:
        ours, theirs = socket.socketpair()
        with theirs:
            self._process = subprocess.Popen(  # noqa: S603  our own module
                engine_command(theirs.fileno()),
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                env=surroundings(),
            )
        self._duct = Duct(ours)
        self._on_said, self._on_gone = on_said, on_gone
        self._last_words = b""
        self._reading = gevent.spawn(self._read_stderr)
        gevent.spawn(self._listen)

    @property
    def pid(self) -> int:
        return self._process.pid

    def tell(self, body: bytes) -> None:
        self._duct.tell(body)

    def kill(self) -> None:
        self._process.kill()

    def _listen(self) -> None:
        while (body := self._duct.hear()) is not None:
            self._on_said(body)
        self._duct.close()
        self._on_gone(self._epitaph())

    def _epitaph(self) -> str:
        code = self._process.wait()
        self._reading.join()
        how = f"killed by signal {-code}" if code < 0 else f"exit code {code}"
        words = self._last_words.decode("utf-8", "replace").strip().splitlines()
        return f"died ({how}){': ' + words[-1] if words else ''}"

    def _read_stderr(self) -> None:
        """A traceback's last line is the reason."""
        if (stderr := self._process.stderr) is not None:
            while said := stderr.read(LAST_WORDS):
                self._last_words = (self._last_words + said)[-LAST_WORDS:]
