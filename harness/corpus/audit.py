"""Everything about a corpus that can be checked without listening, each fault as one sentence with its remedy."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import soundfile

from harness.corpus.beside import read_beside
from harness.corpus.edges import find_edges
from harness.corpus.levels import active_rms
from harness.corpus.load import read_golden, verify
from harness.corpus.own import ADDED, FASTEST
from harness.corpus.recording import MOST_CLIPPED, SHORTEST_S, clipped_share
from harness.corpus.times import AGREE_MS, SPREAD
from harness.corpus.transcript import letters_in, readable
from harness.errors import CorpusError
from harness.model.clip import Clip

LEVELS_DBFS = (-40.0, -14.0)  # of active speech; ITU-T P.56 test material has -26
WORD_MS = (20.0, 2000.0)  # words of the corpus last 30 to 1125 ms
SLOWEST = 2.0  # letters a second from the first word to the last; speech with pauses has 9 and more
EDGES_MS = 400.0  # energy in padded audio takes breath and room for speech: up to 260 ms in the corpus
QUIET = ("clean", "fast", "accented")  # nothing but speech in them, so that energy says where it is
AGAIN = "add the clip again with --replace, or rebuild the corpus"
REWRITE = "correct the text, or add the clip again with --replace"


@dataclass(frozen=True, slots=True, kw_only=True)
class Audit:
    """What was looked at, and what is wrong."""

    clips: int
    files: int
    confirmed: int
    problems: tuple[CorpusError, ...]


def audit(root: Path) -> Audit:
    """Look at every clip of a corpus; raises CorpusError only where there is none."""
    goldens = sorted((root / "golden").glob("*.json"))
    if not goldens:
        raise CorpusError(str(root / "golden"), "no golden clips", "name the corpus with --corpus")
    problems: list[CorpusError] = []
    clips: list[Clip] = []
    for golden in goldens:
        found, faults = audit_clip(root, golden)
        clips += found
        problems += faults
    problems += _strays(root, {clip.path for clip in clips})
    confirmed = len({clip.clip_id for clip in clips if clip.confirmed_by_ear})
    return Audit(clips=len(goldens), files=len(clips), confirmed=confirmed, problems=tuple(problems))


def audit_clip(root: Path, golden: Path) -> tuple[tuple[Clip, ...], list[CorpusError]]:
    """One golden file's clips, none where it cannot be read, and its faults."""
    try:
        clips = read_golden(root, golden)
    except CorpusError as error:
        return (), [error]
    faults = list(_record(root, golden, clips[0]))
    for clip in clips:
        faults += _audio(root, golden, clip)
    return clips, faults


def _record(root: Path, golden: Path, clip: Clip) -> Iterator[CorpusError]:
    """The record against itself."""
    yield from _text(golden, clip)
    try:
        record = read_beside(golden)
    except CorpusError as error:
        yield error
        return
    yield from _latency(golden, record)
    yield from _provenance(root, golden, record)
    for index, entry in enumerate(record["checked"].get("disagreements", [])):
        if not entry["reason"]:
            where = f"{golden}: checked.disagreements[{index}]"
            yield CorpusError(where, "gives no reason why the reference stands", "listen, and write the reason down")


def _latency(golden: Path, record: dict[str, Any]) -> Iterator[CorpusError]:
    where, edges, words = f"{golden}: latency", record.get("edges"), record["words"]
    if not record["latency"]:
        return
    if not edges or not words:
        yield CorpusError(where, "is true without edges and words", "set it to false")
    elif SPREAD in record.get("provenance", {}).get("recipe", ""):
        yield CorpusError(where, "is true though the word times are estimates", "set it to false")
    else:
        first, last = words[0]["start_ms"] - edges["onset_ms"], words[-1]["end_ms"] - edges["offset_ms"]
        if (apart := max(abs(first), abs(last))) > AGREE_MS:
            problem = f"is true, but words and energy edges differ by {apart:.0f} ms (limit {AGREE_MS:g})"
            yield CorpusError(where, problem, "set it to false")


