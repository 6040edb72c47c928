"""End with the process that started this one, however it dies."""

from __future__ import annotations

import ctypes
import signal
from typing import Final

_PR_SET_PDEATHSIG: Final = 1


def exit_with_parent() -> None:
    """Ask Linux for SIGTERM when the parent dies. A parent that died before this call is not noticed: call it early.

    The trap: "the parent" is the *thread* that started this process (prctl(2)), so start it from a lasting one.
    """
    if ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "prctl(PR_SET_PDEATHSIG) failed")
