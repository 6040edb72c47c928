"""The corpus check finds each fault by name, and none in the corpus of this repository."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from corpus.voice import spoken, wav

from harness.corpus import times
from harness.corpus.audit import audit
from harness.corpus.own import Request, add
from harness.errors import CorpusError

ROOT = Path(__file__).resolve().parents[2]
Record = dict[str, Any]


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A corpus of one good clip."""
    monkeypatch.setattr(times, "find_spec", lambda _: None)
    (tmp_path / "golden").mkdir()
    add(
        tmp_path, Request(recording=wav(tmp_path / "one.wav", spoken()), text="Please hold the line", condition="clean")
    )
    return tmp_path


def spoil(root: Path, change: Callable[[Record], object]) -> None:
    path = root / "golden/clean-one.json"
    record = json.loads(path.read_text())
    change(record)
    path.write_text(json.dumps(record))


def sound(root: Path, samples: np.ndarray, rate_hz: int = 16_000) -> None:
    """Other audio under the same name, its digest written down, as a careless hand would do it."""
    path = root / "fixtures/audio/clean-one.16k.flac"
    soundfile.write(path, samples, rate_hz, format="FLAC", subtype="PCM_16")
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    spoil(root, lambda record: record["audio"]["16000"].update(sha256=digest))


def late_words(record: Record) -> None:
    """Latency claimed for words that stand 100 ms after the energy."""
    record["provenance"]["recipe"] = "aligned"
    record["latency"] = True
    record["edges"]["onset_ms"] = record["words"][0]["start_ms"] - 100


def elsewhere(record: Record) -> None:
    """Record and edges agree with each other, and with nothing in the audio."""
    record["provenance"]["recipe"] = "aligned"
    record["latency"] = True
    record["edges"]["onset_ms"] = record["words"][0]["start_ms"] = 900.0
    for index, word in enumerate(record["words"]):
        word.update(start_ms=900.0 + index * 200, end_ms=1100.0 + index * 200)


FAULTS: dict[str, tuple[Callable[[Path], object], str]] = {
    "broken record": (lambda r: spoil(r, lambda g: g.pop("words")), r"words: is missing"),
    "segments": (lambda r: spoil(r, lambda g: g["segments"].clear()), r"segments: do not follow the pauses"),
    "other bytes": (
        lambda r: (r / "fixtures/audio/clean-one.8k.flac").write_bytes(b"x"),
        r"8k\.flac: changed since its transcript was written",
    ),
    "other rate": (lambda r: sound(r, spoken(rate_hz=8_000), 8_000), r"has 1 channels at 8000 Hz, not 1 at 16000"),
    "other length": (lambda r: sound(r, spoken(3.0, 16_000)), r"duration_ms: is 2000, but .* lasts 3000\.0"),
    "clipping": (lambda r: sound(r, np.clip(spoken(2.0, 16_000, 1.5), -1, 0.9999)), r"of its samples are clipped"),
    "too quiet": (lambda r: sound(r, spoken(2.0, 16_000, 0.005)), r"speech at -\d+ dBFS .*; add it again with --level"),
    "no speech": (lambda r: sound(r, np.zeros(32_000)), r"holds no speech, but has words"),
    "latency of estimates": (lambda r: spoil(r, lambda g: g.update(latency=True)), r"the word times are estimates"),
    "latency without edges": (
        lambda r: spoil(r, lambda g: g.update(latency=True, edges=None)),
        r"is true without edges",
    ),
    "edges": (lambda r: spoil(r, late_words), r"words and energy edges differ by 100 ms \(limit 60\)"),
    "words elsewhere": (lambda r: spoil(r, elsewhere), r"speech is heard from .* but its words are at 900 to 1700 ms"),
    "licence": (lambda r: spoil(r, lambda g: g["provenance"].pop("licence")), r"provenance\.licence: is missing"),
    "licence text": (
        lambda r: spoil(r, lambda g: g["provenance"].update(origin="x", licence="MIT")),
        r"LICENSES/MIT\.txt does not exist",
    ),
    "provenance": (lambda r: spoil(r, lambda g: g.pop("provenance")), r"provenance\.origin: is missing"),
    "no reason": (
        lambda r: spoil(
            r,
            lambda g: g["checked"]["disagreements"].append(
                dict.fromkeys(("recogniser", "reference", "heard", "reason"), "")
            ),
        ),
        r"disagreements\[0\]: gives no reason",
    ),
    "stray audio": (
        lambda r: (r / "fixtures/audio/other.8k.flac").write_bytes(b"x"),
        r"other\.8k\.flac: belongs to no golden clip",
    ),
}


@pytest.mark.parametrize(("break_it", "sentence"), FAULTS.values(), ids=FAULTS)
def test_each_fault_is_named_with_its_file(root: Path, break_it: Callable[[Path], object], sentence: str) -> None:
    """One sentence a fault."""
    assert audit(root).problems == ()
    break_it(root)
    said = "\n".join(map(str, audit(root).problems))
    assert re.search(sentence, said), said


def test_too_many_words_for_the_time_are_found(root: Path) -> None:
    """Each word's own length, and the rate of all."""

    def squeeze(record: Record) -> None:
        for index, word in enumerate(record["words"]):
            word.update(start_ms=300.0 + 15 * index, end_ms=315.0 + 15 * index)

    spoil(root, squeeze)
    said = "\n".join(map(str, audit(root).problems))
    assert "letters a second of speech (plausible: 2 to 30)" in said
    assert "words[3]: 'line' lasts 15 ms (plausible: 20 to 2000)" in said


def test_the_committed_corpus_has_no_fault() -> None:
    """Every clip of it was looked at."""
    found = audit(ROOT)
    assert [str(problem) for problem in found.problems] == []
    assert found.clips == len(list((ROOT / "golden").glob("*.json")))


def test_a_folder_without_clips_is_refused(tmp_path: Path) -> None:
    """There is nothing to say about it."""
    with pytest.raises(CorpusError, match="no golden clips"):
        audit(tmp_path)
