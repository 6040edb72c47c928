"""What two independent recognisers heard in each take, and where that differs from the reference."""

from __future__ import annotations

import difflib
from functools import cache
from typing import Any

from harness.corpus.recipes import Recipe, Recipes, Take
from harness.corpus.takes import digest_of
from harness.errors import CorpusError


def checked(recipe: Recipe, recipes: Recipes, heard: dict[str, Any]) -> dict[str, Any]:
    """The evidence for a clip's reference: taken on the clean takes it is made of."""
    by_take = {name: _heard(recipes.takes[name], recipes, heard) for name in recipe.takes}
    names = sorted({name for by in by_take.values() for name in by})
    return {
        "confirmed_by_ear": None,
        "recognisers": [{"name": n, "heard": " ".join(by[n] for by in by_take.values())} for n in names],
        "disagreements": [d for name, by in by_take.items() for d in disagreements(recipes.takes[name], by)],
    }


def disagreements(take: Take, heard: dict[str, str]) -> list[dict[str, str]]:
    """Each stretch where a recogniser differs from a take's text, with the reason written in the recipes.

    Raises CorpusError where a difference has no reason: somebody has to look at it first.
    """
    found = []
    for name, text in sorted(heard.items()):
        for expected, got in differences(take.text, text):
            if got not in take.reasons:
                problem = f"{name} heard {got!r} for {expected!r}, and no reason is given"
                raise CorpusError(
                    f"fixtures/clips.yaml: {take.id}", problem, f"correct the text or add reasons: {got!r}"
                )
            found.append({"recogniser": name, "reference": expected, "heard": got, "reason": take.reasons[got]})
    return found


def differences(reference: str, heard: str) -> list[tuple[str, str]]:
    """(reference words, heard words) of each stretch that differs after normalisation."""
    wanted, got = normalised(reference), normalised(heard)
    codes = difflib.SequenceMatcher(None, wanted, got, autojunk=False).get_opcodes()
    return [(" ".join(wanted[a:b]), " ".join(got[c:d])) for tag, a, b, c, d in codes if tag != "equal"]


def _heard(take: Take, recipes: Recipes, heard: dict[str, Any]) -> dict[str, str]:
    """What is on record for a take as it is cut today."""
    record = heard.get(take.id, {})
    if record.get("pcm_sha256") != digest_of(take, recipes):
        problem = "nothing is on record for this cut of it"
        raise CorpusError(f"fixtures/heard.json: {take.id}", problem, "run python -m harness.corpus.hear")
    return dict(record["heard"])


def normalised(text: str) -> list[str]:
    """The words by which recognisers are compared: the English Whisper normaliser's."""
    plain: str = _normaliser()(text)
    return plain.split()


@cache
def _normaliser() -> Any:
    from whisper_normalizer.english import EnglishTextNormalizer  # noqa: PLC0415  slow to import

    return EnglishTextNormalizer()
