"""The page of a load campaign as values: the answer, its levels, the errors there, what lies beyond, and the parts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from harness.model.campaign import Campaign, CampaignPart
from harness.model.capacity import Capacity
from harness.model.verdict import Outcome
from harness.report import campaign_levels, capacity_facts, ladder, load_table, overload, wording
from harness.report.banner import Banner, Fact
from harness.report.campaign_levels import Judged
from harness.report.ladder import Ladder
from harness.report.load_table import Table
from harness.report.overload import Beyond

_TITLES = {
    "scout": "Scout",
    "confirm": "Confirmation",
    "errors": "Error rate",
    "overload": "Overload",
    "storm": "Storm",
}
_UNJUDGED = {"scout": "estimate only"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """The picture and the number; the templates share it with the page of a run."""

    heading: str
    lede: str
    ladder: Ladder | None
    answer: str
    facts: tuple[Fact, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Errors:
    """The error rate at the certified level. `mark` is a verdict's symbol."""

    heading: str
    mark: str
    word: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PartRow:
    title: str
    purpose: str
    run_id: str
    report: str
    mark: str
    word: str
    headline: str
    sessions: str
    took: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CampaignPage:
    """The sections in order; None is left out."""

    banner: Banner
    answer: Answer
    judged: Judged | None
    table: Table | None
    errors: Errors | None
    beyond: tuple[Beyond, ...]
    parts: tuple[PartRow, ...]
    findings: tuple[str, ...]
    commands: tuple[str, ...]
    versions: tuple[str, ...]


def build(campaign: Campaign) -> CampaignPage:
    """Arrange a judged campaign."""
    capacity = campaign.capacity
    return CampaignPage(
        banner=_banner(campaign),
        answer=_answer(campaign),
        judged=campaign_levels.build(capacity),
        table=load_table.build(campaign.confirmed) if campaign.confirmed and campaign.confirmed.rows else None,
        errors=_errors(capacity),
        beyond=tuple(overload.build(found) for found in (campaign.overload, campaign.storm) if found is not None),
        parts=tuple(map(_part, campaign.parts)),
        findings=tuple(wording.fine(one) for one in capacity.findings),
        commands=(f"harness judge {campaign.campaign_id}",),
        versions=tuple(f"{name} {version}" for name, version in campaign.versions),
    )


def _banner(campaign: Campaign) -> Banner:
    capacity = campaign.capacity
    return Banner(
        outcome=capacity.outcome,
        exit_code=capacity.outcome.exit_code,
        run_id=campaign.campaign_id,
        when=_when(campaign),
        headline=capacity.headline,
        key=((wording.fine(capacity.reason), False),) if capacity.reason else (),
        warnings=tuple(_warnings(campaign)),
        since=None,
        run=tuple(_about(campaign)),
        under_test=(
            Fact(label="Target", text=campaign.target),
            Fact(label="Through", text=f"{campaign.driver} driver", note=campaign.endpoint),
            *(Fact(label=key.replace("_", " ").capitalize(), text=text) for key, text in campaign.identity),
        ),
        identity="as the target reported it",
    )


def _when(campaign: Campaign) -> str:
    began, ended = (datetime.fromisoformat(text) for text in (campaign.began_utc, campaign.ended_utc))
    sessions = wording.plural(sum(part.sessions for part in campaign.parts), "session")
    last = f"{ended:%H:%M:%S}" if began.date() == ended.date() else f"{ended:%a} {ended.day} {ended:%b, %H:%M:%S}"
    return f"{began:%a} {began.day} {began:%b %Y}, {began:%H:%M:%S}–{last} UTC · {sessions}"  # noqa: RUF001


def _warnings(campaign: Campaign) -> Iterator[str]:
    """What keeps a reader from relying on it, though a level may be certified."""
    for part in campaign.parts:
        if part.outcome is Outcome.INVALID:
            yield f"The part {_TITLES[part.name].lower()} is INVALID: {wording.sentence(wording.fine(part.headline))}"
    errors = campaign.capacity.errors
    if errors is not None and not errors.certified:
        said = wording.sentence(wording.fine(errors.reason))
        yield f"The error rate at {wording.plural(errors.level, 'session')} is not certified: {said}"


def _about(campaign: Campaign) -> Iterator[Fact]:
    yield Fact(label="Scenario", text=campaign.scenario)
    levels = [one.level for one in campaign.capacity.levels]
    if levels:
        yield Fact(label="Levels", text=wording.listed(map(wording.count, levels)), note="settled before they were run")
    yield Fact(label="Parts", text=wording.listed(_TITLES[part.name].lower() for part in campaign.parts))
    took = sum(part.elapsed_ns or 0 for part in campaign.parts)
    yield Fact(label="Streaming", text=wording.span(took), note="in real time, all parts together")


def _answer(campaign: Campaign) -> Answer:
    capacity = campaign.capacity
    return Answer(
        heading=_interval(capacity),
        lede=_rule(capacity),
        ladder=ladder.of_capacity(capacity),
        answer=capacity_facts.answer(capacity),
        facts=capacity_facts.build(capacity, campaign.cost),
    )


def _rule(capacity: Capacity) -> str:
    """How the interval comes about; without levels there is none, and nothing is said of its confidence."""
    if not capacity.levels:
        return "No level was confirmed, so there is no interval, and no confidence in one."
    return (
        "Certified upward from the lowest level, each holding every objective; refuted downward from the highest. "
        f"The interval holds the true capacity with {wording.bare_percent(capacity.confidence)} confidence."
    )


def _interval(capacity: Capacity) -> str:
    """Where the limit lies, as far as the levels say."""
    if capacity.outcome is Outcome.INVALID:
        return "Not to be relied on: the harness cannot vouch for this campaign"
    low, high = (None if one is None else wording.count(one) for one in (capacity.certified, capacity.refuted))
    if low and high:
        return f"The limit lies between {low} and {high} sessions at once"
    if low:
        return f"{low} sessions at once hold; no level that was tried is shown to be too many"
    return (
        f"No level is certified; {high} sessions at once are too many" if high else "No level is certified or refuted"
    )


def _errors(capacity: Capacity) -> Errors | None:
    found = capacity.errors
    if found is None:
        return None
    outcome = Outcome.PASS if found.certified else Outcome.INCONCLUSIVE
    where = "a run of its own" if found.part == "errors" else "the confirmation’s visits"  # noqa: RUF001
    many = f"{wording.count(found.errors) if found.errors else 'None'} of {wording.plural(found.n, 'session')}"
    return Errors(
        heading=f"{many} failed at {wording.plural(found.level, 'session')} at once",
        mark=outcome.value.lower(),
        word="CERTIFIED" if found.certified else "NOT CERTIFIED",
        text=wording.fine(f"{wording.sentence(found.reason)} From {where}."),
    )


def _part(part: CampaignPart) -> PartRow:
    """A part that decides nothing wears no verdict, unless nobody can vouch for it."""
    judged = part.decides or part.outcome is Outcome.INVALID
    return PartRow(
        title=_TITLES[part.name],
        purpose=wording.fine(part.purpose),
        run_id=part.run_id,
        report=part.report,
        mark=part.outcome.value.lower() if judged else "",
        word=part.outcome.value if judged else _UNJUDGED.get(part.name, "told, not judged"),
        headline=wording.fine(part.headline),
        sessions=wording.count(part.sessions),
        took="crashed" if part.elapsed_ns is None else wording.span(part.elapsed_ns),
    )
