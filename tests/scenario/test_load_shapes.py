"""Arrival shapes as users write them."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.errors import ScenarioError
from harness.model.scenario import (
    Arrival,
    Constant,
    Levels,
    Poisson,
    Ramp,
    Scenario,
    Spike,
    Steps,
    Storm,
    Stress,
    Trace,
)
from harness.scenario.load import load_scenario, load_target
from harness.scenario.schema import json_schemas

FILE = "name: x\nclips: [{{select: all{clip}}}]\n{top}arrival: {{{arrival}}}\nobjectives: {{a: '{slo}'}}\n"
CONSTANT = "shape: {constant: {lanes: 4, for_s: 60}}"


def load(folder: Path, arrival: str, *, clip: str = "", top: str = "", slo: str = "sum error == 0") -> Scenario:
    file = folder / "x.yaml"
    file.write_text(FILE.format(clip=clip, top=top, arrival=arrival, slo=slo), encoding="utf-8")
    return load_scenario(file)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("constant: {lanes: 4, for_s: 60}", Constant(lanes=4, for_s=60.0)),
        ("constant: {lanes: 4, for_s: 60, warm_s: 0}", Constant(lanes=4, for_s=60.0, warm_s=0.0)),
        ("steps: {from: 2, to: 8, step: 2, each_s: 90}", Steps(from_lanes=2, to_lanes=8, step=2, each_s=90.0)),
        ("ramp: {from: 1, to: 9, for_s: 300}", Ramp(from_lanes=1, to_lanes=9, for_s=300.0)),
        (
            "spike: {lanes: 4, at_s: 60, spike_s: 10, for_s: 120}",
            Spike(lanes=4, times=10, at_s=60.0, spike_s=10.0, for_s=120.0),
        ),
        ("stress: {from: 2, to: 24}", Stress(from_lanes=2, to_lanes=24, factor=1.25, each_s=30.0)),
        (
            "levels: {levels: [2, 4]}",
            Levels(levels=(2, 4), visits=3, sessions=600, visit_s=60.0, warm_s=None),
        ),
        ("poisson: {per_s: 0.5, for_s: 60}", Poisson(per_s=0.5, for_s=60.0)),
        ("storm: {sessions: 200, within_s: 2}", Storm(sessions=200, within_s=2.0)),
    ],
)
def test_a_shape_is_read_with_its_documented_defaults(tmp_path: Path, written: str, meant: object) -> None:
    """Ten times the load in a spike, a quarter more in a stress, three visits and 600 sessions a level."""
    assert load(tmp_path, f"shape: {{{written}}}").arrival.shape == meant


def test_a_trace_lies_beside_its_scenario(tmp_path: Path) -> None:
    """Its moments become part of the scenario, so that a run's folder has them."""
    (tmp_path / "day.csv").write_text("start_s\n2\n0.5\n", encoding="utf-8")
    told = load(tmp_path, "shape: {trace: {file: day.csv}}")
    assert told.arrival.shape == Trace(file="day.csv", starts_s=(0.5, 2.0))
    with pytest.raises(ScenarioError, match=r"x\.yaml: arrival\.shape\.trace\.file: .*night\.csv cannot be read"):
        load(tmp_path, "shape: {trace: {file: night.csv}}")


def test_sessions_of_a_shape_are_back_to_back_unless_it_is_said(tmp_path: Path) -> None:
    """A level of eight is eight people speaking; think time is for those who ask for it. Weights are one."""
    told = load(tmp_path, CONSTANT)
    assert told.arrival == Arrival(lanes=8, seed=7, think_ms=0, shape=Constant(lanes=4, for_s=60.0))
    assert told.clips[0].weight == 1.0
    assert load(tmp_path, f"think_ms: 500, {CONSTANT}", clip=", weight: 2").arrival.think_ms == 500


@pytest.mark.parametrize(
    ("arrival", "given", "sentence"),
    [
        ("shape: {}", {}, "arrival.shape: no shape is given; write one of constant, steps"),
        (
            "shape: {ramp: {from: 1, to: 2, for_s: 9}, storm: {sessions: 1, within_s: 1}}",
            {},
            "arrival.shape: ramp and storm are several shapes",
        ),
        ("shape: {wave: {lanes: 3}}", {}, "arrival.shape.wave: is an unknown key"),
        ("shape: {constant: {lanes: 4}}", {}, "arrival.shape.constant.for_s: is missing"),
        ("shape: {constant: {lanes: four, for_s: 9}}", {}, "arrival.shape.constant.lanes: input should be a valid int"),
        ("shape: {ramp: {from: 4, to: 4, for_s: 9}}", {}, "arrival.shape.ramp.to: it must be more than from"),
        ("shape: {levels: {levels: [2, 4, 2]}}", {}, "arrival.shape.levels.levels: 2 stands there twice"),
        (
            "shape: {spike: {lanes: 1, at_s: 50, spike_s: 10, for_s: 60}}",
            {},
            "arrival.shape.spike.for_s: the spike is not over by then",
        ),
        (f"lanes: 4, {CONSTANT}", {}, "arrival.lanes: the shape says how many sessions there are at once; take it out"),
        (
            "think_ms: 9, shape: {storm: {sessions: 1, within_s: 1}}",
            {},
            "arrival.think_ms: sessions of this shape wait for no other",
        ),
        (CONSTANT, {"top": "warm_up: {sessions: 2}\n"}, "x.yaml: warm_up: arrival.shape has its own warm-up"),
        (CONSTANT, {"clip": ", repeat: 2"}, "clips.0.repeat: arrival.shape draws clips, none is listed; give it a"),
        (
            CONSTANT,
            {"clip": "}, {assemble: {id: l, from: all, minutes: 1}"},
            "clips.1.assemble: arrival.shape draws clips of the corpus only",
        ),
        ("lanes: 4", {"clip": ", weight: 2"}, "clips.0.weight: without arrival.shape no clip is drawn; write repeat"),
        (
            "lanes: 4",
            {"slo": "p95 final_ms <= 800 per rate, level"},
            "objectives.a: there are no levels without arrival.shape; add a shape, or leave level out",
        ),
        (
            "lanes: 4",
            {"slo": "p95 final_ms <= 800 where level = 4"},
            "objectives.a: there are no levels without arrival.shape",
        ),
    ],
)
def test_a_shape_that_makes_no_sense_is_one_sentence(tmp_path: Path, arrival, given, sentence) -> None:
    """With the key, what is wrong there, and the remedy."""
    with pytest.raises(ScenarioError) as caught:
        load(tmp_path, arrival, **given)
    assert sentence in str(caught.value)


def test_known_limits_may_name_a_level(tmp_path: Path) -> None:
    """What one level cannot do is no reason to forgive the others."""
    file = tmp_path / "t.yaml"
    file.write_text(
        "name: t\nkind: embedded\nstart: {stack: embedded}\nendpoints: {riva: auto}\n"
        "known_limits: [{objective: final, where: {level: 12}, reason: two cores are full}]\n",
        encoding="utf-8",
    )
    assert load_target(file).known_limits[0].where == (("level", ("12",)),)


def test_the_schema_for_editors_has_the_shapes() -> None:
    """One of them, as the loader wants it."""
    parts = json_schemas()["scenario"]["$defs"]
    shape = parts["ShapeEntry"]
    assert (shape["minProperties"], shape["maxProperties"], shape["additionalProperties"]) == (1, 1, False)
    assert set(shape["properties"]) >= {"constant", "levels", "trace", "storm"}
    assert set(parts["StressEntry"]["required"]) == {"from", "to"}
