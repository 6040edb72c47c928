"""A load campaign: several runs that together say what a target carries, and what it does beyond that."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from harness.model.capacity import Capacity
from harness.model.load import Cost, LevelTable, Overload
from harness.model.verdict import Outcome

PartName = Literal["scout", "confirm", "errors", "overload", "storm"]


@dataclass(frozen=True, slots=True, kw_only=True)
class CampaignPart:
    """One run of a campaign. `decides`: whether the campaign's verdict rests on it; a scout's never does."""

    name: PartName
    purpose: str  # what it is for, and how its levels were derived
    run_id: str
    report: str  # path of its report, from the campaign's folder
    outcome: Outcome
    headline: str
    sessions: int  # counted
    elapsed_ns: int | None  # None: it crashed
    decides: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Campaign:
    """Everything a campaign's report shows. `confirmed` are the levels of its confirming run in figures."""

    campaign_id: str
    began_utc: str
    ended_utc: str
    scenario: str
    target: str
    driver: str
    endpoint: str
    identity: tuple[tuple[str, str], ...]
    versions: tuple[tuple[str, str], ...]
    capacity: Capacity
    parts: tuple[CampaignPart, ...]
    confirmed: LevelTable | None = None
    overload: Overload | None = None
    storm: Overload | None = None
    cost: Cost | None = None
