"""Files of the corpus: FLAC audio and the golden JSON beside it, byte for byte the same from the same input."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np
import soundfile


def write_flac(path: Path, pcm: np.ndarray, rate_hz: int) -> str:
    """Write int16 samples [n] as FLAC; returns the file's sha256."""
    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, pcm, rate_hz, format="FLAC", subtype="PCM_16")
    return hashlib.sha256(path.read_bytes()).hexdigest()


def write_json(path: Path, value: dict[str, Any]) -> None:
    """Sorted keys, two blanks of indent, a newline at the end: what diffs well."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(value, indent=2, sort_keys=True, ensure_ascii=False) + "\n", encoding="utf-8")
