"""A user's own clip: from a recording and its transcript to audio at both rates and a golden record, all or nothing."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from harness.corpus import levels
from harness.corpus.derive import telephone
from harness.corpus.edges import Edges, find_edges
from harness.corpus.load import CONDITIONS
from harness.corpus.recording import RATE_HZ, Channel, Recording, read_recording
from harness.corpus.times import WordTimes, time_words
from harness.corpus.transcript import letters_in, readable
from harness.corpus.words import segments_of, words_of
from harness.corpus.write import write_flac, write_json
from harness.errors import CorpusError, choose

ADDED = "added by user"
FASTEST = 30.0  # letters a second of speech; the fastest clip of the corpus, sped up 1.3 times, has 19
_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,63}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What the user says about a recording."""

    recording: Path
    text: str
    condition: str
    clip_id: str | None = None
    source: str | None = None
    speaker: str | None = None
    synthetic: bool = False
    channel: Channel | None = None
    level: bool = False
    accept_clipping: bool = False
    replace: bool = False  # a clip that was added this way before
    licence: str | None = None
    pronounce: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Added:
    """What was written, and what the user should know about it."""

    golden: Path
    record: dict[str, Any]
    advice: str | None
    recorded_hz: int


def add(root: Path, request: Request) -> Added:
    """Write a clip into the corpus at `root`. Raises CorpusError before anything is written."""
    clip_id = _new_id(root, request)
    if request.condition not in CONDITIONS:
        raise CorpusError(f"--condition {request.condition}", "unknown", choose(request.condition, CONDITIONS))
    text = _text(request)
    recording = read_recording(request.recording, request.channel, accept_clipping=request.accept_clipping)
    samples = levels.to_speech_level(recording.samples, RATE_HZ) if request.level else recording.samples
    edges = find_edges(samples, RATE_HZ) if text else None
    times = _times(request, text, samples, edges)
    record = _record(clip_id, request, text, count=len(samples), edges=edges, times=times) | {
        "provenance": _provenance(request, recording, times),
    }
    golden = root / "golden" / f"{clip_id}.json"
    _write(root, golden, record, _renditions(request.condition, samples))
    advice = times.advice if times else None
    return Added(golden=golden, record=record, advice=advice, recorded_hz=recording.rate_hz)


def slug(text: str) -> str:
    """A file's name as a clip may be called."""
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")


def _new_id(root: Path, request: Request) -> str:
    clip_id = request.clip_id or slug(f"{request.condition}-{request.recording.stem}")[:64]
    if not _NAME.fullmatch(clip_id):
        raise CorpusError(f"--id {clip_id}", "is no name for a clip", "use a-z, 0-9 and hyphens, at most 64")
    if not (root / "golden").is_dir():
        raise CorpusError(str(root), "holds no golden/", "name the corpus with --corpus, or make the folder golden/")
    taken = [root / "golden" / f"{clip_id}.json", *(root / "fixtures/audio").glob(f"{clip_id}.*k.flac")]
    there = [path for path in taken if path.exists()]
    if there and not (request.replace and is_own(taken[0])):
        remedy = "choose another --id, or say --replace if you added it yourself"
        raise CorpusError(str(there[0]), f"a clip {clip_id} exists", remedy)
    return clip_id


def _text(request: Request) -> str:
    if request.condition != "silence":
        return readable(request.text)
    if request.text.strip():
        raise CorpusError("--text", "says something where the condition is silence", "leave it empty")
    if request.level:
        raise CorpusError("--level", "silence has no speech level", "leave it out")
    return ""


def _times(request: Request, text: str, samples: np.ndarray, edges: Edges | None) -> WordTimes | None:
    if not text:
        return None
    if edges is None:
        raise CorpusError(str(request.recording), "there is no speech in it", "check the file and the channel")
    spoken_s = (edges.offset_ms - edges.onset_ms) / 1000
    if letters_in(text) > FASTEST * spoken_s:
        problem = f"{len(text.split())} words do not fit into {spoken_s:.1f} s of speech"
        raise CorpusError(str(request.recording), problem, "give the words of this recording and no others")
    return time_words(samples, words_of(text), edges, request.pronounce)


def _record(
    clip_id: str, request: Request, text: str, *, count: int, edges: Edges | None, times: WordTimes | None
) -> dict[str, Any]:
    words = [(word, round(a, 1), round(b, 1)) for word, a, b in times.words] if times else []
    spoken = "synthetic" if request.synthetic else "human"
    return {
        "clip_id": clip_id,
        "condition": request.condition,
        "source": request.source or slug(request.recording.stem) or clip_id,
        "speaker": (request.speaker or "unknown") if text else "none",
        "speech": spoken if text else "none",
        "reference": text,
        "words": [{"word": word, "start_ms": start, "end_ms": end} for word, start, end in words],
        "segments": [{"first_word": a, "last_word": b} for a, b in segments_of([(s, e) for _, s, e in words])],
        "duration_ms": int(count * 10_000 / RATE_HZ) / 10,  # down: no time may lie after the audio
        "edges": edges and {"onset_ms": round(edges.onset_ms, 1), "offset_ms": round(edges.offset_ms, 1)},
        "latency": times is not None and times.latency,
        "binding": True,
        "checked": {"confirmed_by_ear": None, "recognisers": [], "disagreements": []},
    }


def _provenance(request: Request, recording: Recording, times: WordTimes | None) -> dict[str, str]:
    level = "active speech level -26 dBFS" if request.level else "level as recorded"
    steps = [recording.made_from, "soxr VHQ to 16 kHz", level, *([times.how] if times else [])]
    return {
        "origin": ADDED,
        "licence": request.licence or "not stated; the user's own audio",
        "attribution": "none given",
        "recipe": "; ".join([*steps, "8 kHz: soxr VHQ, G.711 mu-law and back"]),
        "source_sha256": recording.sha256,
    }


def _renditions(condition: str, samples: np.ndarray) -> dict[int, np.ndarray]:
    """PCM16 by rate. What came over an analog line has no 16 kHz; its filter is already in the recording."""
    narrow = {8_000: telephone(samples, line=False)}
    return narrow if condition == "line" else {RATE_HZ: levels.to_pcm16(samples)} | narrow


def _write(root: Path, golden: Path, record: dict[str, Any], renditions: Mapping[int, np.ndarray]) -> None:
    """Everything beside its place first, then moved, the record last: a clip is there whole or not at all."""
    drafts: dict[Path, Path] = {}
    try:
        record["audio"] = {}
        for rate_hz, pcm in renditions.items():
            name = f"fixtures/audio/{golden.stem}.{rate_hz // 1000}k.flac"
            drafts[root / name] = draft = (root / name).with_suffix(".draft")
            digest = write_flac(draft, pcm, rate_hz)
            pcm_digest = hashlib.sha256(pcm.astype("<i2").tobytes()).hexdigest()
            record["audio"][str(rate_hz)] = {"path": name, "sha256": digest, "pcm_sha256": pcm_digest}
        drafts[golden] = golden.with_suffix(".draft")
        write_json(drafts[golden], record)
        for path, draft in drafts.items():
            draft.replace(path)
    except (OSError, RuntimeError) as error:
        raise CorpusError(str(golden), f"cannot be written ({error})", "make the corpus writable") from error
    finally:
        for draft in drafts.values():
            draft.unlink(missing_ok=True)


def is_own(golden: Path) -> bool:
    """Whether a golden file was added by a user, so that no rebuild may take it away."""
    try:
        return bool(json.loads(golden.read_text(encoding="utf-8"))["provenance"]["origin"] == ADDED)
    except (OSError, ValueError, KeyError, TypeError):
        return False
