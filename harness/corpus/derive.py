"""What is made of clean speech: faster speech, noise under it, the narrow telephone line, G.711."""

from __future__ import annotations

import subprocess

import numpy as np
from scipy.signal import firwin

from harness.corpus.levels import to_pcm16, to_rms
from harness.pcm import mulaw_decode, mulaw_encode, resample

RATE_HZ = 16_000
LINE_TAPS = 257
LINE_BAND_HZ = (300.0, 3400.0)


def faster(samples: np.ndarray, tempo: float) -> np.ndarray:
    """Speech at another tempo and the same pitch (SoX's WSOLA, tuned for speech, repeatable)."""
    form = ["-t", "f32", "-r", str(RATE_HZ), "-c", "1"]
    command = ["sox", "-R", "-D", *form, "-", *form, "-", "tempo", "-s", f"{tempo:g}"]
    data = samples.astype("<f4").tobytes()
    out = subprocess.run(command, input=data, check=True, capture_output=True).stdout  # noqa: S603  a fixed command
    return np.frombuffer(out, dtype="<f4").astype(np.float64)


def pink(count: int, seed: int) -> np.ndarray:
    """`count` samples of noise with equal power an octave above 20 Hz, unit RMS."""
    spectrum = np.fft.rfft(np.random.default_rng(seed).standard_normal(count))
    hertz = np.fft.rfftfreq(count, 1 / RATE_HZ)
    return to_rms(np.fft.irfft(spectrum / np.sqrt(np.maximum(hertz, 20.0)), count), 0.0)


def room(count: int, seed: int) -> np.ndarray:
    """`count` samples of an empty room, unit RMS: noise that falls 6 dB an octave above 100 Hz, and mains hum."""
    rng = np.random.default_rng(seed)
    spectrum = np.fft.rfft(rng.standard_normal(count))
    hertz = np.fft.rfftfreq(count, 1 / RATE_HZ)
    air = to_rms(np.fft.irfft(spectrum / np.maximum(hertz, 100.0), count), 0.0)
    seconds = np.arange(count) / RATE_HZ
    hum = sum(np.sin(2 * np.pi * f * seconds + rng.uniform(0, 2 * np.pi)) / f for f in (60, 120, 180))
    return to_rms(air + to_rms(np.asarray(hum), -12.0), 0.0)


def excerpt(samples: np.ndarray, count: int, seed: int) -> np.ndarray:
    """`count` samples from a seeded place of a recording, which wraps around."""
    start = int(np.random.default_rng(seed).integers(len(samples)))
    return np.take(samples, np.arange(start, start + count), mode="wrap")


def babble(voices: list[np.ndarray], count: int, seed: int) -> np.ndarray:
    """`count` samples of several talkers at once, equally loud, each beginning at a seeded place of his recording."""
    return to_rms(sum((to_rms(excerpt(v, count, seed + i), 0.0) for i, v in enumerate(voices)), np.zeros(count)), 0.0)


def telephone(samples: np.ndarray, *, line: bool) -> np.ndarray:
    """16 kHz float samples as int16 at 8 kHz after G.711 mu-law, as VoIP carries them; `line` adds an analog line."""
    narrow = resample(samples, RATE_HZ, 8000)
    if line:
        taps = firwin(LINE_TAPS, LINE_BAND_HZ, pass_zero=False, fs=8000)
        narrow = np.convolve(narrow, taps, mode="same")
    return np.frombuffer(mulaw_decode(mulaw_encode(to_pcm16(narrow).tobytes())), dtype="<i2")
