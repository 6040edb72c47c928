"""The drawings of the words' section."""

from __future__ import annotations

import re

from support.talk import Talk

from harness.report import false_words, word_plots
from harness.report.word_changes import Change

MUSIC = Talk.clip("silence-music", condition="silence")


def silent_clip(*heard):
    talk = Talk().hush(MUSIC, *heard)
    return false_words.build(talk.measured, talk.sessions).clips[0]


def test_a_bar_is_as_long_as_its_share_of_the_most_frequent():
    """And never nothing."""
    widths = [re.search(r'<rect[^>]* width="([\d.]+)"', word_plots.bar(times, 100))[1] for times in (100, 50, 1)]
    assert widths == ["72", "36", "2"]


def test_a_change_is_a_ring_then_and_a_dot_now():
    """The dot stands right of the ring; the label says both."""
    change = Change(word="four", heard="“for”", clip="c1", now=3, of_now=4, then=0, of_then=5)
    drawn = word_plots.shares(change)
    ring, dot = (float(x) for x in re.findall(r'<circle[^>]* cx="([\d.]+)"', drawn))
    assert ring < dot
    assert "0\u202f% of the baseline" in drawn
    assert "75\u202f% now" in drawn
    assert "100\u202f%" in word_plots.share_axis()


def test_every_false_word_is_marked_where_it_came():
    """A square each, also behind the clip's end; the label names them all."""
    drawn = word_plots.moments(silent_clip(("thank", 2500, 2000), ("you", 9000, None)), (0.1, 0.9, 0.4))
    first, second = (float(x) for x in re.findall(r'class="f-bad" x="([\d.]+)"', drawn))
    assert first < second < 1060
    assert 'class="f-wave"' in drawn
    assert "“thank” at 2.00\u202fs, “you” final at 9.00\u202fs" in drawn


def test_audio_that_is_not_stored_is_a_line():
    """The marks stand without it."""
    drawn = word_plots.moments(silent_clip(("thank", 2500, None)), ())
    assert "f-wave" not in drawn
    assert 'class="f-bad"' in drawn


def test_words_that_do_not_fit_are_left_to_the_list():
    """Ten words at once: two rows of them are drawn, every mark is."""
    heard = [("hallucination", 2500 + at, None) for at in range(10)]
    drawn = word_plots.moments(silent_clip(*heard), ())
    assert drawn.count('class="f-bad"') == 10
    assert drawn.count(">hallucination</text>") == 2
