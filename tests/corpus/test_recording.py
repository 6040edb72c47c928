"""Users' sound files: any rate, any usual format, one channel, or a sentence."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile
from corpus.voice import spoken, wav

from harness.corpus.recording import read_recording
from harness.errors import CorpusError


@pytest.mark.parametrize(("suffix", "rate_hz"), [("wav", 44_100), ("flac", 8_000), ("ogg", 48_000), ("aiff", 22_050)])
def test_any_rate_and_format_becomes_16_khz(tmp_path: Path, suffix: str, rate_hz: int) -> None:
    """As long as it was, and as loud."""
    path = tmp_path / f"a.{suffix}"
    soundfile.write(path, spoken(rate_hz=rate_hz), rate_hz)
    recording = read_recording(path, None, accept_clipping=False)
    assert len(recording.samples) == pytest.approx(32_000, abs=2)
    assert np.max(np.abs(recording.samples)) == pytest.approx(0.2, abs=0.01)
    assert recording.made_from == f"a.{suffix}, {rate_hz} Hz"


@pytest.mark.parametrize(("channel", "peak"), [("left", 0.2), ("right", 0.1), ("mix", 0.15)])
def test_a_stereo_file_gives_the_channel_that_was_chosen(tmp_path: Path, channel: str, peak: float) -> None:
    """The louder left, the quieter right, or their mean."""
    path = wav(tmp_path / "a.wav", np.stack([spoken(), 0.5 * spoken()], axis=1))
    recording = read_recording(path, channel, accept_clipping=False)  # type: ignore[arg-type]
    assert np.max(np.abs(recording.samples)) == pytest.approx(peak, abs=0.01)
    assert recording.made_from.endswith(f"channel {channel}")


def test_a_stereo_file_without_a_choice_is_refused(tmp_path: Path) -> None:
    """One of them may be the agent."""
    with pytest.raises(CorpusError, match=r"has 2 channels; choose with --channel"):
        read_recording(wav(tmp_path / "a.wav", np.stack([spoken()] * 2, axis=1)), None, accept_clipping=False)


def test_less_than_half_a_second_is_refused(tmp_path: Path) -> None:
    """So are files without any sample."""
    for count, said in ((20_000, "0.45 s"), (0, "0.00 s")):
        with pytest.raises(CorpusError, match=rf"lasts {said}; give at least 0.5 s"):
            read_recording(wav(tmp_path / "a.wav", spoken()[:count]), None, accept_clipping=False)


def test_clipped_audio_is_refused_unless_accepted(tmp_path: Path) -> None:
    """Beyond one sample in a thousand."""
    path = wav(tmp_path / "a.wav", np.clip(spoken(amplitude=1.5), -1, 1))
    with pytest.raises(CorpusError, match=r"of its samples are clipped \(limit 0.1%\); .*--accept-clipping"):
        read_recording(path, None, accept_clipping=False)
    assert np.max(np.abs(read_recording(path, None, accept_clipping=True).samples)) <= 1.0


def test_unreadable_files_are_refused(tmp_path: Path) -> None:
    """Absent, no audio at all, or without numbers in it."""
    with pytest.raises(CorpusError, match="no such file"):
        read_recording(tmp_path / "none.wav", None, accept_clipping=False)
    (tmp_path / "a.wav").write_text("no audio")
    with pytest.raises(CorpusError, match=r"a\.wav: not readable as audio \(Format not recognised\); convert"):
        read_recording(tmp_path / "a.wav", None, accept_clipping=False)
    soundfile.write(tmp_path / "b.wav", np.full(44_100, np.nan), 44_100, subtype="FLOAT")
    with pytest.raises(CorpusError, match="samples that are no numbers"):
        read_recording(tmp_path / "b.wav", None, accept_clipping=False)
