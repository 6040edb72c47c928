"""Which sessions a judged line reads."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

from harness.model.clip import Clip
from harness.model.scenario import Objective
from harness.report.facts import covers, inside

CLIP = Clip(
    clip_id="c",
    rate_hz=8000,
    path="c.flac",
    sha256="c",
    condition="clean",
    source="c",
    speaker="someone",
    speech="human",
    duration_ns=1,
    reference="",
    words=(),
    segments=(),
)
ERRORS = Objective(objective_id="e", text="", aggregate="rate", metric="error", op="<=", threshold=0.01)


def session(level: int | None) -> SimpleNamespace:
    return SimpleNamespace(clip=CLIP, plan=SimpleNamespace(level=level), values={"error": 0.0})


def read(objective: Objective, part: tuple, *levels: int | None) -> list[int | None]:
    found = inside(SimpleNamespace(objective=objective, slice=part), [session(level) for level in levels])
    return [one.plan.level for one in found]


def test_a_line_about_a_level_reads_its_sessions_only() -> None:
    """Whether `per` or `where` says it, though the sessions are of one clip."""
    assert read(ERRORS, (("level", "40"),), 40, 20, 40) == [40, 40]
    assert read(replace(ERRORS, where=(("level", ("20",)),)), (), 40, 20, 40) == [20]
    assert read(ERRORS, (("rate", "8000"),), 40, None) == [40, None]
    assert read(ERRORS, (("rate", "16000"),), 40, None) == []


def test_a_limit_is_drawn_for_a_clip_whatever_its_level() -> None:
    """A clip is played at many levels, and an objective per level has one limit."""
    assert covers(ERRORS, CLIP, (("level", "40"), ("rate", "8000")))
    assert not covers(ERRORS, CLIP, (("level", "40"), ("rate", "16000")))
