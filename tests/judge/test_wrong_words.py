"""Defects that show in the words, called by their names; scattered mistakes are not."""

from __future__ import annotations

import pytest
from judge.ward import TEXT, Ward

from harness.judge.wrong_words import _misplaced
from harness.model.measurement import Mistake

CUT = TEXT.rsplit(" ", 1)[0]


@pytest.fixture
def ward(bench) -> Ward:
    return Ward(bench)


def test_a_missing_last_word_is_named_with_an_example(ward):
    """How often, on how many recordings, and which word where."""
    ward.everywhere(CUT)
    assert ward.symptoms == (
        'The last word is missing in 3 of 3 sessions (3 recordings), such as "juliet" in s0001 (c1@16000).',
    )


def test_a_last_word_missing_on_two_recordings_alone_has_no_pattern(ward):
    """They may be two that end badly."""
    ward.everywhere(CUT, sources=2)
    ward.everywhere(CUT, sources=2).everywhere(TEXT)
    assert ward.symptoms == ()


def test_a_last_word_missing_now_and_then_has_no_pattern(ward):
    """3 of 31 sessions are under one in ten, 3 of 30 are not."""
    ward.everywhere(CUT).everywhere(TEXT, sources=27)
    assert len(ward.symptoms) == 1
    ward.everywhere(TEXT, sources=1)
    assert ward.symptoms == ()


def test_a_misheard_last_word_is_not_missing(ward):
    """Something stands in its place."""
    assert ward.everywhere(f"{CUT} romeo").symptoms == ()


def test_swapped_neighbours_are_named(ward):
    """Whichever way least edits align them."""
    ward.everywhere(TEXT.replace("delta echo", "echo delta"))
    (said,) = ward.symptoms
    assert said.startswith("Neighbouring words are swapped in 3 of 3 sessions (3 recordings): ")
    assert said.endswith("stands on the wrong side of its neighbour in s0001 (c1@16000).")
    assert '"delta"' in said or '"echo"' in said


def mistake(kind, at, reference="", heard="") -> Mistake:
    return Mistake(session_id="s", kind=kind, at=at, of=9, reference=reference, heard=heard)


@pytest.mark.parametrize(
    ("first", "second", "word"),
    [
        (mistake("substitute", 3, "a", "b"), mistake("substitute", 4, "b", "a"), "a"),
        (mistake("delete", 3, "a"), mistake("insert", 5, heard="a"), "a"),
        (mistake("insert", 3, heard="b"), mistake("delete", 4, "b"), "b"),
        (mistake("substitute", 3, "a", "b"), mistake("substitute", 4, "b", "c"), ""),
        (mistake("substitute", 3, "a", "b"), mistake("substitute", 6, "b", "a"), ""),
        (mistake("delete", 3, "a"), mistake("insert", 6, heard="a"), ""),
        (mistake("delete", 3, "a"), mistake("insert", 5, heard="b"), ""),
        (mistake("delete", 3, "a"), mistake("delete", 4, "b"), ""),
    ],
)
def test_only_an_exchange_of_neighbours_is_a_swap(first, second, word):
    """Two substitutions crosswise, or one word taken out on one side of its neighbour and put in on the other."""
    assert _misplaced([first, second]) == word


def test_a_segment_that_comes_twice_is_named_from_the_first_time_on(ward):
    """A recogniser that mishears does not give the same final twice."""
    ward.everywhere(TEXT).hears(ward.clip(), TEXT, TEXT)
    (said,) = ward.symptoms
    assert said == (
        "A segment came twice in 1 of 4 sessions (1 recording), "
        'such as "alpha bravo charlie delta echo foxtrot …" in s0004 (c1@16000).'
    )


def test_a_speaker_who_says_it_twice_is_no_symptom(ward):
    """Both finals stand in the reference."""
    assert ward.everywhere("alpha bravo", "alpha bravo", reference="alpha bravo | alpha bravo").symptoms == ()


THREE = "alpha bravo charlie | delta echo foxtrot golf | hotel india juliet"


def test_a_lost_segment_is_named_with_its_clip_its_words_and_how_often(ward):
    """One clip is enough: a whole segment is no slip."""
    clip = ward.clip("menus", THREE)
    ward.hears(clip, "alpha bravo charlie", "hotel india juliet").hears(clip, *THREE.split("|"))
    assert ward.symptoms == (
        'A whole segment is missing: menus lacks segment 2 of 3, "delta echo foxtrot golf", in 1 of 2 sessions.',
    )


@pytest.mark.parametrize("middle", ["felt a gecko fox stop gulf", "delta gone golf"])
def test_a_misheard_segment_is_not_lost(ward, middle):
    """Something came of it."""
    ward.hears(ward.clip("menus", THREE), "alpha bravo charlie", middle, "hotel india juliet")
    assert ward.symptoms == ()


def test_one_or_two_words_are_no_lost_segment(ward):
    """They are word errors."""
    ward.hears(ward.clip("short", "alpha bravo | charlie delta | echo foxtrot"), "alpha bravo", "echo foxtrot")
    assert ward.symptoms == ()


def test_more_than_three_lost_segments_are_counted(ward):
    """The worst are named."""
    for number in range(5):
        ward.hears(ward.clip(f"menus{number}", THREE), "alpha bravo charlie", "hotel india juliet")
    (said,) = ward.symptoms
    assert said.count("lacks") == 3
    assert said.endswith("; and 2 more.")


def test_any_word_on_silence_is_named(ward):
    """Nobody spoke."""
    silence = ward.clip("silence-room", "", condition="silence")
    ward.hears(silence, partials=()).hears(silence, "thank you", partials=())
    assert ward.symptoms == (
        (
            "2 words heard on silence, in 1 of 2 sessions in which nobody speaks, "
            'such as "thank you" in s0002 (silence-room@16000).'
        ),
    )
