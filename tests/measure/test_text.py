"""The two readings of a text."""

from __future__ import annotations

from importlib.metadata import version

import pytest

from harness.measure.text import NORMALISER, fold, fold_word, normalise


def test_the_normaliser_is_named_with_the_installed_version():
    """A verdict on word errors names what it normalised with."""
    assert NORMALISER.startswith(f"whisper-english {version('whisper-normalizer')} via whisper-normalizer")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Hello, World!", ("hello", "world")),
        ("can't", ("cant",)),
        ("can\u2019t", ("cant",)),
        ("can\u02bct", ("cant",)),
        ("well-known", ("wellknown",)),
        ("twenty one", ("twenty", "one")),
        ("  two   spaces ", ("two", "spaces")),
        ("wait - what", ("wait", "what")),
        ("yes\u2014no", ("yes", "no")),
        ("well\u2026no", ("well", "no")),
        ("...", ()),
        ("", ()),
        ("STRASSE Straße", ("strasse", "strasse")),
        ("$5", ("$5",)),
        ("5%", ("5",)),
    ],
)
def test_the_fold_changes_case_and_punctuation_only(text: str, words: tuple[str, ...]):
    """Folding keeps every word a word of its own, and tokens of mere punctuation are none."""
    assert fold(text) == words


def test_the_normaliser_changes_the_number_of_words_and_the_fold_does_not():
    """That is why there are two: "can't" is two normalised words, and one word on the listener's screen."""
    assert len(normalise("can't").split()) == 2
    assert len(fold("can't")) == 1


def test_both_apostrophes_normalise_alike():
    """A typographic apostrophe makes no word errors."""
    assert normalise("don\u2019t you\u2019re") == normalise("don't you're") == "do not you are"


def test_a_word_of_nothing_but_punctuation_folds_to_nothing():
    """Such a token is no word."""
    assert fold_word("--") == ""
