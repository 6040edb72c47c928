from __future__ import annotations

import json
import math
from dataclasses import dataclass, replace

import pytest

from harness.model.measurement import Measurement
from harness.model.run import Ending, Identity, Manifest, Vitals
from harness.model.scenario import Arrival, Scenario, Trace
from harness.model.timeline import Closed, Final, Heard, HeardWord, Opened
from harness.model.verdict import Check, Judgement, Outcome
from harness.store import codec


@dataclass(frozen=True)
class Letter:
    heard: tuple[Heard, ...]
    pair: tuple[str, int] = ("a", 1)
    maybe: Heard | None = None


ENDING = Ending(
    ended_utc="2026-01-01T00:00:00+00:00",
    elapsed_ns=5,
    vitals=Vitals(engines_lost=("it died",), identity_after=Identity(facts=(("model", "m"),))),
)


def test_a_manifest_survives_the_way_to_text_and_back(manifest: Manifest) -> None:
    """Nested dataclasses, tuples of pairs, literals and infinity come back equal."""
    assert codec.loads(Manifest, codec.dumps(manifest)) == manifest


def test_an_arrival_shape_comes_back_as_the_one_it_was(manifest: Manifest) -> None:
    """Shapes are told apart by their kind; a manifest from before there were any has none."""
    arrival = Arrival(lanes=8, seed=7, shape=Trace(file="day.csv", starts_s=(0.5, 2.0)))
    text = codec.dumps(replace(manifest.scenario, arrival=arrival))
    assert codec.loads(Scenario, text).arrival == arrival
    tree = json.loads(codec.dumps(manifest.scenario))
    del tree["arrival"]["shape"]
    assert codec.decode(Scenario, tree) == manifest.scenario


def test_the_same_value_is_the_same_text(manifest: Manifest) -> None:
    """Keys stand in field order, whatever built the value."""
    text = codec.dumps(manifest)
    assert text == codec.dumps(codec.loads(Manifest, text))
    assert list(json.loads(text))[:3] == ["run_id", "began_utc", "driver"]
    assert text.endswith("}\n")


def test_infinity_is_written_as_a_word_and_nan_is_refused() -> None:
    """JSON has neither; a certificate must not hold what other readers reject."""
    judged = codec.encode(Measurement(session_id="s", metric="wer", numerator=-math.inf, denominator=math.inf))
    assert (judged["numerator"], judged["denominator"]) == ("-inf", "inf")
    assert codec.decode(Measurement, judged).denominator == math.inf
    with pytest.raises(ValueError, match="NaN"):
        codec.dumps(Measurement(session_id="s", metric="wer", numerator=math.nan))


def test_whole_numbers_in_float_fields_are_written_as_floats() -> None:
    """300 and 300.0 are the same threshold and must be the same bytes."""
    assert codec.dumps(Vitals(clock_drift_ms=3)) == codec.dumps(Vitals(clock_drift_ms=3.0))


def test_members_of_a_union_are_told_apart_by_their_class_names() -> None:
    """Opened and Closed both fit the same field; each comes back as itself."""
    final = Final(segment=1, text="hi", words=(HeardWord(text="hi", start_ns=1, end_ns=2),), audio_end_ns=9)
    letter = Letter(heard=(Opened(), Closed(code="1000"), final), maybe=Closed(code="x"))
    tree = codec.encode(letter)
    assert [item["kind"] for item in tree["heard"]] == ["Opened", "Closed", "Final"]
    assert codec.decode(Letter, json.loads(json.dumps(tree))) == letter


def test_an_enumeration_comes_back_as_its_member() -> None:
    """A judgement read from disk has outcomes, not strings."""
    check = Check(check_id="c", title="t", found="f", limit="l", clear=True)
    judgement = Judgement(outcome=Outcome.FAIL, headline="h", verdicts=(), checks=(check,))
    again = codec.loads(Judgement, codec.dumps(judgement))
    assert again == judgement
    assert again.outcome is Outcome.FAIL


def test_a_key_left_out_takes_the_fields_default() -> None:
    """A folder of an older version without a newer optional field still reads."""
    tree = codec.encode(ENDING)
    del tree["vitals"]["interrupted"]
    assert codec.decode(Ending, tree) == ENDING


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"elapsed_ns": "5"}, r"Ending\.elapsed_ns: '5' is not int"),
        ({"elapsed_ns": True}, r"Ending\.elapsed_ns: True is not int"),
        ({"vitals": []}, r"Ending\.vitals: \[\] is not dict"),
        ({"vitals": {"engines_lost": [1]}}, r"Ending\.vitals\.engines_lost\[0\]: 1 is not str"),
        ({"vitals": {"clock_drift_ms": "fast"}}, r"clock_drift_ms: 'fast' is not a number"),
        ({"vitals": {"identity_after": {"facts": [["a"]]}}}, r"facts\[0\]: 1 items where 2 belong"),
        ({"odd": 1}, "'odd' is unknown"),
    ],
)
def test_what_does_not_fit_is_named_with_its_place(change: dict[str, object], told: str) -> None:
    """A damaged file is one sentence with the path inside it."""
    with pytest.raises(ValueError, match=told):
        codec.decode(Ending, codec.encode(ENDING) | change)


def test_a_missing_key_without_default_is_named() -> None:
    """Nothing is invented for a field that must be there."""
    with pytest.raises(ValueError, match="Ending: 'elapsed_ns' is missing"):
        codec.decode(Ending, {"ended_utc": "x", "vitals": {}})


def test_an_unknown_member_of_a_union_or_enumeration_is_refused() -> None:
    """Closed sets stay closed."""
    with pytest.raises(ValueError, match="kind 'Shouted' is none of Opened"):
        codec.decode(Letter, {"heard": [{"kind": "Shouted"}]})
    with pytest.raises(ValueError, match="'MAYBE' is none of PASS"):
        codec.decode(Judgement, {"outcome": "MAYBE", "headline": "", "verdicts": [], "checks": []})
