"""The clip that tests play where its sound does not matter."""

from __future__ import annotations

from harness.model.clip import Clip, Segment, Word

MS = 1_000_000


def hello(clip_id: str, sha256: str) -> Clip:
    """One second, two words: `hello` from 100 to 300 ms, `there` from 400 to 800 ms."""
    return Clip(
        clip_id=clip_id,
        rate_hz=16_000,
        path=f"{clip_id}.flac",
        sha256=sha256,
        condition="clean",
        source=clip_id,
        speaker="nobody",
        speech="human",
        duration_ns=1_000 * MS,
        reference="hello there",
        words=(
            Word(text="hello", start_ns=100 * MS, end_ns=300 * MS),
            Word(text="there", start_ns=400 * MS, end_ns=800 * MS),
        ),
        segments=(Segment(first_word=0, last_word=1),),
    )
