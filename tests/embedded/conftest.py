"""Real speech and the real recogniser, loaded once."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from harness import pcm
from harness.embedded.recogniser import Recogniser

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Speech:
    """A golden clip's PCM16 bytes, where its speech lies, and what is said in it."""

    pcm16: bytes
    rate_hz: int
    start_ms: float
    end_ms: float

    @property
    def samples(self) -> np.ndarray:
        return np.frombuffer(self.pcm16, dtype="<i2").astype(np.float32) / 32768


@pytest.fixture(scope="session")
def speech() -> Callable[[str, int], Speech]:
    """A golden clip by its name and rate."""

    def read(clip_id: str, rate_hz: int = 16_000) -> Speech:
        golden = json.loads((ROOT / "golden" / f"{clip_id}.json").read_text(encoding="utf-8"))
        data, found_hz = pcm.read_pcm16(ROOT / golden["audio"][str(rate_hz)]["path"])
        words = golden["words"] or [{"start_ms": 0.0, "end_ms": 0.0}]
        return Speech(data, found_hz, words[0]["start_ms"], words[-1]["end_ms"])

    return read


@pytest.fixture(scope="session")
def recogniser() -> Recogniser:
    pytest.importorskip("onnxruntime", reason="the optional extra `embedded` is not installed")
    return Recogniser.load()
