from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from harness.errors import CorpusError
from harness.model.clip import Clip
from harness.model.plan import SessionPlan
from harness.store.clips import frames_of, read_clip


def test_a_clip_is_read_as_its_samples(clip: Clip, clip_file: Path) -> None:
    """FLAC is lossless: sample n of the ramp is n."""
    samples = np.frombuffer(read_clip(clip_file.parent, clip), dtype="<i2")
    assert samples[[0, 1, 15_999]].tolist() == [0, 1, 15_999]


def test_a_clip_whose_digest_changed_is_refused(clip: Clip, clip_file: Path) -> None:
    """One byte is enough."""
    with clip_file.open("ab") as file:
        file.write(b"!")
    with pytest.raises(CorpusError, match="sha256"):
        read_clip(clip_file.parent, clip)


def test_a_missing_a_broken_and_a_mislabelled_clip_are_refused(clip: Clip, clip_file: Path) -> None:
    """Each with its own sentence."""
    with pytest.raises(CorpusError, match="missing"):
        read_clip(clip_file.parent, replace(clip, path="gone.flac"))
    with pytest.raises(CorpusError, match="16000 Hz, not 8000"):
        read_clip(clip_file.parent, replace(clip, rate_hz=8000))
    clip_file.write_bytes(b"no flac")
    digest = hashlib.sha256(b"no flac").hexdigest()
    with pytest.raises(CorpusError, match="cannot be decoded"):
        read_clip(clip_file.parent, replace(clip, sha256=digest))


def test_frames_end_where_the_session_does(
    clip: Clip, clip_file: Path, make_session: Callable[..., SessionPlan]
) -> None:
    """350 ms in frames of 100 ms are three whole ones and half a one, in order."""
    session = make_session(length_ns=350_000_000)
    frames = frames_of(session, read_clip(clip_file.parent, clip))
    assert [len(frame) for frame in frames] == [3200, 3200, 3200, 1600]
    assert len(frames) == session.frame_count
    assert np.frombuffer(frames[3], dtype="<i2")[[0, -1]].tolist() == [4800, 5599]
