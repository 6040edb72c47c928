"""Where speech begins and ends by energy alone: the second opinion on forced alignment."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

WINDOW_MS = 20
HOP_MS = 5
RUN_MS = 30  # shorter bursts are clicks, not speech
SILENCE_DB = -120.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Edges:
    """Onset and offset of speech, in ms from the first sample."""

    onset_ms: float
    offset_ms: float


def frame_levels_db(samples: np.ndarray, rate_hz: int) -> np.ndarray:
    """RMS level in dBFS of each 20 ms window, one every 5 ms; float samples in [-1, 1]."""
    window, hop = rate_hz * WINDOW_MS // 1000, rate_hz * HOP_MS // 1000
    if len(samples) < window:
        return np.zeros(0)
    power = np.concatenate([[0.0], np.cumsum(np.square(samples, dtype=np.float64))])
    starts = np.arange(0, len(samples) - window + 1, hop)
    mean = np.maximum((power[starts + window] - power[starts]) / window, 10 ** (SILENCE_DB / 10))
    levels: np.ndarray = 10 * np.log10(mean)
    return levels


def threshold_db(levels: np.ndarray) -> float:
    """Above this a window is speech: 35 dB under the loud windows, or 10 dB over the noise floor if that is higher."""
    loud, floor = float(np.percentile(levels, 95)), float(np.percentile(levels, 10))
    return max(loud - 35, min(floor + 10, loud - 15))


def speech_windows(samples: np.ndarray, rate_hz: int) -> np.ndarray:
    """True for each window that belongs to a run of at least 30 ms above the threshold."""
    levels = frame_levels_db(samples, rate_hz)
    if not len(levels) or levels.max() <= SILENCE_DB:
        return np.zeros(len(levels), dtype=bool)
    above = levels > threshold_db(levels)
    bounds = np.flatnonzero(np.diff(np.concatenate([[False], above, [False]]).astype(np.int8)))
    kept = np.zeros(len(levels), dtype=bool)
    for start, stop in zip(bounds[::2], bounds[1::2], strict=True):
        kept[start:stop] = (stop - start) * HOP_MS >= RUN_MS
    return kept


def find_edges(samples: np.ndarray, rate_hz: int) -> Edges | None:
    """The centres of the first and last windows of speech; None where there is none."""
    windows = np.flatnonzero(speech_windows(samples, rate_hz))
    if not len(windows):
        return None
    centre = WINDOW_MS / 2
    return Edges(onset_ms=float(windows[0] * HOP_MS + centre), offset_ms=float(windows[-1] * HOP_MS + centre))
