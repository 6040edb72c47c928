"""A corpus of one clip, made anew for each test that spoils it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

Spoil = Callable[[dict[str, Any]], object]


def golden_record(root: Path) -> dict[str, Any]:
    """Three words in two segments, one second of audio at both rates."""
    audio = {}
    for rate_hz in (16_000, 8_000):
        path = f"fixtures/audio/clean-one.{rate_hz // 1000}k.flac"
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        soundfile.write(root / path, np.zeros(2 * rate_hz, np.int16), rate_hz, format="FLAC", subtype="PCM_16")
        audio[str(rate_hz)] = {"path": path, "sha256": hashlib.sha256((root / path).read_bytes()).hexdigest()}
    return {
        "clip_id": "clean-one",
        "condition": "clean",
        "source": "one",
        "speaker": "somebody",
        "speech": "human",
        "reference": "He was. Late",
        "words": [
            {"word": "he", "start_ms": 300, "end_ms": 400.5},
            {"word": "was", "start_ms": 400.5, "end_ms": 600.0},
            {"word": "late", "start_ms": 1200.0, "end_ms": 1500.0},
        ],
        "segments": [{"first_word": 0, "last_word": 1}, {"first_word": 2, "last_word": 2}],
        "duration_ms": 2000.0,
        "latency": True,
        "binding": True,
        "audio": audio,
        "checked": {"confirmed_by_ear": None},
    }


@pytest.fixture
def corpus(tmp_path: Path) -> Callable[[Spoil | None], Path]:
    """Writes the clip, spoiled by a function if one is given; returns the corpus's root."""

    def make(spoil: Spoil | None = None) -> Path:
        record = golden_record(tmp_path)
        if spoil is not None:
            spoil(record)
        (tmp_path / "golden").mkdir(exist_ok=True)
        (tmp_path / "golden/clean-one.json").write_text(json.dumps(record))
        return tmp_path

    return make
