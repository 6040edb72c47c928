"""Users' own clips arrive whole, or not at all."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile
from corpus.voice import spoken, wav

from harness.corpus import own, times
from harness.corpus.audit import audit
from harness.corpus.load import load_corpus, verify
from harness.corpus.own import Request, add
from harness.errors import CorpusError

ROOT = Path(__file__).resolve().parents[2]
TEXT = "Please hold the line"


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A corpus folder without clips, on a machine without the aligner."""
    monkeypatch.setattr(times, "find_spec", lambda _: None)
    (tmp_path / "corpus/golden").mkdir(parents=True)
    return tmp_path / "corpus"


@pytest.fixture
def request_(tmp_path: Path) -> Request:
    return Request(recording=wav(tmp_path / "My call 7.wav", spoken()), text=TEXT, condition="noisy")


def files(root: Path) -> list[str]:
    return sorted(str(path.relative_to(root)) for path in root.rglob("*") if path.is_file())


def test_a_clip_is_ready_to_run_and_passes_the_check(root: Path, request_: Request) -> None:
    """Both rates, digests, words within the speech, and where it came from."""
    added = add(root, request_)
    wide, narrow = load_corpus(root)
    assert (wide.key, narrow.key) == ("noisy-my-call-7@16000", "noisy-my-call-7@8000")
    assert (wide.source, wide.speaker, wide.speech, wide.latency) == ("my-call-7", "unknown", "human", False)
    assert [word.text for word in wide.words] == ["please", "hold", "the", "line"]
    assert wide.words[0].start_ns / 1e6 == pytest.approx(300, abs=20)
    assert wide.words[-1].end_ns / 1e6 == pytest.approx(1700, abs=20)
    for clip in (wide, narrow):
        verify(clip, root)
        assert soundfile.info(root / clip.path).samplerate == clip.rate_hz
    assert added.record["provenance"]["origin"] == "added by user"
    assert added.record["checked"]["confirmed_by_ear"] is None
    assert audit(root).problems == ()
    assert files(root) == [f"fixtures/audio/noisy-my-call-7.{k}k.flac" for k in (16, 8)] + [
        "golden/noisy-my-call-7.json"
    ]


def test_with_the_aligner_words_stand_where_they_are_spoken(tmp_path: Path) -> None:
    """As the builder has them, to 30 ms; such a clip carries latency objectives."""
    pytest.importorskip("pocketsphinx")
    (tmp_path / "golden").mkdir()
    (known, _) = (clip for clip in load_corpus(ROOT) if clip.clip_id == "clean-hts-d")
    added = add(tmp_path, Request(recording=ROOT / known.path, text=known.reference, condition="clean"))
    assert added.record["latency"]
    assert added.advice is None
    for word, got in zip(known.words, added.record["words"], strict=True):
        assert got["start_ms"] == pytest.approx(word.start_ns / 1e6, abs=30), word.text


def test_what_the_user_says_is_written_down(root: Path, request_: Request) -> None:
    """Name, speaker, source, licence, and that the speech is synthetic."""
    said = replace(request_, clip_id="mine", speaker="ann", source="tape", licence="CC0-1.0", synthetic=True)
    record = add(root, said).record
    assert [record[key] for key in ("clip_id", "speaker", "source", "speech")] == ["mine", "ann", "tape", "synthetic"]
    assert record["provenance"]["licence"] == "CC0-1.0"


def test_the_level_is_left_alone_unless_asked(root: Path, request_: Request) -> None:
    """A tone of amplitude 0.2 stays; levelled to -26 dBFS RMS its amplitude is 0.071."""
    for clip_id, level, peak in (("as-is", False, 0.2), ("levelled", True, 0.071)):
        add(root, replace(request_, clip_id=clip_id, level=level))
        samples, _ = soundfile.read(root / f"fixtures/audio/{clip_id}.16k.flac")
        assert np.max(np.abs(samples)) == pytest.approx(peak, rel=0.05)


def test_silence_has_no_words(root: Path, request_: Request) -> None:
    """Noise without speech is a clip of its own kind."""
    record = add(root, replace(request_, text="", condition="silence")).record
    assert (record["reference"], record["words"], record["speech"], record["latency"]) == ("", [], "none", False)
    assert audit(root).problems == ()


def test_a_line_has_no_16_khz(root: Path, request_: Request) -> None:
    """What came over a telephone line exists at 8 kHz alone."""
    assert set(add(root, replace(request_, condition="line")).record["audio"]) == {"8000"}


REFUSED = {
    "empty text": ({"text": " "}, r"--text: is empty"),
    "symbols": ({"text": "R&D"}, r"cannot read & \(ampersand\)"),
    "words in silence": ({"condition": "silence"}, r"says something where the condition is silence"),
    "level of silence": ({"condition": "silence", "text": "", "level": True}, r"silence has no speech level"),
    "unknown condition": ({"condition": "windy"}, r"--condition windy: unknown; use one of: accented, clean, "),
    "bad name": ({"clip_id": "../x"}, r"--id \.\./x: is no name for a clip"),
    "too much text": ({"text": "word " * 20}, r"20 words do not fit into 1\.4 s of speech"),
    "no such file": ({"recording": Path("none.wav")}, r"none\.wav: no such file"),
}


@pytest.mark.parametrize(("change", "sentence"), REFUSED.values(), ids=REFUSED)
def test_refusals_leave_nothing_behind(root: Path, request_: Request, change: dict[str, object], sentence: str) -> None:
    """One sentence, no file."""
    with pytest.raises(CorpusError, match=sentence):
        add(root, replace(request_, **change))  # type: ignore[arg-type]
    assert files(root) == []


def test_audio_without_any_sound_holds_no_words(root: Path, request_: Request, tmp_path: Path) -> None:
    """A muted channel is the usual reason."""
    with pytest.raises(CorpusError, match="there is no speech in it; check the file and the channel"):
        add(root, replace(request_, recording=wav(tmp_path / "muted.wav", np.zeros(44_100))))


def test_a_name_is_taken_once(root: Path, request_: Request) -> None:
    """Unless the user replaces a clip of his own; what the builder made stays."""
    golden = add(root, request_).golden
    with pytest.raises(CorpusError, match="a clip noisy-my-call-7 exists; choose another --id"):
        add(root, request_)
    add(root, replace(request_, text="Please hold", replace=True))
    assert load_corpus(root)[0].reference == "Please hold"
    record = json.loads(golden.read_text())
    golden.write_text(json.dumps(record | {"provenance": {"origin": "made by the builder"}}))
    with pytest.raises(CorpusError, match="exists"):
        add(root, replace(request_, replace=True))


def test_a_folder_without_golden_is_no_corpus(tmp_path: Path, request_: Request) -> None:
    """Nothing is made where nobody asked for it."""
    with pytest.raises(CorpusError, match="holds no golden/"):
        add(tmp_path, request_)


def test_a_failed_write_leaves_nothing_behind(root: Path, request_: Request, monkeypatch: pytest.MonkeyPatch) -> None:
    """A disk that fills up before the record is written takes the audio with it."""

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(own, "write_json", full)
    with pytest.raises(CorpusError, match=r"cannot be written .*No space left"):
        add(root, request_)
    assert files(root) == []
