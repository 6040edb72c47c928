"""A made-up voice: bursts of a tone with pauses, whose energy edges are known."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import soundfile

RATE_HZ = 44_100


def spoken(seconds: float = 2.0, rate_hz: int = RATE_HZ, amplitude: float = 0.2) -> np.ndarray:
    """Float samples [n]: 0.3 s of quiet, a tone, 0.3 s of quiet."""
    count, edge = round(seconds * rate_hz), round(0.3 * rate_hz)
    tone = amplitude * np.sin(2 * np.pi * 300 * np.arange(count) / rate_hz)
    tone[:edge] = tone[-edge:] = 0.0
    return tone + np.random.default_rng(1).normal(0, 1e-4, count)


def wav(path: Path, samples: np.ndarray, rate_hz: int = RATE_HZ) -> Path:
    soundfile.write(path, samples, rate_hz)
    return path
