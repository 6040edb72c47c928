"""The runs of a capacity search."""

from __future__ import annotations

from dataclasses import replace

import pytest

from harness.model.scenario import Arrival, Levels, Objective, Pacing, Scenario, Search, Selection, Stress
from harness.scenario import campaign

SEARCH = Search(from_lanes=2, to_lanes=16, levels=5, sessions=300, visit_s=30.0, warm_s=15.0, errors=600, storm=200)
FINAL = Objective(objective_id="final", text="", aggregate="p95", metric="final_ms", op="<=", threshold=800.0)
ASKED = Scenario(
    name="load",
    description="",
    clips=(Selection(),),
    arrival=Arrival(lanes=1, seed=7, shape=SEARCH),
    pacing=Pacing(),
    objectives=(FINAL,),
)


def parts():
    return (
        campaign.scout(ASKED, SEARCH),
        campaign.confirm(ASKED, SEARCH, (6, 8)),
        campaign.errors(ASKED, SEARCH, 6),
        campaign.surge(ASKED, SEARCH, 6),
        campaign.storm(ASKED, SEARCH),
    )


def test_each_run_has_a_name_and_a_seed_of_its_own():
    """No session is played again in another run, and folders can be told apart."""
    names = [part.name for part in parts()]
    assert names == ["load-scout", "load-confirm", "load-errors", "load-overload", "load-storm"]
    assert len({part.arrival.seed for part in parts()} | {7}) == 6
    assert parts() == parts()


def test_the_scout_rises_and_the_levels_are_those_that_were_derived():
    """What the search says of each run is what it plays."""
    scout, confirm, errors, surge, storm = (part.arrival.shape for part in parts())
    assert scout == Stress(from_lanes=2, to_lanes=16, factor=1.25, each_s=30.0)
    assert confirm == Levels(levels=(6, 8), visits=3, sessions=300, visit_s=30.0, warm_s=15.0)
    assert (errors.levels, errors.visits, errors.sessions) == ((6,), 1, 600)
    assert (surge.lanes, surge.overloads) == (6, (9, 18))
    assert (storm.sessions, storm.within_s) == (200, 1.0)


def test_beyond_the_capacity_nothing_decides():
    """Overload and storm are measured; the others keep their gates."""
    assert [part.objectives[0].gate for part in parts()] == [True, True, True, False, False]


def test_what_is_not_asked_for_is_not_played():
    """No errors, no overloads, no storm."""
    bare = replace(SEARCH, errors=0, overloads=(), storm=0)
    assert campaign.errors(ASKED, bare, 6) is campaign.surge(ASKED, bare, 6) is campaign.storm(ASKED, bare) is None


def test_a_look_is_short_and_certifies_nothing():
    """One visit of seconds at three levels."""
    look = campaign.quick(SEARCH)
    assert (look.levels, look.visits, look.errors, look.overloads, look.storm) == (3, 1, 0, (), 0)
    assert look.rise_s + look.visit_s + look.warm_s < 40


@pytest.mark.parametrize(("shape", "found"), [(SEARCH, SEARCH), (Levels(levels=(2,)), None), (None, None)])
def test_only_a_search_is_a_campaign(shape, found):
    """Every other scenario is one run."""
    assert campaign.search_of(replace(ASKED, arrival=replace(ASKED.arrival, shape=shape))) is found
