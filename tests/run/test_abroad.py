"""Clocks and folders of other hosts."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from harness.run.abroad import PINGS, ClockMatch, shipped
from harness.store.folder import RunFolder

MS = 1_000_000


def test_the_quickest_ping_settles_the_offset() -> None:
    """A slow way back makes a ping worthless; half of the quickest way is what may be wrong."""
    match = ClockMatch()
    away_ns = 5_000 * MS  # their clock is that much ahead
    for number in range(PINGS):
        sent_ns, out_ns, back_ns = number * 100 * MS, 1 * MS, (1 if number == 3 else 40) * MS
        enough = match.add(sent_ns, sent_ns + out_ns + away_ns, sent_ns + out_ns + back_ns)
    assert enough
    assert (match.offset_ns, match.bound_ns) == (away_ns, 1 * MS)


@pytest.mark.parametrize("out_ms", [0, 3, 10])
def test_the_bound_holds_however_lopsided_the_way_is(out_ms: int) -> None:
    """All of the way there or all of the way back."""
    match = ClockMatch()
    match.add(0, out_ms * MS + 777 * MS, 10 * MS)
    assert abs(match.offset_ns - 777 * MS) <= match.bound_ns == 5 * MS


def test_the_folder_travels_whole(make_folder: Callable[..., RunFolder]) -> None:
    """What an engine reads: the manifest and every clip, byte for byte."""
    folder = make_folder(sessions=2)
    (clip,) = folder.manifest().plan.clips
    sent = {message["name"]: message["data"] for message in shipped(folder.path)}
    assert sent == {name: (folder.path / name).read_bytes() for name in ("manifest.json", clip.path)}
