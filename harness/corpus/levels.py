"""Loudness in dBFS: active speech level, scaling, signal-to-noise ratio."""

from __future__ import annotations

import numpy as np

from harness.corpus.edges import HOP_MS, WINDOW_MS, speech_windows

SPEECH_DBFS = -26.0  # active level of ITU-T P.56 test material
DITHER_DBFS = -78.0  # the noise that clips are padded with: nobody meets digital silence on a line
PEAK = 0.98  # louder peaks would clip; speech is never limited, only turned down


def rms(samples: np.ndarray) -> float:
    """Root mean square of float samples; 0 for none."""
    return float(np.sqrt(np.mean(np.square(samples, dtype=np.float64)))) if len(samples) else 0.0


def gain(db: float) -> float:
    """A level difference in dB as a factor on amplitudes."""
    return float(10 ** (db / 20))


def active_rms(samples: np.ndarray, rate_hz: int) -> float:
    """RMS over the windows that hold speech, so pauses do not make a talker louder; 0 where nobody speaks."""
    window, hop = rate_hz * WINDOW_MS // 1000, rate_hz * HOP_MS // 1000
    mask = np.zeros(len(samples), dtype=bool)
    for index in np.flatnonzero(speech_windows(samples, rate_hz)):
        mask[index * hop : index * hop + window] = True
    return rms(samples[mask])


def to_speech_level(samples: np.ndarray, rate_hz: int, dbfs: float = SPEECH_DBFS) -> np.ndarray:
    """Samples scaled to an active level of `dbfs`, or to a peak of 0.98 where that is quieter."""
    level = active_rms(samples, rate_hz)
    if level == 0.0:
        return samples
    return samples * min(gain(dbfs) / level, PEAK / float(np.max(np.abs(samples))))


def to_rms(samples: np.ndarray, dbfs: float) -> np.ndarray:
    """Samples scaled to an RMS of `dbfs` over their whole length; silence stays silence."""
    level = rms(samples)
    return samples if level == 0.0 else samples * (gain(dbfs) / level)


def mix(speech: np.ndarray, noise: np.ndarray, rate_hz: int, snr_db: float) -> np.ndarray:
    """Speech plus noise [same length] at a ratio of active speech level to noise RMS; both turned down if they clip."""
    scaled = noise * (active_rms(speech, rate_hz) / gain(snr_db) / max(rms(noise), 1e-12))
    mixed = speech + scaled
    return mixed * min(1.0, PEAK / float(np.max(np.abs(mixed))))


def to_pcm16(samples: np.ndarray) -> np.ndarray:
    """Float samples in [-1, 1] as int16, rounded to nearest."""
    pcm: np.ndarray = np.clip(np.round(samples * 32768), -32768, 32767).astype(np.int16)
    return pcm
