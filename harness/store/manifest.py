"""manifest.json: each clip stands in it once, and sessions name theirs by key."""

from __future__ import annotations

import json
from dataclasses import fields, replace

from harness.model.clip import Clip
from harness.model.plan import SessionPlan
from harness.model.run import Manifest
from harness.store.codec import decode, encode, render

_FIELDS = tuple(field.name for field in fields(SessionPlan))


def clip_path(clip: Clip) -> str:
    """Where a run's folder keeps a clip."""
    return f"clips/{clip.sha256}.flac"


def to_text(manifest: Manifest) -> str:
    """JSON text; the clips of the plan become a table of their own."""
    plan = manifest.plan
    tree = encode(replace(manifest, plan=replace(plan, sessions=())))
    tree["plan"]["sessions"] = [_named(session) for session in plan.sessions]
    tree["clips"] = {clip.key: encode(clip) for clip in plan.clips}
    return render(tree)


def _named(session: SessionPlan) -> dict[str, object]:
    """All its fields are plain values, but for the clip."""
    return {name: getattr(session, name) for name in _FIELDS} | {"clip": session.clip.key}


def from_text(text: str) -> Manifest:
    """The manifest, every session with its clip again, one object for all. Raises ValueError naming what is wrong."""
    tree = json.loads(text)
    try:
        clips = {key: decode(Clip, clip) for key, clip in tree.pop("clips").items()}
        for session in tree["plan"]["sessions"]:
            session["clip"] = clips[session["clip"]]
    except (AttributeError, KeyError, TypeError) as error:
        raise ValueError(f"Manifest: no clip for {error}") from error
    return decode(Manifest, tree)


def relocated(manifest: Manifest) -> Manifest:
    """The same manifest with clip paths relative to the run's folder."""
    copies = {clip.key: replace(clip, path=clip_path(clip)) for clip in manifest.plan.clips}
    return replace(manifest, plan=manifest.plan.with_clips(copies))
