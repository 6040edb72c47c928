"""Answers of people who listened reach the golden files, if they are about what is there."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from harness.corpus.confirm import FORMAT, confirm, keep_confirmation, read_answers
from harness.corpus.load import load_corpus
from harness.errors import CorpusError

Make = Callable[..., Path]


def answers(root: Path, **change: str) -> dict[str, Any]:
    """One confirmation of the corpus's only clip."""
    clip = load_corpus(root)[0]
    answer = {"clip": clip.clip_id, "sha256": clip.sha256, "verdict": "confirmed", "reference": clip.reference}
    answer |= {"text": clip.reference, "note": "", "when": "2030-01-02T03:04:05Z"} | change
    return {"format": FORMAT, "who": " A Person ", "answers": [answer]}


def written(root: Path, value: object) -> Path:
    path = root / "answers.json"
    path.write_text(json.dumps(value))
    return path


def ear(root: Path) -> Any:
    return json.loads((root / "golden/clean-one.json").read_text())["checked"]["confirmed_by_ear"]


def test_a_confirmation_names_who_and_when(corpus: Make) -> None:
    """And which audio it was."""
    root = corpus()
    assert confirm(root, read_answers(written(root, answers(root, note="loud")))) == ()
    sha256 = load_corpus(root)[0].sha256
    assert ear(root) == {"who": "A Person", "when": "2030-01-02T03:04:05Z", "sha256": sha256, "note": "loud"}
    assert load_corpus(root)[0].confirmed_by_ear


def test_a_correction_changes_nothing_and_is_handed_back(corpus: Make) -> None:
    """Somebody has to decide."""
    root = corpus()
    before = (root / "golden/clean-one.json").read_bytes()
    (one,) = confirm(root, read_answers(written(root, answers(root, verdict="corrected", text="She was. Late"))))
    assert (one.who, one.clip, one.text) == ("A Person", "clean-one", "She was. Late")
    assert (root / "golden/clean-one.json").read_bytes() == before


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"sha256": "0" * 64}, r"its audio is not what A Person heard \(sha256 000000000000…\); make the page again"),
        ({"reference": "He is. Late"}, r"its text is not what A Person read"),
        ({"clip": "other"}, r"no such clip"),
        ({"verdict": "maybe"}, r"answers\[1\]: verdict: is 'maybe'"),
        ({"when": ""}, r"answers\[1\]: when: is empty"),
    ],
)
def test_answers_about_something_else_are_refused(corpus: Make, change: dict[str, str], sentence: str) -> None:
    """All of them, so that nothing is half-written."""
    root = corpus()
    value = answers(root)
    value["answers"] += answers(root, **change)["answers"]
    with pytest.raises(CorpusError, match=sentence):
        confirm(root, read_answers(written(root, value)))
    assert ear(root) is None


@pytest.mark.parametrize(
    ("value", "sentence"),
    [
        ([], "is not a file of answers"),
        ({"format": "other", "answers": []}, "is not a file of answers"),
        ({"format": FORMAT, "who": " ", "answers": []}, "who: nobody is named"),
        ({"format": FORMAT, "who": "A", "answers": [3]}, r"answers\[0\]: clip: is missing or no text"),
    ],
)
def test_other_files_are_no_answers(tmp_path: Path, value: object, sentence: str) -> None:
    """One sentence says what is wrong with it."""
    with pytest.raises(CorpusError, match=sentence):
        read_answers(written(tmp_path, value))


def test_a_rebuild_keeps_confirmations_of_what_did_not_change(corpus: Make) -> None:
    """Another text or other audio has to be listened to again."""
    root = corpus()
    confirm(root, read_answers(written(root, answers(root))))
    built = json.loads((root / "golden/clean-one.json").read_text()) | {"checked": {"confirmed_by_ear": None}}
    again = keep_confirmation(root, json.loads(json.dumps(built)))
    assert again["checked"]["confirmed_by_ear"]["who"] == "A Person"
    changed = keep_confirmation(root, json.loads(json.dumps(built | {"reference": "He is. Late"})))
    assert changed["checked"]["confirmed_by_ear"] is None
