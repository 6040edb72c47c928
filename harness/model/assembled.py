"""A clip that is put together at run time: the clips it is made of, and where in it each one stands."""

from __future__ import annotations

from dataclasses import dataclass

from harness.model.clip import Clip


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """A stretch of a committed clip inside an assembled one.

    In whole milliseconds, because those are whole samples at every rate of the corpus.
    """

    clip: Clip
    from_ms: int
    until_ms: int
    at_ms: int  # where it begins in the assembled clip

    @property
    def shift_ns(self) -> int:
        """From the clip's own time to the assembled clip's."""
        return (self.at_ms - self.from_ms) * 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Assembled:
    """An assembled clip at one rate. Its `path` and `sha256` are empty until the audio has been written."""

    clip: Clip
    pieces: tuple[Piece, ...]
    seed: int  # of the noise in the gaps
