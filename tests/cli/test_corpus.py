"""`harness corpus` as a user types it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile

from harness.cli import listen
from harness.report.listen import ANSWERS

ROOT = Path(__file__).resolve().parents[2]
Call = Callable[..., subprocess.CompletedProcess[str]]


def tone() -> np.ndarray:
    """Two seconds at 22,050 Hz, quiet at both ends."""
    samples = 0.2 * np.sin(np.arange(44_100) / 12)
    samples[:6_000] = samples[-6_000:] = 0.0
    return samples


@pytest.fixture
def call(tmp_path: Path) -> Call:
    """Runs `harness corpus …` in a folder with an empty corpus and a recording."""
    (tmp_path / "golden").mkdir()
    soundfile.write(tmp_path / "call.wav", tone(), 22_050)

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "harness", "corpus", *arguments]
        environment = os.environ | {"PYTHONPATH": str(ROOT)}
        return subprocess.run(
            command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False, timeout=60
        )

    return run


def test_add_check_listen_confirm(call: Call, tmp_path: Path) -> None:
    """The whole way: one's own call, checked, on a page, confirmed, and counted as such."""
    added = call("add", "call.wav", "--text", "Please hold the line", "--condition", "noisy", "--speaker", "ann")
    assert added.returncode == 0, added.stderr
    assert "noisy-call  2.0 s, 4 words, 16 kHz and 8 kHz" in added.stdout
    assert added.stdout.endswith("run it  harness run scenarios/golden.yaml --clip noisy-call\n")
    checked = call("check")
    assert (checked.returncode, checked.stdout) == (0, "1 clip, 2 audio files: no problem; none confirmed by ear\n")
    assert call("page").returncode == 0
    record = json.loads((tmp_path / "golden/noisy-call.json").read_text())
    digest = record["audio"]["16000"]["sha256"]
    assert digest in (tmp_path / "corpus.html").read_text(encoding="utf-8")
    answer = {"clip": "noisy-call", "sha256": digest, "verdict": "confirmed", "reference": record["reference"]}
    answer |= {"text": record["reference"], "note": "", "when": "2030-01-02T03:04:05Z"}
    (tmp_path / "answers.json").write_text(json.dumps({"format": ANSWERS, "who": "Ann", "answers": [answer]}))
    assert call("confirm", "answers.json").stdout == "1 clip confirmed by ear\n"
    assert call("check").stdout.endswith("1 confirmed by ear\n")


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["add", "call.wav"], "--text: is empty; give the words that are spoken"),
        (["add", "call.wav", "--text", "hi", "--pronounce", "hi"], "--pronounce 'hi': is no word with its phones"),
        (["add", "call.wav", "--text", "hello", "--corpus", "nowhere"], "--corpus nowhere: it holds no golden/"),
        (["add", "none.wav", "--text", "hello"], "none.wav: no such file"),
        (["check"], "no golden clips"),
        (["page"], "no golden clips"),
        (["confirm", "call.wav"], "call.wav: not readable as JSON"),
    ],
)
def test_a_refusal_is_one_sentence_and_exit_2(call: Call, tmp_path: Path, arguments: list[str], sentence: str) -> None:
    """No trace, and nothing written."""
    done = call(*arguments)
    assert done.returncode == 2
    assert sentence in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["call.wav", "golden"]


def test_a_doubtful_clip_is_added_and_said_to_be_doubtful(call: Call, tmp_path: Path) -> None:
    """Too quiet, say: the user hears of it at once, not at the next check."""
    soundfile.write(tmp_path / "quiet.wav", tone() / 50, 22_050)
    done = call("add", "quiet.wav", "--text", "Please hold the line")
    assert done.returncode == 0
    assert "doubtful  " in done.stdout
    assert "add it again with --level --replace" in done.stdout


def test_what_a_telephone_recording_became_is_said(call: Call, tmp_path: Path) -> None:
    """Eight kHz in, and a 16 kHz clip that holds no more than they did: nobody should learn of it from its latency."""
    soundfile.write(tmp_path / "phone.wav", tone(), 8_000)
    said = call("add", "phone.wav", "--text", "Please hold the line").stdout
    assert "clean-phone  5.5 s, 4 words, 16 kHz and 8 kHz" in said
    assert "the recording has 8 kHz, so the 16 kHz clip holds nothing above 4 kHz" in said
    said = call("add", "phone.wav", "--text", "Please hold the line", "--condition", "line").stdout
    assert "4 words, 8 kHz\n" in said
    assert "the recording has" not in said


def test_a_problem_is_a_line_and_exit_2(call: Call, tmp_path: Path) -> None:
    """With a summary after it."""
    call("add", "call.wav", "--text", "Please hold the line")
    (tmp_path / "fixtures/audio/clean-call.8k.flac").unlink()
    done = call("check")
    assert done.returncode == 2
    first, last = done.stdout.splitlines()
    assert "no such audio file: fixtures/audio/clean-call.8k.flac; " in first
    assert last == "1 clip, 0 audio files: 1 problem; none confirmed by ear"


def test_a_page_that_grew_too_large_links_to_its_audio(
    call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Relative to the page, wherever that is, and the command says so."""
    call("add", "call.wav", "--text", "Please hold the line")
    monkeypatch.setattr(listen, "MOST_INSIDE", 1_000)
    said = list(listen.write_page(tmp_path, tmp_path / "pages/corpus.html"))
    assert "do not move it" in said[1]
    assert 'src="../fixtures/audio/clean-call.16k.flac"' in (tmp_path / "pages/corpus.html").read_text()


def test_both_sides_name_the_same_format() -> None:
    """What the page writes, `confirm` reads."""
    from harness.corpus.confirm import FORMAT

    assert FORMAT == ANSWERS
