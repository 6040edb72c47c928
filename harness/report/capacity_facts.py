"""What a capacity says, in the rows beside its picture."""

from __future__ import annotations

from collections.abc import Iterator

from harness.model.capacity import Capacity, ErrorRate
from harness.model.load import Cost
from harness.report import wording
from harness.report.banner import Fact

_BEYOND = {"above": "above all levels tried", "below": "below all levels tried"}


def answer(capacity: Capacity) -> str:
    """`40 sessions`; `none certified`."""
    return wording.plural(capacity.certified, "session") if capacity.certified else "none certified"


def build(capacity: Capacity, price: Cost | None = None) -> tuple[Fact, ...]:
    """In the order in which somebody who must size a cluster asks."""
    return tuple(_facts(capacity, price))


def _facts(capacity: Capacity, price: Cost | None) -> Iterator[Fact]:
    yield Fact(label="Refuted", text=_refuted(capacity), note="from here on every level is shown to break an objective")
    yield Fact(label="Estimate", text=_estimate(capacity), note="isotonic fit; no verdict")
    if capacity.limited_by:
        yield Fact(label="Limited by", text=capacity.limited_by)
    if capacity.levels:
        confidence, side = (wording.bare_percent(one) for one in (capacity.confidence, capacity.side_confidence))
        yield Fact(label="Confidence", text=confidence, note=f"of the interval, {side} a side")
    if capacity.stall_gap_s is not None:
        steady, gap = wording.span(round(capacity.steady_s * 1e9)), wording.span(round(capacity.stall_gap_s * 1e9))
        yield Fact(label="Steady time", text=f"{steady} there", note=f"stalls rarer than one in {gap} are not excluded")
    if capacity.errors is not None:
        yield errors(capacity.errors)
    if price is not None:
        yield cost(price)


def _refuted(capacity: Capacity) -> str:
    return wording.plural(capacity.refuted, "session") if capacity.refuted else "no level"


def _estimate(capacity: Capacity) -> str:
    if capacity.estimate is None:
        return _BEYOND.get(capacity.estimate_beyond, wording.NOT_MEASURED)
    return wording.plural(int(capacity.estimate), "session")  # nobody carries half a session


def errors(found: ErrorRate) -> Fact:
    """The error rate at the certified level."""
    bound = "no bound" if found.high is None else f"at most {wording.value('ratio', found.high, found.limit)}"
    limit = f"limit {wording.bare_percent(found.limit)}" if found.limit is not None else "no limit asked for"
    shown = f"{wording.count(found.errors)} of {wording.count(found.n)} at {wording.count(found.level)}"
    word = "certified" if found.certified else "not certified"
    return Fact(label="Errors", text=f"{shown}, {bound}", note=f"{limit}: {word}", changed=not found.certified)


def cost(found: Cost) -> Fact:
    """An hour of audio at the certified number of sessions."""
    per_hour = f"{found.per_hour:,.2f} {found.currency} an hour for the target"
    text = f"{_money(found.per_audio_hour)} {found.currency} an hour of audio"
    sessions = wording.plural(found.sessions, "session")
    return Fact(label="Cost", text=text, note=f"{per_hour}, {sessions} streaming all the time")


def _money(amount: float) -> str:
    """Two digits after the point; below one three that count."""
    digits = 2
    while digits < 8 and amount * 10**digits < 100:
        digits += 1
    return f"{amount:,.{digits}f}"
