"""From a corpus to its listening page: reads records and audio, decides whether the audio fits inside."""

from __future__ import annotations

import base64
import os
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

from harness.corpus.beside import read_beside
from harness.corpus.load import load_corpus, verify
from harness.errors import FolderError
from harness.model.clip import Clip
from harness.report.listen import Entry, render

MOST_INSIDE = 15_000_000  # bytes of page; beyond that browsers are slow to open it


def write_page(root: Path, out: Path) -> Iterator[str]:
    """Write the page and yield what to tell the user. Raises UsageError before anything is written."""
    clips = _best(load_corpus(root))
    for clip in clips:
        verify(clip, root)
    audio = {clip.clip_id: (root / clip.path).read_bytes() for clip in clips}
    inside = sum(len(flac) for flac in audio.values()) * 4 // 3 <= MOST_INSIDE
    entries = []
    for clip in clips:
        link = _data_uri(audio[clip.clip_id]) if inside else _link(root / clip.path, out)
        record = read_beside(root / "golden" / f"{clip.clip_id}.json")
        entries.append(Entry.of(clip, record, link=link, flac=audio[clip.clip_id]))
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        out.write_text(render(entries, inside=inside), encoding="utf-8")
    except OSError as error:
        raise FolderError(f"--out {out}", f"cannot be written ({error.strerror})", "choose another file") from error
    return _said(out, entries, inside=inside)


def _said(out: Path, entries: list[Entry], *, inside: bool) -> Iterator[str]:
    yield f"{out}  {len(entries)} clips, {out.stat().st_size / 1e6:.1f} MB"
    if not inside:
        yield f"The audio would make it larger than {MOST_INSIDE / 1e6:g} MB, so it links to the files: do not move it."
    yield "Open it in a browser, listen, download your answers, then: harness corpus confirm ANSWERS.json"


def _best(clips: tuple[Clip, ...]) -> tuple[Clip, ...]:
    """Each clip once, at its highest rate: the other one is made from it."""
    best: dict[str, Clip] = {}
    for clip in clips:
        best.setdefault(clip.clip_id, clip)
    return tuple(best.values())


def _data_uri(flac: bytes) -> str:
    return f"data:audio/flac;base64,{base64.b64encode(flac).decode('ascii')}"


def _link(file: Path, out: Path) -> str:
    return quote(Path(os.path.relpath(file.resolve(), out.resolve().parent)).as_posix())
