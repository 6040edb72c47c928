"""A session's place in a plan, and the one source of chance. Pure."""

from __future__ import annotations

import hashlib
from typing import Final

from harness.model.clip import Clip
from harness.model.plan import SessionPlan
from harness.model.scenario import Pacing

OPEN_BEFORE_NS: Final = 1_000_000_000  # connecting is not the speaker's time
DEADLINE_AFTER_NS: Final = 10_000_000_000
MS: Final = 1_000_000


def draw(seed: int, *what: object) -> int:
    """A 64-bit draw that depends on nothing but its arguments, on any Python and any machine."""
    text = ":".join(str(part) for part in (seed, *what))
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big")


def spoken_ns(clip: Clip, pacing: Pacing) -> int:
    """How much of the clip is streamed."""
    if pacing.end_after_ms is None or not clip.has_speech:
        return clip.duration_ns
    return min(clip.duration_ns, clip.words[-1].end_ns + pacing.end_after_ms * MS)


def planned(
    session_id: str,
    clip: Clip,
    pacing: Pacing,
    *,
    start_ns: int,
    lane: int,
    repeat: int,
    warm_up: bool,
    stage: str = "",
    level: int | None = None,
) -> SessionPlan:
    """The session with all its times."""
    end_ns = start_ns + spoken_ns(clip, pacing)
    return SessionPlan(
        session_id=session_id,
        clip=clip,
        lane=lane,
        repeat=repeat,
        open_ns=start_ns - OPEN_BEFORE_NS,
        start_ns=start_ns,
        frame_ns=pacing.frame_ms * MS,
        end_ns=end_ns,
        deadline_ns=end_ns + DEADLINE_AFTER_NS,
        warm_up=warm_up,
        stage=stage,
        level=level,
    )
