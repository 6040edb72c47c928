from __future__ import annotations

import json

import pytest

from harness.model.run import Manifest
from harness.store import manifest as manifest_file


def test_a_clip_stands_in_the_file_once_and_sessions_name_it(manifest: Manifest) -> None:
    """A thousand sessions of eight clips must not repeat their words a thousand times."""
    tree = json.loads(manifest_file.to_text(manifest))
    assert list(tree["clips"]) == ["ramp@16000"]
    assert [session["clip"] for session in tree["plan"]["sessions"]] == ["ramp@16000", "ramp@16000"]


def test_the_manifest_comes_back_whole(manifest: Manifest) -> None:
    """Every session has its clip again, one object for all."""
    again = manifest_file.from_text(manifest_file.to_text(manifest))
    assert again == manifest
    assert again.plan.sessions[0].clip is again.plan.sessions[1].clip


def test_relocated_clips_point_into_the_folder(manifest: Manifest) -> None:
    """Judging needs nothing outside the run's folder."""
    (clip,) = manifest_file.relocated(manifest).plan.clips
    assert clip.path == f"clips/{clip.sha256}.flac"


@pytest.mark.parametrize("text", ["[]", "{}", '{"clips": {}, "plan": {"sessions": [{"clip": "gone"}]}}'])
def test_a_file_without_its_clips_is_refused(text: str) -> None:
    """ValueError, which the folder turns into a sentence."""
    with pytest.raises(ValueError, match="Manifest"):
        manifest_file.from_text(text)
