"""What the runs of a capacity search come to together. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from harness.judge.capacity import judge_capacity
from harness.judge.visited import Part
from harness.model.campaign import PartName
from harness.model.capacity import Capacity
from harness.model.verdict import Outcome

LOOK: Final = "A look, not a certificate"


def search_result(parts: Mapping[PartName, Part], *, look: bool, per: str = "") -> Capacity:
    """`parts` by their names; without a confirming run nothing is certified, whatever the scout showed."""
    if "confirm" not in parts:
        found = _unconfirmed(parts.get("scout"))
    else:
        found = judge_capacity(parts["confirm"], errors=parts.get("errors"), per=per)
    return replace(found, headline=f"{LOOK}: {found.headline}") if look else found


def _unconfirmed(scout: Part | None) -> Capacity:
    invalid = scout is not None and not scout.valid
    return Capacity(
        outcome=Outcome.INVALID if invalid else Outcome.INCONCLUSIVE,
        headline="nothing certified: no level was confirmed",
        reason=scout.judgement.headline if scout is not None and invalid else "The search ended before its levels.",
        confidence=0.0,
        side_confidence=0.0,
        levels=(),
    )
