"""golden/*.json as Clips: one for each clip and rate, nothing trusted that was not looked at."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, replace
from math import isfinite
from pathlib import Path
from typing import Any, TypeVar

from harness.corpus.check import problem_of
from harness.errors import CorpusError
from harness.model.clip import Clip, Segment, Word

NS_PER_MS = 1_000_000
CONDITIONS = ("clean", "fast", "accented", "noisy", "music", "silence", "long", "line")
RATES_HZ = (16_000, 8_000)
SPEECH = ("human", "synthetic", "none")
REMEDY = "rebuild the corpus, or correct the file"

Value = TypeVar("Value")


def load_corpus(root: Path) -> tuple[Clip, ...]:
    """Every clip of `root`/golden at each of its rates, ordered by clip and falling rate.

    Raises CorpusError at the first file that is malformed, contradicts itself or names audio that is not there. Digests
    are not taken here: `verify` does that for the clips that are used.
    """
    files = sorted((root / "golden").glob("*.json"))
    if not files:
        raise CorpusError(str(root / "golden"), "no golden clips", "give the folder that holds golden/ and fixtures/")
    return tuple(clip for path in files for clip in read_golden(root, path))


def verify(clip: Clip, root: Path) -> None:
    """Raises CorpusError unless the clip's audio is the file its golden JSON was written for."""
    path = root / clip.path
    if not path.is_file():
        raise CorpusError(str(path), "no such audio file", _restore(clip.clip_id))
    if (found := hashlib.sha256(path.read_bytes()).hexdigest()) != clip.sha256:
        problem = f"changed since its transcript was written (sha256 {found[:12]}…, not {clip.sha256[:12]}…)"
        raise CorpusError(str(path), problem, _restore(clip.clip_id))


def read_golden(root: Path, path: Path) -> tuple[Clip, ...]:
    """The clips of one golden file, one for each rate it has audio for, the highest first."""
    record = _Record(values=_json(path), where=str(path))
    clip = _without_audio(record)
    record.must(clip.clip_id == path.stem, "clip_id", f"is not the file's name, {path.stem!r}")
    record.must(clip.condition in CONDITIONS, "condition", f"is none of {', '.join(CONDITIONS)}")
    record.must(clip.speech in SPEECH, "speech", f"is none of {', '.join(SPEECH)}")
    record.must(bool(clip.words) == (clip.speech != "none"), "words", f"do not fit speech: {clip.speech!r}")
    if found := problem_of(clip.reference, clip.words, clip.segments, clip.duration_ns):
        raise CorpusError(f"{path}: {found.key}", found.problem, REMEDY)
    audio = record.get("audio", dict)
    record.must(bool(audio), "audio", "names no file")
    for rate in set(audio) - {str(rate_hz) for rate_hz in RATES_HZ}:
        raise CorpusError(f"{path}: audio.{rate}", "is no sample rate of this corpus", "use 16000 or 8000")
    return tuple(_with_audio(clip, rate_hz, record, root) for rate_hz in RATES_HZ if str(rate_hz) in audio)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Record:
    """A JSON object that says where in which file something is missing or of the wrong kind."""

    values: dict[str, Any]
    where: str

    def get(self, key: str, kind: type[Value]) -> Value:
        value = self.values.get(key)
        if isinstance(value, kind) and (kind is bool or not isinstance(value, bool)):
            return value
        problem = f"should be {kind.__name__}, not {value!r}" if key in self.values else "is missing"
        raise CorpusError(f"{self.where}: {key}", problem, REMEDY)

    def ns(self, key: str) -> int:
        """A time given in milliseconds; JSON may write it without a point."""
        value = self.values.get(key)
        ms = float(value) if isinstance(value, int) and not isinstance(value, bool) else self.get(key, float)
        self.must(isfinite(ms), key, f"{ms} is no time")
        return round(ms * NS_PER_MS)

    def objects(self, key: str) -> tuple[_Record, ...]:
        """The objects in the list under a key, each knowing its place."""
        made = []
        for index, value in enumerate(self.get(key, list)):
            where = f"{self.where}: {key}[{index}]"
            if not isinstance(value, dict):
                raise CorpusError(where, "is not an object", REMEDY)
            made.append(_Record(values=value, where=where))
        return tuple(made)

    def must(self, holds: bool, key: str, problem: str) -> None:
        if not holds:
            raise CorpusError(f"{self.where}: {key}", problem, REMEDY)


def _json(path: Path) -> dict[str, Any]:
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise CorpusError(
            str(path), f"not readable as JSON ({error})", "restore the file or rebuild the corpus"
        ) from error
    if not isinstance(values, dict):
        raise CorpusError(str(path), "not a JSON object", "restore the file or rebuild the corpus")
    return values


def _words(record: _Record) -> tuple[Word, ...]:
    return tuple(
        Word(text=word.get("word", str), start_ns=word.ns("start_ms"), end_ns=word.ns("end_ms"))
        for word in record.objects("words")
    )


def _segments(record: _Record) -> tuple[Segment, ...]:
    return tuple(
        Segment(first_word=part.get("first_word", int), last_word=part.get("last_word", int))
        for part in record.objects("segments")
    )


def _without_audio(record: _Record) -> Clip:
    """Everything that a clip's rates have in common."""
    checked = record.get("checked", dict)
    return Clip(
        clip_id=record.get("clip_id", str),
        rate_hz=0,
        path="",
        sha256="",
        condition=record.get("condition", str),
        source=record.get("source", str),
        speaker=record.get("speaker", str),
        speech=record.get("speech", str),
        duration_ns=record.ns("duration_ms"),
        reference=record.get("reference", str),
        words=_words(record),
        segments=_segments(record),
        latency=record.get("latency", bool),
        binding=record.get("binding", bool),
        confirmed_by_ear=checked.get("confirmed_by_ear") is not None,
    )


def _with_audio(clip: Clip, rate_hz: int, record: _Record, root: Path) -> Clip:
    rates = _Record(values=record.get("audio", dict), where=f"{record.where}: audio")
    audio = _Record(values=rates.get(str(rate_hz), dict), where=f"{rates.where}.{rate_hz}")
    path, sha256 = audio.get("path", str), audio.get("sha256", str)
    if not (root / path).is_file():
        raise CorpusError(audio.where, f"no such audio file: {path}", _restore(clip.clip_id))
    return replace(clip, rate_hz=rate_hz, path=path, sha256=sha256)


def _restore(clip_id: str) -> str:
    return f"restore it from version control, or run python -m harness.corpus.build to make {clip_id} again"