def _text(golden: Path, clip: Clip) -> Iterator[CorpusError]:
    """Whether so much can be said in that time."""
    if not clip.words:
        return
    try:
        readable(clip.reference)
    except CorpusError as error:
        yield CorpusError(f"{golden}: reference", error.problem, error.remedy)
    rate = letters_in(clip.reference) * 1e9 / (clip.words[-1].end_ns - clip.words[0].start_ns)
    if not SLOWEST <= rate <= FASTEST:
        problem = f"{rate:.1f} letters a second of speech (plausible: {SLOWEST:g} to {FASTEST:g})"
        yield CorpusError(f"{golden}: reference", problem, REWRITE)
    for index, word in enumerate(clip.words):
        lasts_ms = (word.end_ns - word.start_ns) / 1e6
        if not WORD_MS[0] <= lasts_ms <= WORD_MS[1]:
            problem = f"{word.text!r} lasts {lasts_ms:.0f} ms (plausible: {WORD_MS[0]:g} to {WORD_MS[1]:g})"
            yield CorpusError(f"{golden}: words[{index}]", problem, REWRITE)


def _provenance(root: Path, golden: Path, record: dict[str, Any]) -> Iterator[CorpusError]:
    given = record.get("provenance", {})
    for key in ("origin", "licence", "attribution", "recipe"):
        if not given.get(key):
            yield CorpusError(f"{golden}: provenance.{key}", "is missing", "write down where the audio is from")
    if given.get("origin") == ADDED:
        return
    for licence in (given.get("licence") or "CC0-1.0").split(" AND "):
        text = root / f"fixtures/LICENSES/{licence}.txt"
        if licence != "CC0-1.0" and not text.is_file():
            yield CorpusError(f"{golden}: provenance.licence", f"{text} does not exist", "put the licence's text there")


def _audio(root: Path, golden: Path, clip: Clip) -> Iterator[CorpusError]:
    """One rendition against what its record says of it."""
    where = str(root / clip.path)
    try:
        verify(clip, root)
        samples, rate_hz = soundfile.read(where, dtype="float64", always_2d=True)
    except CorpusError as error:
        yield error
        return
    except soundfile.LibsndfileError as error:
        yield CorpusError(where, f"not readable as audio ({error.error_string})", AGAIN)
        return
    if rate_hz != clip.rate_hz or samples.shape[1] != 1:
        yield CorpusError(where, f"has {samples.shape[1]} channels at {rate_hz} Hz, not 1 at {clip.rate_hz}", AGAIN)
        return
    lasts_ms, said_ms = len(samples) * 1000 / rate_hz, clip.duration_ns / 1e6
    if abs(lasts_ms - said_ms) > 1.0:
        yield CorpusError(f"{golden}: duration_ms", f"is {said_ms:g}, but {where} lasts {lasts_ms:.1f}", AGAIN)
    yield from _signal(where, samples[:, 0], clip)


def _signal(where: str, samples: np.ndarray, clip: Clip) -> Iterator[CorpusError]:
    if len(samples) < SHORTEST_S * clip.rate_hz:
        yield CorpusError(where, f"is shorter than {SHORTEST_S:g} s", AGAIN)
    if (share := clipped_share(samples)) > MOST_CLIPPED:
        yield CorpusError(where, f"{share:.1%} of its samples are clipped", "record it at a lower level")
    if not clip.has_speech:
        return
    level = 20 * float(np.log10(max(active_rms(samples, clip.rate_hz), 1e-9)))
    if not LEVELS_DBFS[0] <= level <= LEVELS_DBFS[1]:
        problem = f"speech at {level:.0f} dBFS (plausible: {LEVELS_DBFS[0]:g} to {LEVELS_DBFS[1]:g})"
        yield CorpusError(where, problem, "add it again with --level --replace")
    edges = find_edges(samples, clip.rate_hz)
    if edges is None:
        yield CorpusError(where, "holds no speech, but has words", AGAIN)
    elif clip.latency and clip.condition in QUIET:
        first_ms, last_ms = clip.words[0].start_ns / 1e6, clip.words[-1].end_ns / 1e6
        if max(abs(edges.onset_ms - first_ms), abs(edges.offset_ms - last_ms)) > EDGES_MS:
            heard = f"{edges.onset_ms:.0f} to {edges.offset_ms:.0f} ms"
            problem = f"speech is heard from {heard}, but its words are at {first_ms:.0f} to {last_ms:.0f} ms"
            yield CorpusError(where, problem, REWRITE)


def _strays(root: Path, known: set[str]) -> Iterator[CorpusError]:
    """Audio that no record names."""
    for path in sorted((root / "fixtures/audio").glob("*.flac")):
        if str(path.relative_to(root)) not in known and not _named_by_a_broken_record(root, path):
            yield CorpusError(str(path), "belongs to no golden clip", "remove it, or restore its record")


def _named_by_a_broken_record(root: Path, path: Path) -> bool:
    return (root / "golden" / f"{path.name.split('.')[0]}.json").is_file()
