"""Wrong words that are only written otherwise."""

from __future__ import annotations

from itertools import zip_longest

import pytest

from harness.measure.spelling import respellings
from harness.measure.wer import word_errors
from harness.model.measurement import Mistake


def mistakes_of(reference: str, heard: str, session_id: str = "s1") -> list[Mistake]:
    """As the WER counts them, after the normaliser."""
    found, at, made = word_errors(reference, heard), 0, []
    for step in found.edits:
        if step.kind != "equal":
            made.append(
                Mistake(
                    session_id=session_id,
                    kind=step.kind,
                    at=at,
                    of=found.reference_words,
                    reference=step.reference,
                    heard=step.heard,
                )
            )
        at += step.kind != "insert"
    return made


def found_in(reference: str, heard: str) -> list[tuple[str, str, str, int]]:
    return [(one.kind, one.reference, one.heard, one.errors) for one in respellings(mistakes_of(reference, heard))]


SAME = [
    ("we like ice cream a lot", "we like icecream a lot", ("compound", "ice cream", "icecream", 2)),
    ("everyone is here", "every one is here", ("compound", "everyone", "every one", 2)),
    ("it may be so", "it maybe so", ("compound", "may be", "maybe", 2)),
    ("the notebook", "the note book", ("compound", "notebook", "note book", 2)),
    ("send an e mail now", "send an email now", ("compound", "e mail", "email", 2)),
    ("i cannot go", "i can't go", ("compound", "cannot", "can not", 2)),
    ("at five thirty", "at 5:30", ("number", "530", "5 30", 2)),
    ("call 555-1212 now", "call 5551212 now", ("number", "555 1212", "5551212", 2)),
    ("its tail", "it's tail", ("contraction", "its", "it is", 2)),
    ("im sure", "I'm sure", ("contraction", "im", "i am", 2)),
    ("i dont know", "I don't know", ("contraction", "dont", "do not", 2)),
    ("give me that", "gimme that", ("contraction", "give me", "gimme", 2)),
    ("that is ok", "that is okay", ("contraction", "ok", "okay", 1)),
    ("the user's guide", "the users guide", ("contraction", "user is", "users", 2)),
]


@pytest.mark.parametrize(("reference", "heard", "expected"), SAME, ids=str)
def test_another_way_of_writing_is_named(reference: str, heard: str, expected: tuple[str, str, str, int]):
    """With its kind, both writings, and how many wrong words it made."""
    assert found_in(reference, heard) == [expected]


@pytest.mark.parametrize(
    ("reference", "heard"),
    [("nineteen oh five", "1905"), ("the first day", "the 1st day"), ("i am gonna", "I'm going to")],
)
def test_what_the_normaliser_settles_is_no_mistake(reference: str, heard: str):
    """There is nothing left to classify."""
    assert mistakes_of(reference, heard) == []


OTHER = [
    ("we will go", "well go"),
    ("i will go", "ill go"),
    ("i had gone home", "I would gone home"),
    ("an ice man", "a nice man"),
    ("fifteen dogs", "fifty dogs"),
    ("five dogs", "fifth dogs"),
    ("the cat sat", "the bat sat"),
    ("the cat sat", ""),
    ("the cat", "the the cat"),
    ("right", "write"),
]


@pytest.mark.parametrize(("reference", "heard"), OTHER)
def test_other_words_stay_wrong(reference: str, heard: str):
    """What sounds alike, or nearly, is an error of the recogniser, not of the writing."""
    assert mistakes_of(reference, heard)
    assert found_in(reference, heard) == []


def test_only_what_is_written_otherwise_is_taken_out_of_a_row_of_mistakes():
    """Three words are wrong in a row; one of them is really wrong."""
    mistakes = mistakes_of("we kept ice cream", "we cat icecream")
    assert len(mistakes) == 3
    assert found_in("we kept ice cream", "we cat icecream") == [("compound", "ice cream", "icecream", 2)]


def test_no_more_errors_are_taken_than_there_were():
    """ "Ice" for a lost word and "icecream" cost two together; one of them is still wrong without the compound."""
    mistakes = mistakes_of("ice cream", "a icecream")
    assert len(mistakes) == 2
    assert [one.errors for one in respellings(mistakes)] == [1]


def test_words_with_a_right_one_between_them_do_not_belong_together():
    """Half a compound here and half there is no compound."""
    assert found_in("ice was cream", "icecream was") == []


def test_sessions_do_not_mix():
    """The last mistake of one and the first of the next stand side by side, and are strangers."""
    one = Mistake(session_id="s1", kind="delete", at=0, of=9, reference="ice")
    two = Mistake(session_id="s2", kind="substitute", at=1, of=9, reference="cream", heard="icecream")
    assert respellings([one, two]) == ()


def test_places_are_those_of_the_reference():
    """So that a page can mark the very mistakes."""
    mistakes = mistakes_of("we all like ice cream", "we all like icecream") + mistakes_of("every one", "everyone", "s2")
    assert [(one.session_id, one.at) for one in respellings(mistakes)] == [("s1", 3), ("s2", 0)]


def test_a_long_garble_is_done_at_once():
    """Three hundred wrong words on either side: nothing is compared that cannot be the same."""
    pairs = zip_longest([f"w{at}" for at in range(300)], [f"v{at}" for at in range(280)], fillvalue="")
    mistakes = [
        Mistake(session_id="s", kind="substitute" if heard else "delete", at=at, of=300, reference=word, heard=heard)
        for at, (word, heard) in enumerate(pairs)
    ]
    assert respellings(mistakes) == ()
