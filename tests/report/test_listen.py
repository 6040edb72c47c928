"""The listening page holds all a person needs to answer, and nothing from a network."""

from __future__ import annotations

import io
import re
from collections.abc import Callable

import numpy as np
import pytest
import soundfile
from report.page_reader import Reader

from harness.model.clip import Clip, Segment, Word
from harness.report.listen import ANSWERS, PX_PER_S, Entry, render


def clip(clip_id: str = "clean-one", reference: str = "He's <late>") -> Clip:
    words = (Word(text="he's", start_ns=300_000_000, end_ns=500_000_000),)
    words += (Word(text="late", start_ns=500_000_000, end_ns=900_000_000),)
    return Clip(
        clip_id=clip_id,
        rate_hz=8_000,
        path="a.flac",
        sha256="5" * 64,
        condition="clean",
        source="one",
        speaker="ann",
        speech="human",
        duration_ns=2_000_000_000,
        reference=reference,
        words=words,
        segments=(Segment(first_word=0, last_word=1),),
    )


def flac() -> bytes:
    file = io.BytesIO()
    soundfile.write(file, (8000 * np.sin(np.arange(16_000))).astype(np.int16), 8_000, format="FLAC", subtype="PCM_16")
    return file.getvalue()


def entry(clip_id: str = "clean-one", *, disputed: bool = False, ear: object = None) -> Entry:
    told = {"recogniser": "whisper", "reference": "late", "heard": "lake", "reason": "a lisp"}
    checked = {"confirmed_by_ear": ear, "disagreements": [told] if disputed else []}
    record = {"checked": checked, "edges": {"onset_ms": 310.0, "offset_ms": 890.0}}
    return Entry.of(clip(clip_id), record, link="data:audio/flac;base64,AAAA", flac=flac())


def test_a_clip_shows_words_times_and_what_was_heard_instead() -> None:
    """With the digest that ties an answer to this audio, and every text escaped."""
    page = render([entry(disputed=True)], inside=True)
    for expected in ("He&#39;s &lt;late&gt;", "300\u2013500 ms", "500\u2013900 ms", "lake", "a lisp", "5" * 64):
        assert expected in page
    assert "<late>" not in page
    assert '<audio controls preload="none" src="data:audio/flac;base64,AAAA"' in page
    assert f'data-format="{ANSWERS}"' in page


def test_the_page_needs_no_network(read: Callable[[str], Reader]) -> None:
    """No address, no file from elsewhere; every tag is closed and every drawing says what it shows."""
    page = render([entry(disputed=True), entry("clean-two")], inside=True)
    reader = read(page)
    assert reader.open == []
    assert reader.labels == [f"Waveform of {name}, 2 words from 300 to 900 ms" for name in ("clean-one", "clean-two")]
    assert len(set(reader.ids)) == len(reader.ids)
    assert not re.search(r"https?://|@import|<link|<script src", page)


def test_nobody_is_said_to_have_listened_who_has_not() -> None:
    """The heading counts confirmations; each names who and the day."""
    assert "Nobody has confirmed any of these 1 clips" in render([entry()], inside=True)
    page = render([entry(ear={"who": "Ann B.", "when": "2030-01-02T03:04:05Z"}), entry("clean-two")], inside=True)
    assert "1 of 2 clips are confirmed by ear" in page
    assert "confirmed by Ann B., 2030-01-02" in page


def test_disputed_clips_come_first_and_confirmed_ones_last() -> None:
    """A listener with little time spends it where it matters."""
    ear = {"who": "Ann", "when": "2030-01-02"}
    page = render([entry("a", ear=ear), entry("b"), entry("c", disputed=True)], inside=True)
    assert re.findall(r'<section class="clip" id="(.)"', page) == ["c", "b", "a"]


def test_words_stand_where_they_are_spoken() -> None:
    """At 150 px a second, with the energy's edges and a tick a second."""
    figure = entry().figure
    assert [(label.left, label.right) for label in figure.labels] == [(45, 75), (75, 135)]
    assert figure.width == 2 * PX_PER_S
    assert figure.edges == (46, 134)
    assert figure.seconds == ((0, "0"), (150, "1 s"), (300, "2 s"))


@pytest.mark.parametrize(("inside", "said"), [(True, False), (False, True)])
def test_audio_beside_the_page_is_said(inside: bool, said: bool) -> None:
    """Who moves such a page hears nothing."""
    assert ("do not move it" in render([entry()], inside=inside)) == said
