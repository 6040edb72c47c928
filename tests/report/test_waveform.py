from __future__ import annotations

from harness.report import waveform


def test_an_outline_is_the_peaks_of_the_sound(failing):
    """One a column, the loudest is one; what is no sound at all is flat."""
    peaks = waveform.outline(next(iter(failing.audio.values())), 50)
    assert len(peaks) == 50
    assert max(peaks) == 1
    assert min(peaks) < 0.1
