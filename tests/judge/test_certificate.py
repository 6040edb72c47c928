"""The judgement as an in-toto Statement."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from harness.judge.certificate import statement
from harness.model.run import Identity
from harness.model.scenario import KnownLimit

FILES = (("manifest.json", "b" * 64), ("clips/c1.flac", "c" * 64))
VERSIONS = (("scipy", "1.17"), ("harness", "0.1.0"))


def certify(made, record=None):
    return statement(record or made.record, made.judge(), FILES, VERSIONS)


def test_it_is_a_statement_with_the_required_fields(bench):
    """Types, subject with a digest, result and configuration stand as in-toto wants them, and JSON can hold it all."""
    made = bench.of("sum error == 0").play(times=5)
    found = json.loads(json.dumps(certify(made), allow_nan=False))
    assert found["_type"] == "https://in-toto.io/Statement/v1"
    assert found["predicateType"] == "https://in-toto.io/attestation/test-result/v0.1"
    assert found["predicate"]["result"] == "PASSED"
    assert found["predicate"]["configuration"] == [{"name": "scenario", "digest": {"sha256": "a" * 64}}]
    assert [one["name"] for one in found["predicate"]["runFolder"]] == ["clips/c1.flac", "manifest.json"]
    assert found["subject"][0]["name"] == "identity of bench"
    assert len(found["subject"][0]["digest"]["sha256"]) == 64


@pytest.mark.parametrize(
    ("values", "drift", "result", "listed"),
    [
        ([1.0] * 59, 0.0, "PASSED", "passedTests"),
        ([1.0] * 58, 0.0, "WARNED", "warnedTests"),
        ([900.0] * 59, 0.0, "FAILED", "failedTests"),
        ([1.0] * 59, 99.0, "FAILED", "failedTests"),
    ],
)
def test_outcomes_map_to_results(bench, values, drift, result, listed):
    """PASS, INCONCLUSIVE, FAIL and INVALID become PASSED, WARNED, FAILED and FAILED, of the run and of its lines."""
    made = bench.of("p95 final_ms <= 800 per rate").latencies("final_ms", values)
    made.vitals = replace(made.vitals, clock_drift_ms=drift)
    predicate = certify(made)["predicate"]
    assert predicate["result"] == result
    assert {name: predicate[name] for name in ("passedTests", "warnedTests", "failedTests")} == {
        "passedTests": [],
        "warnedTests": [],
        "failedTests": [],
        listed: ["o1[rate=16000]"],
    }


def test_invalid_says_so(bench):
    """in-toto has no word for INVALID; ours stands beside FAILED with the reason."""
    made = bench.of("sum error == 0").play()
    made.vitals = replace(made.vitals, clock_drift_ms=99.0)
    predicate = certify(made)["predicate"]
    assert predicate["outcome"] == "INVALID"
    assert predicate["reason"].startswith("The harness cannot vouch for this run")
    assert [check["id"] for check in predicate["checks"] if not check["clear"]] == ["clock"]


def test_known_limits_contradict_no_list(bench):
    """A known limit FAILs in the detail, and no list of a PASSED statement names it as failed."""
    limit = KnownLimit(objective="o1", reason="the small model is slow")
    made = bench.of("p95 final_ms <= 800", "sum error == 0", known_limits=(limit,)).play(times=60, final_ms=900.0)
    predicate = certify(made)["predicate"]
    assert (predicate["result"], predicate["failedTests"], predicate["passedTests"]) == ("PASSED", [], ["o2"])
    assert [(one["line"], one["outcome"]) for one in predicate["verdicts"]] == [("o1", "FAIL"), ("o2", "PASS")]


def test_infinity_is_spelled_out(bench):
    """JSON has no number for never."""
    verdict = certify(bench.of("max final_ms <= 800").play(final_ms=None))["predicate"]["verdicts"][0]
    assert (verdict["value"], verdict["high"]) == ("Infinity", None)


def test_digests_that_the_target_gives_are_subjects(bench):
    """An image or a model that names its own digest is what was tested."""
    made = bench.of("sum error == 0").play()
    facts = (("image", "registry/riva@sha256:" + "d" * 64), ("weights", "e" * 64), ("model", "tiny"))
    record = made.record
    record = replace(record, manifest=replace(record.manifest, identity_before=Identity(facts=facts)))
    subjects = certify(made, record)["subject"]
    assert [(one["name"], one["digest"]["sha256"][0]) for one in subjects[1:]] == [("image", "d"), ("weights", "e")]


def test_the_same_arguments_give_the_same_bytes(bench):
    """Order of digests and versions does not matter; nothing of today is in it."""
    made = bench.of("sum error == 0", "p95 final_ms <= 800").play(times=60, final_ms=1.0)
    again = statement(made.record, made.judge(), reversed(FILES), reversed(VERSIONS))
    assert json.dumps(certify(made)) == json.dumps(again)
