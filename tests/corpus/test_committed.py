"""The corpus in this repository is what its records say."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from harness.corpus.edges import find_edges
from harness.corpus.evidence import differences
from harness.corpus.levels import SPEECH_DBFS, active_rms, rms
from harness.corpus.load import CONDITIONS, load_corpus, verify
from harness.corpus.own import is_own
from harness.corpus.recipes import read_recipes
from harness.model.clip import Clip
from harness.pcm import read_pcm16

ROOT = Path(__file__).resolve().parents[2]
AGREE_MS = 60.0
LEAD_MS, AFTER_MS = 300, 250  # digital lead, and what is kept of the recording after the speech
CLEAN_SIGNAL = ("clean", "fast", "accented")
UNMIXABLE = {"LGPL-2.1-only", "GPL-3.0-or-later"}


@pytest.fixture(scope="module")
def clips() -> tuple[Clip, ...]:
    """The builder's clips; `harness corpus check` speaks for those that a user added."""
    return tuple(clip for clip in load_corpus(ROOT) if not is_own(ROOT / f"golden/{clip.clip_id}.json"))


@pytest.fixture(scope="module")
def records() -> dict[str, dict[str, Any]]:
    return {
        path.stem: json.loads(path.read_text()) for path in sorted((ROOT / "golden").glob("*.json")) if not is_own(path)
    }


def signal(clip: Clip) -> np.ndarray:
    """Float samples of a clip's audio."""
    data, rate_hz = read_pcm16(ROOT / clip.path)
    assert rate_hz == clip.rate_hz
    return np.frombuffer(data, "<i2") / 32768


def recording(clip: Clip, record: dict[str, Any]) -> np.ndarray:
    """A clip without lead and tail, whose dither would pass for the recording's own noise floor."""
    return signal(clip)[
        clip.rate_hz * LEAD_MS // 1000 : round((record["edges"]["offset_ms"] + AFTER_MS) * clip.rate_hz / 1000)
    ]


def db(level: float) -> float:
    return float(20 * np.log10(max(level, 1e-9)))


def test_every_digest_matches(clips: tuple[Clip, ...], records: dict[str, dict[str, Any]]) -> None:
    """Of the file and of the samples in it."""
    for clip in clips:
        verify(clip, ROOT)
        data, _ = read_pcm16(ROOT / clip.path)
        audio = records[clip.clip_id]["audio"][str(clip.rate_hz)]
        assert hashlib.sha256(data).hexdigest() == audio["pcm_sha256"], clip.key


def test_audio_is_as_long_as_its_record_says(clips: tuple[Clip, ...]) -> None:
    """To a sample of the lower rate."""
    for clip in clips:
        assert len(signal(clip)) * 1e9 / clip.rate_hz == pytest.approx(clip.duration_ns, abs=125_000), clip.key


def test_records_are_written_to_diff_well(records: dict[str, dict[str, Any]]) -> None:
    """Sorted keys, two blanks of indent, a newline at the end."""
    for name, record in records.items():
        text = json.dumps(record, indent=2, sort_keys=True, ensure_ascii=False) + "\n"
        assert (ROOT / "golden" / f"{name}.json").read_text(encoding="utf-8") == text, name


def test_the_latency_flag_says_whether_words_and_energy_agree(records: dict[str, dict[str, Any]]) -> None:
    """Within 60 ms at both ends."""
    for name, record in records.items():
        if record["words"]:
            onset_ms = record["words"][0]["start_ms"] - record["edges"]["onset_ms"]
            offset_ms = record["words"][-1]["end_ms"] - record["edges"]["offset_ms"]
            assert record["latency"] == (max(abs(onset_ms), abs(offset_ms)) <= AGREE_MS), name
        else:
            assert record["edges"] is None
            assert not record["latency"]


def test_edges_are_those_of_the_audio(clips: tuple[Clip, ...], records: dict[str, dict[str, Any]]) -> None:
    """Found again in the committed 16 kHz audio of clips without noise, as nearly as words and energy must agree."""
    for clip in clips:
        if clip.rate_hz == 16_000 and clip.condition in CLEAN_SIGNAL:
            record = records[clip.clip_id]
            edges = find_edges(recording(clip, record), clip.rate_hz)
            assert edges is not None
            assert edges.onset_ms + LEAD_MS == pytest.approx(record["edges"]["onset_ms"], abs=AGREE_MS), clip.key
            assert edges.offset_ms + LEAD_MS == pytest.approx(record["edges"]["offset_ms"], abs=AGREE_MS), clip.key


def test_speech_is_at_its_level_and_never_clips(clips: tuple[Clip, ...], records: dict[str, dict[str, Any]]) -> None:
    """An active level of -26 dBFS to a dB, and some room above the highest peak."""
    for clip in clips:
        assert np.max(np.abs(signal(clip))) < 0.99, clip.key
        if clip.condition in CLEAN_SIGNAL and clip.rate_hz == 16_000:
            level = active_rms(recording(clip, records[clip.clip_id]), clip.rate_hz)
            assert db(level) == pytest.approx(SPEECH_DBFS, abs=0.5), clip.key


