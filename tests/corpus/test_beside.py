"""Edges, evidence and provenance of a golden file have the shape their readers expect, or a sentence says where not."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from harness.corpus.beside import read_beside
from harness.errors import CorpusError

Make = Callable[..., Path]
TOLD = {"recogniser": "a", "reference": "b", "heard": "c", "reason": "d"}
GOOD: dict[str, Any] = {
    "edges": {"onset_ms": 300, "offset_ms": 1500.5},
    "provenance": {"origin": "x"},
    "checked": {
        "confirmed_by_ear": {"who": "Ann", "when": "2030-01-02"},
        "recognisers": [{"name": "a", "heard": "b"}],
        "disagreements": [TOLD],
    },
}


def test_a_good_record_is_handed_on(corpus: Make) -> None:
    """Unchanged; edges and evidence may be absent."""
    golden = corpus(lambda record: record.update(GOOD)) / "golden/clean-one.json"
    assert {key: read_beside(golden)[key] for key in GOOD} == GOOD
    assert read_beside(corpus() / "golden/clean-one.json")["checked"] == {"confirmed_by_ear": None}


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("edges", [1, 2]),
        ("edges", {"onset_ms": 1, "offset_ms": True}),
        ("provenance", "x"),
        ("provenance", {"origin": 3}),
        ("checked.confirmed_by_ear", True),
        ("checked.confirmed_by_ear", {"who": "Ann"}),
        ("checked.recognisers", {}),
        ("checked.recognisers", [{"name": "a"}]),
        ("checked.disagreements", ["a"]),
        ("checked.disagreements", [TOLD | {"reason": None}]),
    ],
)
def test_another_shape_is_named_by_its_key(corpus: Make, key: str, value: object) -> None:
    """So that check, page and confirm never end in a traceback."""

    def spoil(record: dict[str, Any]) -> None:
        place = record["checked"] if key.startswith("checked.") else record
        place[key.removeprefix("checked.")] = value

    with pytest.raises(CorpusError, match=rf"clean-one\.json: {key}: "):
        read_beside(corpus(spoil) / "golden/clean-one.json")
