"""Which words are taken for which."""

from __future__ import annotations

from support.talk import Talk

from harness.report import confusions
from harness.report.spoken import spoken

LOST = ("0 one>", "1 two>", "2 three>", "3 four>")


def built(talk: Talk):
    return confusions.build(talk.measured, spoken(talk.measured, talk.sessions))


def rows(talk: Talk):
    return [(row.kind, row.reference, row.heard, row.times) for row in built(talk).groups[0].rows]


def test_the_most_frequent_confusion_stands_first():
    """A substituted, an inserted and a deleted word are rows of their own; a right run has no table."""
    clip = Talk.clip()
    talk = Talk().play(clip, "3 four>for", times=3).play(clip, "0 >oh", times=2).play(clip, "1 two>")
    assert rows(talk) == [("substitute", "four", "for", 3), ("insert", "", "oh", 2), ("delete", "two", "", 1)]
    assert built(Talk().play(clip)) is None


def test_a_row_counts_sessions_clips_and_plays_at_each_rate():
    """Wrong in 2 of 3 plays at 16 kHz, in 1 of 1 at 8 kHz; clips where it never happened are not its places."""
    talk = Talk().play(Talk.clip(), "3 four>for", times=2).play(Talk.clip())
    talk.play(Talk.clip(rate_hz=8000), "3 four>for").play(Talk.clip("c2"), times=5)
    (row,) = built(talk).groups[0].rows
    assert (row.times, row.sessions, row.clips) == (3, 3, "c1")
    assert row.rates == ("2 of 3", "1 of 1")


def test_a_place_that_was_not_played_at_a_rate_has_no_count():
    """A dash, never a zero."""
    talk = Talk().play(Talk.clip(), "3 four>for").play(Talk.clip("c2", 8000))
    assert built(talk).groups[0].rows[0].rates == ("1 of 1", "–")  # noqa: RUF001  typographic dash


def test_descriptive_clips_stand_apart():
    """What no objective reads is not mixed with what one does."""
    loose = Talk.clip("hard", binding=False)
    found = built(Talk().play(Talk.clip(), "3 four>for").play(loose, "3 four>far", times=9))
    assert [(group.title[:14], [row.heard for row in group.rows]) for group in found.groups] == [
        ("", ["for"]),
        ("On descriptive", ["far"]),
    ]
    assert found.top == 9


def test_a_session_that_heard_nothing_is_counted_beside():
    """Its four deletions are no confusions, and are not hidden."""
    found = built(Talk().play(Talk.clip(), *LOST).play(Talk.clip(), "1 two>"))
    assert [(row.reference, row.times, row.rates) for row in found.groups[0].rows] == [("two", 1, ("1 of 1",))]
    assert "1\u202fsession gave no word at all: 4\u202fwords deleted" in found.foot


def test_what_is_not_listed_is_counted():
    """Twelve rows; the rest in a sentence."""
    talk = Talk()
    for at in range(15):
        talk.play(Talk.clip(), f"0 one>w{at:02}")
    found = built(talk)
    assert len(found.groups[0].rows) == 12
    assert "3\u202fmore confusions, once each, are not listed" in found.foot


def test_many_clips_are_named_by_their_counts():
    """Two names, and how many more."""
    talk = Talk().play(Talk.clip("a"), "0 one>won").play(Talk.clip("b"), "0 one>won", times=2)
    talk.play(Talk.clip("c"), "0 one>won").play(Talk.clip("d"), "0 one>won")
    assert built(talk).groups[0].rows[0].clips == "b, a and 2 more"


def test_rows_that_are_only_written_otherwise_say_so():
    """Every case must be; one that is not takes the word away."""
    same = (("compound", 0, "one two", "onetwo", 2),)
    wrong = ("0 one>onetwo", "1 two>")
    found = built(Talk().play(Talk.clip(), *wrong, same=same).play(Talk.clip(), "1 two>"))
    assert {(row.reference, row.writing) for row in found.groups[0].rows} == {("one", "compound"), ("two", "")}


def test_an_inserted_half_of_a_compound_says_so_too():
    """It stands behind the last word of the reference."""
    same = (("compound", 3, "four", "fo ur", 2),)
    found = built(Talk().play(Talk.clip(), "3 four>fo", "4 >ur", same=same))
    assert [row.writing for row in found.groups[0].rows] == ["compound", "compound"]


def test_a_confusion_in_running_text():
    """As a sentence says it."""
    talk = (
        Talk().play(Talk.clip(), "3 four>for", times=3).play(Talk.clip(), "1 two>", times=2).play(Talk.clip(), "0 >oh")
    )
    assert [row.text for row in built(talk).groups[0].rows] == [
        "“four” heard as “for”",
        "“two” heard as nothing",
        "“oh” added",
    ]
