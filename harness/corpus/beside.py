"""What a golden file holds beside the clip itself (edges, evidence, provenance), in the shape its readers expect."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from harness.errors import CorpusError

_EDGES = ("onset_ms", "offset_ms")
_EVIDENCE = {
    "recognisers": ("name", "heard"),
    "disagreements": ("recogniser", "reference", "heard", "reason"),
}


def read_beside(golden: Path) -> dict[str, Any]:
    """The record of a golden file that `read_golden` accepts; raises CorpusError where the rest of it is misshapen."""
    record: dict[str, Any] = json.loads(golden.read_text(encoding="utf-8"))
    checked = record["checked"]
    ear, edges = checked.get("confirmed_by_ear"), record.get("edges")
    if ear is not None and not _texts(ear, ("who", "when")):
        raise _misshapen(golden, "checked.confirmed_by_ear", "says not who and when", "write null, or both as texts")
    if edges is not None and not (isinstance(edges, dict) and all(_number(edges.get(k)) for k in _EDGES)):
        raise _misshapen(golden, "edges", "are not two times", "write null, or onset_ms and offset_ms")
    for key, names in _EVIDENCE.items():
        entries = checked.get(key, [])
        if not isinstance(entries, list) or not all(_texts(entry, names) for entry in entries):
            raise _misshapen(golden, f"checked.{key}", f"is no list of {', '.join(names)}", "write each as a text")
    if not isinstance(provenance := record.get("provenance", {}), dict) or not _texts(provenance, tuple(provenance)):
        raise _misshapen(golden, "provenance", "is no object of texts", "write down where the audio is from")
    return record


def _misshapen(golden: Path, key: str, problem: str, remedy: str) -> CorpusError:
    return CorpusError(f"{golden}: {key}", problem, remedy)


def _texts(value: object, names: tuple[str, ...]) -> bool:
    return isinstance(value, dict) and all(isinstance(value.get(name), str) for name in names)


def _number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
