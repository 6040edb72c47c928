"""The audio of a plan, assembled clips among it."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from pathlib import Path

import pytest

from harness.cli.audio import gather
from harness.cli.options import Asked, ask
from harness.cli.plan import describe
from harness.errors import CorpusError

ROOT = Path(__file__).resolve().parents[2]
SCENARIO = """
name: short-long
clips:
  - assemble: {id: long-few, from: {clip: [clean-cross, clean-forig, clean-hts-d]}, minutes: 0.2}
  - {select: {clip: clean-cross, rate: 8000}}
objectives: {errors: sum error == 0}
"""


@pytest.fixture
def scenario(tmp_path: Path) -> Path:
    file = tmp_path / "short-long.yaml"
    file.write_text(SCENARIO, encoding="utf-8")
    return file


def asked(scenario: Path, **changes: object) -> Asked:
    nothing = {"clips": [], "conditions": [], "rates": [], "repeat": None, "lanes": None, "seed": None}
    return ask(scenario, corpus=ROOT, **(nothing | changes))


def test_every_digest_names_the_file_that_will_be_copied(scenario: Path, tmp_path: Path) -> None:
    """Assembled clips get theirs when they are written; clips of the corpus stay where they are."""
    plan, files = gather(asked(scenario), tmp_path)
    assert sorted(clip.key for clip in plan.clips) == ["clean-cross@8000", "long-few@16000", "long-few@8000"]
    for clip in plan.clips:
        assert hashlib.sha256(files[clip.sha256].read_bytes()).hexdigest() == clip.sha256
    assert {file.parent for file in files.values()} == {tmp_path, ROOT / "fixtures/audio"}
    assert {clip.path for clip in plan.clips} >= {f"clips/{clip.sha256}.flac" for clip in plan.clips[1:]}


def test_only_what_is_played_is_written(scenario: Path, tmp_path: Path) -> None:
    """A narrowed run assembles no other rate."""
    gather(asked(scenario, rates=[8000]), tmp_path)
    assert [file.name for file in tmp_path.glob("*.flac")] == ["long-few.8000.flac"]


def test_audio_that_changed_is_refused(scenario: Path, tmp_path: Path) -> None:
    """Before the target is even started."""
    told = asked(scenario)
    (tmp_path / "fixtures/audio").mkdir(parents=True)
    with pytest.raises(CorpusError, match="no such audio file"):
        gather(Asked(scenario=told.scenario, plan=told.plan, corpus=tmp_path, assembled=told.assembled), tmp_path)


def test_the_plan_tells_what_will_be_put_together(scenario: Path) -> None:
    """Without audio: how many pieces of how many clips, how long, how many words."""
    told = asked(scenario)
    (line,) = [line for line in describe(told) if line.startswith("long-few")]
    made = told.assembled[0]
    assert f"{len(made.pieces)} pieces of 3 clips, 0.2 min, {len(made.clip.words)} words" in line


def test_the_whole_plan_has_the_digests_of_the_run(scenario: Path, tmp_path: Path) -> None:
    """`harness plan --json` is the plan that the manifest will hold."""
    command = [sys.executable, "-m", "harness", "plan", str(scenario), "--corpus", str(ROOT), "--json"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True, timeout=60)
    shown = {
        one["clip"]["clip_id"] + str(one["clip"]["rate_hz"]): one["clip"] for one in json.loads(done.stdout)["sessions"]
    }
    plan, _ = gather(asked(scenario), tmp_path)
    for clip in plan.clips:
        assert shown[clip.clip_id + str(clip.rate_hz)]["sha256"] == clip.sha256
