"""What the harness itself lacked when it wanted to connect: files or ports. Such a failure is never the target's."""

from __future__ import annotations

import errno
import os
import socket
from typing import Final

from harness.model.timeline import NO_FILES, NO_PORTS

Lack = tuple[str, str]
"""Code and detail of an Errored that is ours."""

_FILES: Final = (NO_FILES, "the harness had no file descriptor left")
_PORTS: Final = (NO_PORTS, "the harness had no local port left")

# EADDRNOTAVAIL from connect(): every ephemeral port towards that address is taken. What listens nowhere says otherwise.
_LACKS: Final = {errno.EMFILE: _FILES, errno.ENFILE: _FILES, errno.EADDRNOTAVAIL: _PORTS}


def lack_of(error: OSError) -> Lack | None:
    """None where it is the target's doing."""
    if isinstance(error, socket.gaierror):  # without a file to ask by, the resolver says that there is no such name
        return _FILES if _no_file_left() else None
    return _LACKS.get(error.errno or 0)


def lack_told(details: str) -> Lack | None:
    """The same from the words of gRPC, which says no errno; its client's own begin so, a server's do not."""
    if not details.startswith("failed to connect to all addresses"):
        return None
    return next((lack for number, lack in _LACKS.items() if os.strerror(number) in details), None)


def _no_file_left() -> bool:
    try:
        os.close(os.open(os.devnull, os.O_RDONLY))
    except OSError as error:
        return error.errno in (errno.EMFILE, errno.ENFILE)
    return False
