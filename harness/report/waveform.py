"""A clip as the page needs it: its outline, the loudest sample of each small stretch, and a part of it to play."""

from __future__ import annotations

import io
from itertools import pairwise


def outline(flac: bytes, columns: int) -> tuple[float, ...]:
    """Peaks in 0..1 (1 = the clip's loudest sample) of `columns` equal stretches; empty for silence without a peak."""
    import numpy as np  # noqa: PLC0415  heavy
    import soundfile  # noqa: PLC0415  heavy

    samples, _ = soundfile.read(io.BytesIO(flac), dtype="int16", always_2d=True)
    loud = np.abs(samples[:, 0].astype(np.int32))
    if not loud.size or not loud.max():
        return (0.0,) * columns
    edges = np.linspace(0, loud.size, columns + 1).astype(int)
    peaks = [int(loud[a:b].max()) if b > a else 0 for a, b in pairwise(edges)]
    return tuple(round(peak / int(loud.max()), 3) for peak in peaks)


def excerpt(flac: bytes, from_ns: int, until_ns: int) -> bytes:
    """A part of a clip as a FLAC of its own; empty where the clip has nothing there."""
    import soundfile  # noqa: PLC0415  heavy

    with soundfile.SoundFile(io.BytesIO(flac)) as sound:
        start, stop = (min(sound.frames, at_ns * sound.samplerate // 1_000_000_000) for at_ns in (from_ns, until_ns))
        sound.seek(start)
        samples = sound.read(max(0, stop - start), dtype="int16")
        rate_hz = sound.samplerate
    if not len(samples):
        return b""
    out = io.BytesIO()
    soundfile.write(out, samples, rate_hz, format="FLAC", subtype="PCM_16")
    return out.getvalue()
