"""A campaign in the terminal: at most ten lines, the answer first, the same words as on its page."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import PurePath

from harness.model.campaign import Campaign
from harness.model.capacity import Capacity
from harness.model.verdict import Outcome
from harness.report import capacity_facts, overload, wording
from harness.report.text import SYMBOLS, coloured

_WORD, _WHAT = 14, 34
_ROOMY = 5  # lines of answers; with more a blank one goes, so that ten stay ten


def summary(campaign: Campaign, report_path: str | PurePath, colour: bool) -> str:
    """Colour is the caller's to decide: only where it is a terminal and NO_COLOR is unset."""
    capacity = campaign.capacity
    answers = tuple(_answers(campaign, colour=colour))
    lines = [
        _header(campaign),
        "",
        *answers,
        *([""] if len(answers) <= _ROOMY else []),
        f"{coloured(capacity.outcome, strong=True) if colour else capacity.outcome.value}  {capacity.headline}",
        f"report  {report_path}      again  harness judge {PurePath(report_path).parent}",
    ]
    return "\n".join(lines).replace(wording.NNBSP, " ") + "\n"


def _header(campaign: Campaign) -> str:
    said = dict(campaign.identity)
    facts = [campaign.target, said.get("model", "model not named")]
    facts += [said["gateway"]] if "gateway" in said else []
    sessions = wording.plural(sum(part.sessions for part in campaign.parts), "session")
    facts += [f"{campaign.driver} driver", f"{sessions} in {wording.plural(len(campaign.parts), 'part')}"]
    return f"{campaign.scenario}  {' · '.join(facts)}"


def _answers(campaign: Campaign, *, colour: bool) -> Iterator[str]:
    capacity = campaign.capacity
    if capacity.outcome is Outcome.INVALID:
        yield _row(Outcome.INVALID, "invalid", "no level", capacity.reason, colour=colour)
        return
    yield from _interval(capacity, colour=colour)
    if capacity.errors is not None:
        found = capacity_facts.errors(capacity.errors)
        outcome = Outcome.PASS if capacity.errors.certified else Outcome.INCONCLUSIVE
        yield _row(outcome, "error rate", found.text, found.note, colour=colour)
    for name, beyond in (("overload", campaign.overload), ("storm", campaign.storm)):
        if beyond is not None:
            yield _row(None, name, overload.build(beyond).heading, "", colour=colour)
    if campaign.cost is not None:
        found = capacity_facts.cost(campaign.cost)
        yield _row(None, "cost", found.text, found.note, colour=colour)


def _interval(capacity: Capacity, *, colour: bool) -> Iterator[str]:
    """What is certified, what stopped it, and from where on all is refuted."""
    outcome = Outcome.PASS if capacity.certified else Outcome.INCONCLUSIVE
    what = capacity_facts.answer(capacity) if capacity.certified else "nothing"
    yield _row(outcome, "certified", what, _first_clause(capacity.reason), colour=colour)
    if capacity.refuted:
        level = next(one for one in capacity.levels if one.level == capacity.refuted)
        many = f"from {wording.plural(capacity.refuted, 'session')}"
        yield _row(Outcome.FAIL, "refuted", many, _first_clause(level.reason), colour=colour)


def _first_clause(reason: str) -> str:
    """The rest of it stands on the page."""
    return reason.split(";", maxsplit=1)[0].rstrip(".")


def _row(outcome: Outcome | None, word: str, what: str, text: str, *, colour: bool) -> str:
    lead = "  " if outcome is None else f"{SYMBOLS[outcome]} "
    padded = f"{lead}{word}".ljust(_WORD)
    shown = padded if outcome is None or not colour else coloured(outcome, padded)
    return f"{shown}{what.ljust(_WHAT)} {text}".rstrip()
