"""A campaign as JUnit XML: the suite is green where the campaign's exit code is 0, and where nothing else is."""

from __future__ import annotations

from xml.etree import ElementTree as ET  # builds, never parses

from harness.model.campaign import Campaign
from harness.model.capacity import Capacity, Level
from harness.model.verdict import Outcome
from harness.report import capacity_facts, overload, wording
from harness.report.junit import clean, document

_BEYOND = "beyond what is certified"


def render(campaign: Campaign) -> str:
    """One case for the capacity, which alone can fail; one for each level, and one for the error rate.

    A level above the certified one is meant to be too much: it is skipped with its verdict, whatever that is.
    """
    capacity = campaign.capacity
    cases = [_capacity(campaign), *(_level(campaign, one) for one in capacity.levels)]
    cases += [_errors(campaign)] if capacity.errors is not None else []
    elapsed_s = sum(part.elapsed_ns or 0 for part in campaign.parts) / 1e9
    return document(
        run_id=campaign.campaign_id,
        suite=campaign.scenario,
        began_utc=campaign.began_utc,
        elapsed_s=elapsed_s,
        facts=_facts(campaign),
        cases=cases,
    )


def _facts(campaign: Campaign) -> tuple[tuple[str, str], ...]:
    capacity = campaign.capacity
    return (
        ("run_id", campaign.campaign_id),
        ("verdict", capacity.outcome.value),
        ("exit_code", str(capacity.outcome.exit_code)),
        ("headline", capacity.headline),
        ("target", campaign.target),
        ("driver", campaign.driver),
        *((f"part_{part.name}", part.report) for part in campaign.parts),
        *campaign.identity,
    )


def _case(campaign: Campaign, name: str, said: str) -> ET.Element:
    case = ET.Element("testcase", {"classname": clean(campaign.scenario), "name": clean(name), "time": "0"})
    ET.SubElement(case, "system-out").text = clean(said.replace(wording.NNBSP, " "))
    return case


def _capacity(campaign: Campaign) -> ET.Element:
    capacity = campaign.capacity
    case = _case(campaign, "capacity", "\n".join(_numbers(campaign)))
    if capacity.outcome is not Outcome.PASS:
        tag = "error" if capacity.outcome is Outcome.INVALID else "failure"
        found = ET.Element(tag, {"type": capacity.outcome.value, "message": clean(capacity.headline)})
        found.text = clean(capacity.reason)
        case.insert(0, found)
    return case


def _numbers(campaign: Campaign) -> list[str]:
    capacity = campaign.capacity
    said = [capacity.headline, capacity.reason]
    said += [f"{fact.label}: {fact.text}; {fact.note}" for fact in capacity_facts.build(capacity, campaign.cost)]
    return said + [overload.build(one).heading for one in (campaign.overload, campaign.storm) if one is not None]


def _level(campaign: Campaign, level: Level) -> ET.Element:
    case = _case(campaign, f"level[{level.level}]", "\n".join(_lines(level)))
    if not _is_certified(campaign.capacity, level):
        skipped = ET.Element("skipped", {"message": clean(f"{_BEYOND}, {level.outcome.value}: {level.reason}")})
        case.insert(0, skipped)
    return case


def _is_certified(capacity: Capacity, level: Level) -> bool:
    return capacity.certified is not None and level.level <= capacity.certified


def _lines(level: Level) -> list[str]:
    return [f"{line.line_id} {line.outcome.value}: {line.reason}" for line in level.lines]


def _errors(campaign: Campaign) -> ET.Element:
    found = campaign.capacity.errors
    reason = found.reason if found else ""
    case = _case(campaign, "error-rate", reason)
    if found is None or not found.certified:
        case.insert(0, ET.Element("skipped", {"message": clean(f"not certified: {reason}")}))
    return case
