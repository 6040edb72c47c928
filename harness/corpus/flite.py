"""Flite through its C library: synthetic speech whose word times are exact, because the synthesiser chose them."""

from __future__ import annotations

from concurrent.futures import ProcessPoolExecutor
from ctypes import CDLL, POINTER, RTLD_GLOBAL, Structure, c_char_p, c_float, c_int, c_short, c_void_p
from functools import cache
from multiprocessing import get_context
from pathlib import Path

import numpy as np

from harness.corpus.align import Timed
from harness.errors import CorpusError
from harness.pcm import resample

RATE_HZ = 16_000
# A word's sounds: from where the sound before its first one ends to where its last one ends, in seconds.
WORD_START = b"R:SylStructure.daughter1.daughter1.R:Segment.p.end"
WORD_END = b"R:SylStructure.daughtern.daughtern.R:Segment.end"


class _Wave(Structure):
    """cst_wave of Flite 2.2."""

    _fields_ = (
        ("type", c_char_p),
        ("sample_rate", c_int),
        ("num_samples", c_int),
        ("num_channels", c_int),
        ("samples", POINTER(c_short)),
    )


@cache
def synthesise(voice: Path, text: str) -> tuple[np.ndarray, Timed]:
    """Samples at 16 kHz and (word, start_ms, end_ms) of a text spoken by a voice such as libflite_cmu_us_slt.so.1.

    In a process of its own: the vocoder's noise goes on from where the sentence before it stopped, and the samples
    would then depend on the order of the clips.
    """
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as fresh:
        return fresh.submit(_synthesise, voice, text).result()


def _synthesise(voice: Path, text: str) -> tuple[np.ndarray, Timed]:
    flite = _flite()
    register = getattr(CDLL(str(voice)), f"register_{voice.name.split('.')[0].removeprefix('libflite_')}")
    register.restype, register.argtypes = c_void_p, [c_char_p]
    utterance = flite.flite_synth_text(text.encode(), register(None))
    wave = flite.utt_wave(utterance).contents
    pcm = np.ctypeslib.as_array(wave.samples, (wave.num_samples,)).astype(np.float64) / 32768
    return resample(pcm, wave.sample_rate, RATE_HZ), _words(flite, utterance)


def _words(flite: CDLL, utterance: int) -> Timed:
    words, item = [], flite.relation_head(flite.utt_relation(utterance, b"Word"))
    while item:
        start, end = (float(flite.ffeature_float(item, path)) * 1000 for path in (WORD_START, WORD_END))
        words.append((flite.ffeature_string(item, b"name").decode(), start, end))
        item = flite.item_next(item)
    return tuple(words)


@cache
def _flite() -> CDLL:
    """The library with the types of the functions used here; the voices need its symbols to be global."""
    try:
        flite = CDLL("libflite.so.1", mode=RTLD_GLOBAL)
        for name in ("libflite_usenglish.so.1", "libflite_cmulex.so.1"):
            CDLL(name, mode=RTLD_GLOBAL)
    except OSError as error:
        raise CorpusError("libflite.so.1", "no such library", "install the Debian package libflite1 2.2-5") from error
    flite.flite_synth_text.restype, flite.flite_synth_text.argtypes = c_void_p, [c_char_p, c_void_p]
    flite.utt_wave.restype, flite.utt_wave.argtypes = POINTER(_Wave), [c_void_p]
    flite.utt_relation.restype, flite.utt_relation.argtypes = c_void_p, [c_void_p, c_char_p]
    for function in (flite.relation_head, flite.item_next):
        function.restype, function.argtypes = c_void_p, [c_void_p]
    flite.ffeature_string.restype, flite.ffeature_string.argtypes = c_char_p, [c_void_p, c_char_p]
    flite.ffeature_float.restype, flite.ffeature_float.argtypes = c_float, [c_void_p, c_char_p]
    flite.flite_init()
    return flite
