"""What the listener saw."""

from __future__ import annotations

from harness.measure.hypothesis import hypotheses, watch


def _shown(stage, *cues) -> list[str]:
    return [" ".join(seen.words) for seen in hypotheses(stage.timeline(*cues))]


def test_a_hypothesis_is_the_finals_so_far_plus_the_newest_partial(stage):
    """Partials replace each other, finals stay, and the next segment's partial stands behind them."""
    shown = _shown(
        stage,
        stage.partial(1, "hel", 0),
        stage.partial(2, "hello", 0),
        stage.final(3, "Hello.", 0),
        stage.partial(4, "my", 1),
        stage.final(5, "My friend.", 1),
    )
    assert shown == ["hel", "hello", "hello", "hello my", "hello my friend"]


def test_a_partial_of_a_closed_segment_changes_nothing(stage):
    """A partial that its own final has overtaken is not shown again."""
    assert _shown(stage, stage.final(1, "hello", 0), stage.partial(2, "hell", 0)) == ["hello"]


def test_a_final_leaves_the_partial_of_a_later_segment_standing(stage):
    """A late final of one segment does not wipe out what is shown of the next."""
    shown = _shown(stage, stage.partial(1, "a", 0), stage.partial(2, "b", 1), stage.final(3, "a", 0))
    assert shown == ["a", "b", "a b"]


def test_an_empty_partial_clears_the_open_segment_and_is_blank(stage):
    """A message without a word takes the words back, and is no sign of life."""
    seen = hypotheses(stage.timeline(stage.partial(1, "a"), stage.partial(2, " ... ")))
    assert [(shown.words, shown.blank) for shown in seen] == [(("a",), False), ((), True)]


def test_what_is_no_hypothesis_is_skipped(stage):
    """Opened and Closed show no words."""
    assert _shown(stage) == []


def _lives(stage, *cues) -> list[tuple[str, int, int | None]]:
    screen = watch(hypotheses(stage.timeline(*cues)), stage.at(99))
    return [(life.text, _ms(stage, life.shown_ns), _ms(stage, life.gone_ns)) for life in screen.shown]


def _ms(stage, at_ns: int | None) -> int | None:
    return None if at_ns is None else (at_ns - stage.start_ns) // 1_000_000


def test_a_word_lives_until_the_hypothesis_that_no_longer_has_it(stage):
    """A flickering word has a life for each time it is shown."""
    lives = _lives(
        stage,
        stage.partial(1, "the cat"),
        stage.partial(2, "the bat"),
        stage.partial(3, "the cat"),
        stage.final(4, "The cat."),
    )
    assert lives == [("the", 1, None), ("cat", 1, 2), ("bat", 2, 3), ("cat", 3, None)]


def test_a_word_that_is_pushed_along_stays_the_same_word(stage):
    """A word in front of others takes none of them back."""
    lives = _lives(stage, stage.partial(1, "cat sat"), stage.final(2, "the cat sat"))
    assert lives == [("cat", 1, None), ("sat", 1, None), ("the", 2, None)]


def test_what_never_became_final_goes_when_the_session_is_over(stage):
    """The listener keeps the finals; an open partial is taken back at the end."""
    lives = _lives(stage, stage.final(1, "a", 0), stage.partial(2, "b", 1))
    assert lives == [("a", 1, None), ("b", 2, 99)]


def test_the_standing_words_are_the_transcript(stage):
    """In the end the screen shows the finals, in order."""
    seen = hypotheses(stage.timeline(stage.final(1, "a b", 0), stage.final(2, "a b", 0), stage.partial(3, "c", 1)))
    screen = watch(seen, stage.at(9))
    assert [life.text for life in screen.standing] == ["a", "b", "a", "b"]
    assert [[life.text for life in moment] for moment in screen.moments][-1] == ["a", "b", "a", "b", "c"]
