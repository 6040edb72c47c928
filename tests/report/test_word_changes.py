"""Words against the blessed baseline."""

from __future__ import annotations

from dataclasses import replace

import pytest
from support.talk import Talk

from harness.report import word_changes
from harness.report.spoken import spoken


def built(now: Talk, then: Talk | None, **changes):
    now.baseline = None if then is None else replace(then.blessed(), **changes)
    return word_changes.build(now.record, spoken(now.measured, now.sessions))


def good(times: int = 4, *clips) -> Talk:
    talk = Talk()
    for clip in clips or (Talk.clip(),):
        talk.play(clip, times=times)
    return talk


def test_a_word_that_was_always_right_and_is_mostly_wrong():
    """With what is heard instead, and the counts of both runs."""
    now = Talk().play(Talk.clip(), "3 four>for", times=2).play(Talk.clip(), "3 four>").play(Talk.clip(), "0 one>won")
    found = built(now, good(5))
    assert found.heading == (
        "1\u202fword of 1\u202fclip played in both was right in every baseline session and is wrong in most now"
    )
    assert [(one.word, one.heard, one.clip, one.now, one.of_now, one.then, one.of_then) for one in found.worse] == [
        ("four", "“for” and nothing", "c1, 16\u202fkHz", 3, 4, 0, 5)
    ]


@pytest.mark.parametrize("then_wrong", [True, False])
def test_neither_half_now_nor_once_then_is_a_change(then_wrong):
    """Wrong in exactly half of the sessions is not in most; wrong once then is not always right."""
    then = good(3)
    now = Talk().play(Talk.clip(), "3 four>for", times=2)
    if then_wrong:
        then.play(Talk.clip(), "3 four>for")
    else:
        now.play(Talk.clip(), times=2)
    found = built(now, then)
    assert found.worse == ()
    assert found.heading.startswith("No word of 1\u202fclip played in both was right")


def test_the_reverse_is_told_in_brief():
    """Mostly wrong then, never wrong now."""
    found = built(good(), Talk().play(Talk.clip(), "1 two>too", times=3).play(Talk.clip()))
    assert found.worse == ()
    assert found.better == (
        "The reverse: 1\u202fword was wrong in most baseline sessions and never now: “two” (c1, 16\u202fkHz)."
    )


def test_inserted_words_are_no_words_of_the_clip():
    """They have no place that could have been right."""
    assert built(Talk().play(Talk.clip(), "3 >oh", times=4), good()).worse == ()


def test_a_session_that_heard_nothing_tells_nothing_about_a_word():
    """Otherwise all words of its clip would be worse; a clip of which only such sessions are left is not compared."""
    gone = [f"{at} {word}>" for at, word in enumerate(("one", "two", "three", "four"))]
    assert built(Talk().play(Talk.clip(), *gone, times=4), good()) is None
    assert built(Talk().play(Talk.clip(), *gone, times=4).play(Talk.clip()), good()).worse == ()


def test_without_a_comparable_baseline_there_is_no_such_part():
    """None blessed, another driver, another normaliser, other audio, or one that did not keep its words."""
    wrong = Talk().play(Talk.clip(), "3 four>for", times=4)
    then = good()
    assert built(wrong, None) is None
    assert built(wrong, then, driver="riva") is None
    assert built(wrong, then, normaliser="n 2") is None
    assert built(wrong, good(4, Talk.clip(sha256="other"))) is None
    old = tuple(replace(one, mistakes=None) for one in then.blessed().sessions)
    assert built(wrong, then, sessions=old) is None
    assert built(wrong, then).worse


def test_the_worst_are_listed_first_and_the_rest_counted():
    """Twelve words, by their share now."""
    clips = [Talk.clip(f"c{at}") for at in range(5)]
    now = Talk()
    for clip in clips:
        now.play(clip, "0 one>", "1 two>", "2 three>", times=2).play(clip, "2 three>")
    found = built(now, good(2, *clips))
    assert (len(found.worse), found.more) == (12, 3)
    assert [(one.word, one.now) for one in found.worse[4:6]] == [("three", 3), ("one", 2)]
