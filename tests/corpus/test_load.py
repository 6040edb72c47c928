"""Golden files become clips, or one sentence that names file, key and remedy."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from harness.corpus.load import load_corpus, verify
from harness.errors import CorpusError
from harness.model.clip import Segment, Word

Record = dict[str, Any]
Make = Callable[..., Path]


def put(key: str, value: object) -> Callable[[Record], None]:
    """Spoils a record by a value under a key."""

    def spoil(record: Record) -> None:
        record[key] = value

    return spoil


def in_word(index: int, key: str, value: object) -> Callable[[Record], None]:
    """Spoils one word of a record."""

    def spoil(record: Record) -> None:
        record["words"][index][key] = value

    return spoil


def test_a_golden_file_gives_one_clip_a_rate(corpus: Make) -> None:
    """Times become integer nanoseconds; both rates share everything but the audio."""
    wide, narrow = load_corpus(corpus())
    assert (wide.rate_hz, narrow.rate_hz) == (16_000, 8_000)
    assert (wide.path, narrow.path) == ("fixtures/audio/clean-one.16k.flac", "fixtures/audio/clean-one.8k.flac")
    assert wide.words[0] == narrow.words[0] == Word(text="he", start_ns=300_000_000, end_ns=400_500_000)
    assert wide.segments == (Segment(first_word=0, last_word=1), Segment(first_word=2, last_word=2))
    assert wide.duration_ns == 2_000_000_000
    assert wide.key == "clean-one@16000"


def test_a_clip_may_have_one_rate_only(corpus: Make) -> None:
    """Clips behind an analog line exist at 8 kHz alone."""
    (clip,) = load_corpus(corpus(lambda record: record["audio"].pop("16000")))
    assert clip.rate_hz == 8_000


@pytest.mark.parametrize(("entry", "confirmed"), [(None, False), ({"who": "a person", "when": "2030-01-01"}, True)])
def test_a_confirmation_by_ear_is_carried(corpus: Make, entry: object, confirmed: bool) -> None:
    """Nothing but an entry counts as confirmed."""
    root = corpus(put("checked", {"confirmed_by_ear": entry}))
    assert {clip.confirmed_by_ear for clip in load_corpus(root)} == {confirmed}


SPOILED: dict[str, tuple[Callable[[Record], object], str]] = {
    "missing key": (lambda r: r.pop("reference"), r"clean-one\.json: reference: is missing; "),
    "wrong type": (put("latency", "yes"), r"clean-one\.json: latency: should be bool, not 'yes'; "),
    "flag as number": (put("binding", 1), r"binding: should be bool, not 1; "),
    "number as flag": (put("duration_ms", True), r"duration_ms: should be float, not True; "),
    "time is NaN": (put("duration_ms", float("nan")), r"duration_ms: nan is no time; "),
    "id is not the file": (put("clip_id", "other"), r"clip_id: is not the file's name, 'clean-one'; "),
    "unknown condition": (put("condition", "windy"), r"condition: is none of clean, fast, .*; "),
    "unknown speech": (put("speech", "alien"), r"speech: is none of human, synthetic, none; "),
    "speech without words": (
        lambda r: r.update(words=[], segments=[], reference=""),
        r"words: do not fit speech: 'human'; ",
    ),
    "a word is no object": (put("words", ["he"]), r"words\[0\]: is not an object; "),
    "a word without end": (lambda r: r["words"][1].pop("end_ms"), r"words\[1\]: end_ms: is missing; "),
    "unsorted words": (in_word(1, "start_ms", 200.0), r"words\[1\]: 'was' starts before the word ahead of it ends; "),
    "empty word": (in_word(2, "end_ms", 1200.0), r"words\[2\]: 'late' ends before it starts; "),
    "word after the clip": (in_word(2, "end_ms", 2000.1), r"words\[2\]: 'late' ends after the clip; "),
    "another word": (in_word(0, "word", "she"), r"words\[0\]: is 'she', but the reference says 'he'; "),
    "fewer words": (put("reference", "He was"), r"words: 3 words are timed, but the reference has 2; "),
    "lone punctuation": (put("reference", "He was - late"), r"reference: a lone punctuation mark is no word; "),
    "wrong segments": (put("segments", [{"first_word": 0, "last_word": 2}]), r"segments: do not follow the pauses"),
    "no audio": (put("audio", {}), r"audio: names no file; "),
    "unknown rate": (
        lambda r: r["audio"].update({"44100": r["audio"]["8000"]}),
        r"audio\.44100: is no sample rate of this corpus; ",
    ),
    "audio without digest": (lambda r: r["audio"]["8000"].pop("sha256"), r"audio\.8000: sha256: is missing; "),
    "missing FLAC": (
        lambda r: r["audio"]["8000"].update(path="fixtures/audio/gone.flac"),
        r"audio\.8000: no such audio file: fixtures/audio/gone\.flac; restore it",
    ),
}


@pytest.mark.parametrize(("spoil", "sentence"), SPOILED.values(), ids=SPOILED.keys())
def test_a_bad_golden_file_is_refused_in_one_sentence(
    corpus: Make, spoil: Callable[[Record], object], sentence: str
) -> None:
    """File, key, what is wrong and what to do; nothing is loaded."""
    with pytest.raises(CorpusError, match=sentence) as raised:
        load_corpus(corpus(spoil))
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize("text", ["{", "[]", "\xff"], ids=["cut short", "a list", "not UTF-8"])
def test_a_file_that_is_no_json_object_is_refused(corpus: Make, text: str) -> None:
    """Whatever it holds instead."""
    root = corpus()
    (root / "golden/clean-one.json").write_bytes(text.encode("latin-1"))
    with pytest.raises(CorpusError, match=r"clean-one\.json: not "):
        load_corpus(root)


def test_a_folder_without_golden_files_is_refused(tmp_path: Path) -> None:
    """The sentence names the folder that was looked into."""
    with pytest.raises(CorpusError, match=r"golden: no golden clips; "):
        load_corpus(tmp_path)


def test_verify_accepts_the_audio_the_record_was_written_for(corpus: Make) -> None:
    """Digests match on an untouched corpus."""
    root = corpus()
    for clip in load_corpus(root):
        verify(clip, root)


def test_verify_refuses_changed_audio(corpus: Make) -> None:
    """One more byte is another recording, and the sentence says which file."""
    root = corpus()
    wide, _ = load_corpus(root)
    with (root / wide.path).open("ab") as file:
        file.write(b"\0")
    with pytest.raises(CorpusError, match=r"clean-one\.16k\.flac: changed since its transcript was written"):
        verify(wide, root)


def test_verify_refuses_audio_that_has_gone(corpus: Make) -> None:
    """A file that vanished between loading and use is named."""
    root = corpus()
    wide, _ = load_corpus(root)
    (root / wide.path).unlink()
    with pytest.raises(CorpusError, match=r"clean-one\.16k\.flac: no such audio file"):
        verify(wide, root)
