"""Whether files have changed since the last look: for what is rotated under a running process."""

from __future__ import annotations

from pathlib import Path

_Stamp = tuple[int, int, int] | None


class Watched:
    """A few files. Make it before the first reading, so that no change falls between the two.

    A link is followed: Kubernetes rotates a mounted secret by pointing one elsewhere.
    """

    def __init__(self, *paths: Path | None) -> None:
        self._paths = tuple(path for path in paths if path is not None)
        self._seen = self._look()

    def changed(self) -> bool:
        """True once for each change, a file that went missing included."""
        now = self._look()
        changed, self._seen = now != self._seen, now
        return changed

    def _look(self) -> tuple[_Stamp, ...]:
        return tuple(_stamp(path) for path in self._paths)


def _stamp(path: Path) -> _Stamp:
    try:
        found = path.stat()
    except OSError:
        return None
    return (found.st_mtime_ns, found.st_ino, found.st_size)
