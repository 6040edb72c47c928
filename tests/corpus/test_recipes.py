"""The recipes' file and the evidence for what is said."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from harness.corpus.evidence import differences, disagreements
from harness.corpus.recipes import Noise, Take, read_recipes
from harness.errors import CorpusError

RECIPES = {
    "origins": [{"id": "package", "version": "1", "licence": "CC0-1.0", "attribution": "nobody"}],
    "sources": [{"id": "tape", "origin": "package", "path": "/tape.wav", "sha256": "00", "speaker": "somebody"}],
    "takes": [{"id": "hello", "source": "tape", "text": "Hello.", "cut_s": [0.5, 1.5]}],
    "clips": [{"id": "noisy-hello", "condition": "noisy", "takes": ["hello"], "noise": {"kind": "pink", "seed": 1}}],
}


def written(tmp_path: Path, **changed: object) -> Path:
    path = tmp_path / "clips.yaml"
    path.write_text(yaml.safe_dump(RECIPES | changed))
    return path


def test_recipes_are_read(tmp_path: Path) -> None:
    """Lists become tuples, noise a value of its own."""
    recipes = read_recipes(written(tmp_path))
    assert recipes.takes["hello"].cut_s == (0.5, 1.5)
    assert recipes.clips[0].noise == Noise(kind="pink", seed=1)


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"takes": [{"id": "hello", "source": "tape"}]}, r"hello: 'text' is missing; keys are "),
        ({"takes": [{"id": "hello", "source": "tape", "text": "a", "tone": 1}]}, r"hello: unknown key 'tone'; "),
        ({"takes": [{"id": "hello", "source": "gone", "text": "a"}]}, r"hello: 'gone' is not defined; "),
        ({"clips": [{"id": "c", "condition": "clean", "takes": ["gone"]}]}, r"c: 'gone' is not defined; "),
    ],
    ids=["missing key", "unknown key", "dangling source", "dangling take"],
)
def test_a_mistake_in_the_recipes_is_named(tmp_path: Path, changed: dict[str, object], sentence: str) -> None:
    """By file, entry and key."""
    with pytest.raises(CorpusError, match=sentence):
        read_recipes(written(tmp_path, **changed))


def test_a_file_that_is_no_yaml_is_refused(tmp_path: Path) -> None:
    """With the parser's reason."""
    path = tmp_path / "clips.yaml"
    path.write_text("{")
    with pytest.raises(CorpusError, match=r"not readable as YAML \(.*\); correct or restore it\.$"):
        read_recipes(path)


@pytest.mark.parametrize(
    ("reference", "heard", "expected"),
    [
        ("Ten of clubs.", "10 of clubs", []),
        ("It's all right.", "it is all right", []),
        ("Four of clubs", "four of close", [("clubs", "close")]),
        ("He was not ill", "He was ill", [("not", "")]),
    ],
    ids=["digits", "contractions", "another word", "a word less"],
)
def test_differences_survive_normalisation_only_where_words_differ(
    reference: str, heard: str, expected: list[tuple[str, str]]
) -> None:
    """Case, punctuation, digits and contractions are no differences."""
    assert differences(reference, heard) == expected


def test_a_difference_needs_a_reason() -> None:
    """With one it is recorded; without one the build stops at the take."""
    silent = Take(id="cards", source="tape", text="Four of clubs.")
    with pytest.raises(CorpusError, match="cards: moonshine heard 'close' for 'clubs', and no reason is given"):
        disagreements(silent, {"moonshine": "four of close"})
    explained = Take(id="cards", source="tape", text="Four of clubs.", reasons={"close": "it is a card"})
    assert disagreements(explained, {"moonshine": "four of close", "whisper": "4 of clubs"}) == [
        {"recogniser": "moonshine", "reference": "clubs", "heard": "close", "reason": "it is a card"}
    ]
