"""What a capacity search has done so far: which run was which part of it, and how its levels came about."""

from __future__ import annotations

from dataclasses import dataclass

from harness.model.campaign import PartName


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One run of the search, in a folder beside the journal."""

    part: PartName
    run: str  # its folder's name
    purpose: str  # what it is for, and how its levels were derived


@dataclass(frozen=True, slots=True, kw_only=True)
class Journal:
    """`look`: a short one, which certifies nothing."""

    campaign_id: str
    scenario: str
    look: bool
    parts: tuple[Entry, ...] = ()
