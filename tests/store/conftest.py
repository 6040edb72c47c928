"""A small run: two sessions of one clip, on disk as FLAC."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile
from support.clips import hello

from harness.model.clip import Clip
from harness.model.plan import Plan, SessionPlan
from harness.model.run import Identity, Manifest
from harness.model.scenario import Arrival, Objective, Pacing, Scenario, Selection, Target

S = 1_000_000_000


@pytest.fixture
def clip_file(tmp_path: Path) -> Path:
    """One second of a ramp at 16 kHz: every sample says where it stands."""
    path = tmp_path / "corpus" / "ramp.flac"
    path.parent.mkdir()
    soundfile.write(path, np.arange(16_000, dtype=np.int16), 16_000)
    return path


@pytest.fixture
def clip(clip_file: Path) -> Clip:
    return hello("ramp", hashlib.sha256(clip_file.read_bytes()).hexdigest())


@pytest.fixture
def make_session(clip: Clip) -> Callable[..., SessionPlan]:
    def make(session_id: str = "s1", start_ns: int = S, length_ns: int = S, frame_ns: int = S // 10) -> SessionPlan:
        return SessionPlan(
            session_id=session_id,
            clip=clip,
            lane=0,
            repeat=0,
            open_ns=start_ns - S,
            start_ns=start_ns,
            frame_ns=frame_ns,
            end_ns=start_ns + length_ns,
            deadline_ns=start_ns + length_ns + 10 * S,
        )

    return make


@pytest.fixture
def manifest(make_session: Callable[..., SessionPlan]) -> Manifest:
    scenario = Scenario(
        name="two",
        description="Two sessions.",
        clips=(Selection(select=(("condition", ("clean",)),), repeat=2),),
        arrival=Arrival(lanes=1, seed=7),
        pacing=Pacing(end_after_ms=None),
        objectives=(
            Objective(
                objective_id="final",
                text="p95 final_ms <= 800",
                aggregate="p95",
                metric="final_ms",
                op="<=",
                threshold=float("inf"),
            ),
        ),
    )
    return Manifest(
        run_id="run-1",
        began_utc="2026-01-02T03:04:05.000006+00:00",
        driver="gateway",
        endpoint="ws://127.0.0.1:1",
        scenario=scenario,
        target=Target(name="t", kind="real", endpoints=(("gateway", "ws://127.0.0.1:1"),)),
        plan=Plan(seed=7, lanes=1, sessions=(make_session("s1"), make_session("s2", 4 * S))),
        identity_before=Identity(facts=(("model", "m"),)),
        bound_seed=11,
        normaliser="n 1",
        versions=(("python", "3.11"),),
        environment=(("cpu", "two"),),
        digests=(("scenario", "abc"),),
    )
