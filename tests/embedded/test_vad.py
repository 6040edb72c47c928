from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from harness.embedded.recogniser import Recogniser


@pytest.mark.parametrize("rate_hz", [16_000, 8_000])
def test_speech_is_heard_where_it_is(recogniser: Recogniser, speech: Any, rate_hz: int) -> None:
    """Silero is sure within the speech of a golden clip and sure of silence before it, at both rates."""
    clip = speech("clean-tt-weasels", rate_hz)
    probabilities = list(recogniser.silero.listen(rate_hz).hear(clip.samples))
    first = int(clip.start_ms // 32)
    assert max(probabilities[: first - 1]) < 0.1
    assert np.median(probabilities[first + 3 : int(clip.end_ms // 32)]) > 0.9


def test_probabilities_do_not_depend_on_how_the_samples_are_cut(recogniser: Recogniser, speech: Any) -> None:
    """Frames are completed over calls; 32 ms each."""
    samples = speech("clean-tt-weasels").samples[:20_000]
    whole, parts = recogniser.silero.listen(16_000), recogniser.silero.listen(16_000)
    expected = list(whole.hear(samples))
    assert len(expected) == 20_000 // 512
    assert [each for part in np.split(samples, [1, 700, 5_000]) for each in parts.hear(part)] == expected


def test_streams_do_not_hear_each_other(recogniser: Recogniser, speech: Any) -> None:
    """A stream of noise beside one of speech gets the very probabilities that it gets alone."""
    noise = np.random.default_rng(1).normal(0, 0.02, 32_000).astype(np.float32)
    loud = speech("clean-tt-weasels").samples[:32_000]
    alone = list(recogniser.silero.listen(16_000).hear(noise))
    quiet_ear, loud_ear = recogniser.silero.listen(16_000), recogniser.silero.listen(16_000)
    together = []
    for at in range(0, 32_000, 1_600):
        list(loud_ear.hear(loud[at : at + 1_600]))
        together += quiet_ear.hear(noise[at : at + 1_600])
    assert together == alone
