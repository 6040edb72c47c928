"""What people who listened say of the clips, and where that is written down."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.corpus.beside import read_beside
from harness.corpus.load import read_golden
from harness.corpus.write import write_json
from harness.errors import CorpusError

FORMAT = "harness-corpus-answers-1"
CONFIRMED, CORRECTED = "confirmed", "corrected"
_KEYS = ("clip", "sha256", "verdict", "reference", "text", "note", "when")


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """One person on one clip: what the page showed (`reference`), and what that person heard (`text`)."""

    who: str
    when: str
    clip: str
    sha256: str
    verdict: str
    reference: str
    text: str
    note: str


def read_answers(path: Path) -> tuple[Answer, ...]:
    """The answers a listening page let somebody download; raises CorpusError where it is not such a file."""
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise CorpusError(str(path), f"not readable as JSON ({error})", "download it from the page again") from error
    if not isinstance(values, dict) or values.get("format") != FORMAT or not isinstance(values.get("answers"), list):
        raise CorpusError(str(path), "is not a file of answers", "download it from the page that corpus page writes")
    who = values.get("who")
    if not isinstance(who, str) or not who.strip():
        raise CorpusError(f"{path}: who", "nobody is named", "write your name on the page and download it again")
    return tuple(_answer(value, who.strip(), f"{path}: answers[{i}]") for i, value in enumerate(values["answers"]))


def confirm(root: Path, answers: tuple[Answer, ...]) -> tuple[Answer, ...]:
    """Write who confirmed which clip, and when, into the golden files; returns the corrections, which change nothing.

    Raises CorpusError, and writes nothing, where an answer is about other audio or another text than the corpus has.
    """
    records = {answer.clip: _record(root, answer) for answer in answers}
    for answer in answers:
        if answer.verdict == CONFIRMED:
            entry = {"who": answer.who, "when": answer.when, "sha256": answer.sha256, "note": answer.note}
            records[answer.clip]["checked"]["confirmed_by_ear"] = {k: v for k, v in entry.items() if v}
            write_json(_golden(root, answer.clip), records[answer.clip])
    return tuple(answer for answer in answers if answer.verdict == CORRECTED)


def keep_confirmation(root: Path, record: dict[str, Any]) -> dict[str, Any]:
    """A rebuilt record with the confirmation its predecessor had, where neither audio nor text changed."""
    try:
        before = json.loads(_golden(root, record["clip_id"]).read_text(encoding="utf-8"))
        if (before["audio"], before["reference"]) == (record["audio"], record["reference"]):
            record["checked"]["confirmed_by_ear"] = before["checked"]["confirmed_by_ear"]
    except (OSError, ValueError, KeyError, TypeError):
        return record  # absent, or damaged: a rebuild mends it
    return record


def _answer(value: object, who: str, where: str) -> Answer:
    given = value if isinstance(value, dict) else {}
    for key in _KEYS:
        if not isinstance(given.get(key), str):
            raise CorpusError(f"{where}: {key}", "is missing or no text", "download the answers from the page again")
    if given["verdict"] not in (CONFIRMED, CORRECTED):
        raise CorpusError(f"{where}: verdict", f"is {given['verdict']!r}", f"use {CONFIRMED} or {CORRECTED}")
    if not given["when"]:
        raise CorpusError(f"{where}: when", "is empty", "download the answers from the page again")
    return Answer(who=who, **{key: given[key] for key in _KEYS})


def _record(root: Path, answer: Answer) -> dict[str, Any]:
    """The golden record an answer is about, if it still is what that person heard."""
    path, remedy = _golden(root, answer.clip), "make the page again and listen to what is there now"
    if "/" in answer.clip or not path.is_file():
        raise CorpusError(str(path), "no such clip", "name the corpus the page was made of with --corpus")
    clips = read_golden(root, path)
    record = read_beside(path)
    if answer.sha256 not in {clip.sha256 for clip in clips}:
        problem = f"its audio is not what {answer.who} heard (sha256 {answer.sha256[:12]}…)"
        raise CorpusError(str(path), problem, remedy)
    if answer.reference != record["reference"]:
        raise CorpusError(str(path), f"its text is not what {answer.who} read ({answer.reference!r})", remedy)
    return record


def _golden(root: Path, clip_id: str) -> Path:
    return root / "golden" / f"{clip_id}.json"