def test_silence_is_as_loud_as_it_should_be(clips: tuple[Clip, ...]) -> None:
    """Digital silence is zero; noise and music without speech are at -31 dBFS RMS."""
    levels = {clip.clip_id: db(rms(signal(clip))) for clip in clips if not clip.has_speech and clip.rate_hz == 16_000}
    assert levels["silence-digital"] == db(0)
    assert levels["silence-noise"] == pytest.approx(-31, abs=0.1)
    assert levels["silence-music"] == pytest.approx(-31, abs=0.1)
    assert levels["silence-room"] == pytest.approx(-55, abs=0.1)


def test_every_clip_is_there_at_both_rates_except_behind_a_line(clips: tuple[Clip, ...]) -> None:
    """A telephone line has no 16 kHz."""
    rates: dict[str, set[int]] = {}
    for clip in clips:
        rates.setdefault(clip.clip_id, set()).add(clip.rate_hz)
        assert clip.condition in CONDITIONS
    for clip_id, have in rates.items():
        assert have == ({8_000} if clip_id.startswith("line-") else {8_000, 16_000}), clip_id


def test_the_matrix_is_wide_enough(clips: tuple[Clip, ...]) -> None:
    """At least 24 speech clips of 12 recordings and 6 voices, short on average, most of them human and with latency."""
    spoken = [clip for clip in clips if clip.has_speech and clip.rate_hz == 8_000 and clip.condition != "long"]
    assert len(spoken) >= 24
    assert len({clip.source for clip in spoken}) >= 12
    assert len({clip.speaker for clip in spoken}) >= 6
    assert {clip.condition for clip in clips} == set(CONDITIONS)
    assert sum(clip.duration_ns for clip in spoken) / len(spoken) <= 6.5e9
    assert sum(clip.speech == "human" for clip in spoken) / len(spoken) >= 0.8
    assert sum(clip.latency for clip in spoken) / len(spoken) >= 0.6


def test_the_corpus_is_small() -> None:
    """Under 12 MB of committed audio."""
    assert sum(path.stat().st_size for path in (ROOT / "fixtures/audio").iterdir()) <= 12_000_000


def test_no_audio_lies_around_without_a_record(clips: tuple[Clip, ...]) -> None:
    """Every file in fixtures/audio belongs to a clip."""
    there = {path.name for path in (ROOT / "fixtures/audio").iterdir()}
    own = {name for name in there if is_own(ROOT / f"golden/{name.split('.')[0]}.json")}
    assert {f"fixtures/audio/{name}" for name in there - own} == {clip.path for clip in clips}


def test_every_licence_has_its_text_and_its_attribution(records: dict[str, dict[str, Any]]) -> None:
    """And licences that exclude each other never meet in one clip."""
    for name, record in records.items():
        provenance = record["provenance"]
        licences = set(provenance["licence"].split(" AND "))
        for licence in licences - {"CC0-1.0"}:
            assert (ROOT / f"fixtures/LICENSES/{licence}.txt").is_file(), name
        assert provenance["attribution"], name
        assert not ("CC-BY-SA-3.0" in licences and licences & UNMIXABLE), name


def test_the_manifest_lists_every_clip_and_recording(records: dict[str, dict[str, Any]]) -> None:
    """With the same digests, and a source for each that is not the builder's own."""
    manifest = json.loads((ROOT / "fixtures/manifest.json").read_text(encoding="utf-8"))
    assert set(manifest["clips"]) == set(records)
    for name, record in records.items():
        assert manifest["clips"][name]["audio"] == record["audio"], name
        assert manifest["clips"][name]["provenance"] == record["provenance"], name
        assert record["speech"] == "none" or record["condition"] == "long" or record["source"] in manifest["sources"]


def test_every_transcript_was_heard_by_two_recognisers(records: dict[str, dict[str, Any]]) -> None:
    """Each difference has its reason, and nobody is said to have listened who has not."""
    for name, record in records.items():
        checked = record["checked"]
        assert checked["confirmed_by_ear"] is None or {"who", "when"} <= set(checked["confirmed_by_ear"]), name
        if record["words"]:
            assert len(checked["recognisers"]) >= 2, name
            assert all(entry["reason"] for entry in checked["disagreements"]), name


def test_the_recipes_hold_nothing_that_is_not_used() -> None:
    """No take without a clip, no reason for what nobody heard."""
    recipes = read_recipes(ROOT / "fixtures/clips.yaml")
    heard = json.loads((ROOT / "fixtures/heard.json").read_text(encoding="utf-8"))
    used = {take for clip in recipes.clips for take in (*clip.takes, *(clip.noise.takes if clip.noise else ()))}
    assert used == set(recipes.takes) == set(heard)
    for take in recipes.takes.values():
        found = {got for text in heard[take.id]["heard"].values() for _, got in differences(take.text, text)}
        assert set(take.reasons) == found, take.id
