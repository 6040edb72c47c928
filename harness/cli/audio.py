"""The audio that a plan sends: clips of the corpus, checked, and assembled ones, written first."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from harness.cli.options import Asked
from harness.corpus.assemble import write_assembled
from harness.corpus.load import verify
from harness.model.plan import Plan
from harness.store.clips import sha256_of
from harness.store.manifest import clip_path


def gather(asked: Asked, into: Path) -> tuple[Plan, dict[str, Path]]:
    """The plan with every clip's digest, and the file of each digest; assembled clips are written `into` a folder.

    Only those that the plan sends, and each once. Raises CorpusError.
    """
    assembled = {one.clip.key: one for one in asked.assembled}
    clips, files = {}, {}
    for clip in asked.plan.clips:
        if clip.key in assembled:
            file = into / f"{clip.clip_id}.{clip.rate_hz}.flac"
            write_assembled(assembled[clip.key], asked.corpus, file)
            known = replace(clip, sha256=sha256_of(file))
            clips[clip.key] = replace(known, path=clip_path(known))
        else:
            verify(clip, asked.corpus)
            file, clips[clip.key] = asked.corpus / clip.path, clip
        files[clips[clip.key].sha256] = file
    return asked.plan.with_clips(clips), files
