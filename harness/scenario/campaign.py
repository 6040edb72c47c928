"""The runs of a capacity search, each a scenario of its own that follows from what the one before showed. Pure.

The scout rises once and gives an estimate. Around it lie the levels of the confirming run, which alone certifies and
refutes. Then fresh sessions at the certified level show the error rate, and what lies beyond it is tried: overloads
with a rest after each, and a storm of connections. No run certifies what was looked at before it was planned.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from math import ceil
from typing import Final

from harness.model.scenario import ClosedShape, Levels, OpenShape, Scenario, Search, Storm, Surge
from harness.scenario.session import draw
from harness.scenario.shapes import scouting

_STORM_S: Final = 1.0
_QUICK_RISE_S: Final = 8.0
_QUICK_VISIT_S: Final = 20.0
_QUICK_WARM_S: Final = 10.0


def search_of(scenario: Scenario) -> Search | None:
    """The search that the scenario asks for; None for one of a single run."""
    shape = scenario.arrival.shape
    return shape if isinstance(shape, Search) else None


def quick(search: Search) -> Search:
    """A look in a few minutes: too little to certify anything, and nothing beyond the knee."""
    return replace(
        search,
        rise_s=min(search.rise_s, _QUICK_RISE_S),
        levels=min(search.levels, 3),
        visits=1,
        sessions=1,
        visit_s=min(search.visit_s, _QUICK_VISIT_S),
        warm_s=min(_QUICK_WARM_S if search.warm_s is None else search.warm_s, _QUICK_WARM_S),
        errors=0,
        overloads=(),
        storm=0,
    )


def scout(scenario: Scenario, search: Search) -> Scenario:
    return _part(scenario, "scout", scouting(search))


def confirm(scenario: Scenario, search: Search, levels: Iterable[int]) -> Scenario:
    shape = Levels(
        levels=tuple(levels),
        visits=search.visits,
        sessions=search.sessions,
        visit_s=search.visit_s,
        warm_s=search.warm_s,
    )
    return _part(scenario, "confirm", shape)


def errors(scenario: Scenario, search: Search, level: int) -> Scenario | None:
    """None where the search does not ask for it."""
    if not search.errors:
        return None
    shape = Levels(levels=(level,), visits=1, sessions=search.errors, visit_s=search.visit_s, warm_s=search.warm_s)
    return _part(scenario, "errors", shape)


def surge(scenario: Scenario, search: Search, level: int) -> Scenario | None:
    """As `errors`. Its objectives decide nothing: what callers meet beyond the capacity is measured, not certified."""
    if not search.overloads:
        return None
    overloads = tuple(ceil(level * factor) for factor in search.overloads)
    shape = Surge(lanes=level, overloads=overloads, each_s=search.surge_s, rest_s=search.surge_s)
    return _advisory(_part(scenario, "overload", shape))


def storm(scenario: Scenario, search: Search) -> Scenario | None:
    """As `surge`."""
    if not search.storm:
        return None
    return _advisory(_part(scenario, "storm", Storm(sessions=search.storm, within_s=_STORM_S)))


def _part(scenario: Scenario, name: str, shape: ClosedShape | OpenShape) -> Scenario:
    """With a seed of its own: no session of one run is played again in another."""
    seed = draw(scenario.arrival.seed, "part", name) % 2**32
    arrival = replace(scenario.arrival, shape=shape, seed=seed)
    return replace(scenario, name=f"{scenario.name}-{name}", arrival=arrival)


def _advisory(scenario: Scenario) -> Scenario:
    return replace(scenario, objectives=tuple(replace(one, gate=False) for one in scenario.objectives))
