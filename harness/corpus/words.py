"""The words of a reference as they are timed, and the segments they fall into."""

from __future__ import annotations

import string
from collections.abc import Sequence

SEGMENT_GAP_MS = 600.0
_OUTER = string.punctuation


def words_of(reference: str) -> tuple[str, ...]:
    """A reference's words, one for each blank-separated token: lower case, without punctuation around them."""
    return tuple(token.strip(_OUTER).lower() for token in reference.split())


def segments_of(times_ms: Sequence[tuple[float, float]]) -> tuple[tuple[int, int], ...]:
    """(first, last) word of each run without a gap of 600 ms or more between (start, end) times."""
    if not times_ms:
        return ()
    breaks = [i for i in range(1, len(times_ms)) if times_ms[i][0] - times_ms[i - 1][1] >= SEGMENT_GAP_MS]
    return tuple(zip([0, *breaks], [*(i - 1 for i in breaks), len(times_ms) - 1], strict=True))
