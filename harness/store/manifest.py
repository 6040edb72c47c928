"""manifest.json: each clip stands in it once, and sessions name theirs by key."""

from __future__ import annotations

import json
from dataclasses import replace

from harness.model.clip import Clip
from harness.model.run import Manifest
from harness.store.codec import decode, encode, render


def clip_path(clip: Clip) -> str:
    """Where a run's folder keeps a clip."""
    return f"clips/{clip.sha256}.flac"


def to_text(manifest: Manifest) -> str:
    """JSON text; the clips of the plan become a table of their own."""
    tree = encode(manifest)
    sessions = zip(tree["plan"]["sessions"], manifest.plan.sessions, strict=True)
    tree["clips"] = {clip.key: encode(clip) for clip in manifest.plan.clips}
    for session, plan in sessions:
        session["clip"] = plan.clip.key
    return render(tree)


def from_text(text: str) -> Manifest:
    """The manifest, every session with its clip again. Raises ValueError naming what is wrong."""
    tree = json.loads(text)
    try:
        clips = tree.pop("clips")
        for session in tree["plan"]["sessions"]:
            session["clip"] = clips[session["clip"]]
    except (AttributeError, KeyError, TypeError) as error:
        raise ValueError(f"Manifest: no clip for {error}") from error
    manifest = decode(Manifest, tree)
    shared = {clip.key: clip for clip in manifest.plan.clips}
    return replace(manifest, plan=manifest.plan.with_clips(shared))


def relocated(manifest: Manifest) -> Manifest:
    """The same manifest with clip paths relative to the run's folder."""
    copies = {clip.key: replace(clip, path=clip_path(clip)) for clip in manifest.plan.clips}
    return replace(manifest, plan=manifest.plan.with_clips(copies))
