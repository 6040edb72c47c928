"""The judgement as an in-toto Statement v1 with the predicate Test Result v0.1, which others' tools can read.

https://github.com/in-toto/attestation/blob/main/spec/predicates/test-result.md: `result` and `configuration` are
required, unknown fields are allowed, so the detail behind each verdict stands in the predicate beside them.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable
from hashlib import sha256
from typing import Final

from harness.model.run import Identity, Record
from harness.model.verdict import Judgement, Outcome, Verdict

STATEMENT_TYPE: Final = "https://in-toto.io/Statement/v1"
PREDICATE_TYPE: Final = "https://in-toto.io/attestation/test-result/v0.1"

_RESULT: Final = {
    Outcome.PASS: "PASSED",
    Outcome.INCONCLUSIVE: "WARNED",
    Outcome.FAIL: "FAILED",
    Outcome.INVALID: "FAILED",
}
_SHA256: Final = re.compile(r"(?:.*@)?(?:sha256:)?([0-9a-f]{64})")

Pairs = Iterable[tuple[str, str]]


def statement(record: Record, judgement: Judgement, digests: Pairs, judged_with: Pairs) -> dict[str, object]:
    """The unsigned statement, ready for JSON and the same for the same arguments.

    `digests`: the run folder's files and their sha256; `judged_with`: versions of what judged. Both are sorted here.
    """
    return {
        "_type": STATEMENT_TYPE,
        "subject": _subjects(record),
        "predicateType": PREDICATE_TYPE,
        "predicate": {
            **_test_result(record, judgement),
            **_judged(judgement),
            "run": _run(record),
            "target": _target(record),
            "baseline": _baseline(record),
            "environment": dict(sorted(record.manifest.environment)),
            "versions": dict(sorted(record.manifest.versions)),
            "judgedWith": dict(sorted(judged_with)),
            "runFolder": [_descriptor(name, digest) for name, digest in sorted(digests)],
        },
    }


def _test_result(record: Record, judgement: Judgement) -> dict[str, object]:
    """The fields that the predicate's specification names."""
    return {
        "result": _RESULT[judgement.outcome],
        "configuration": [_descriptor(name, digest) for name, digest in sorted(record.manifest.digests)],
        "passedTests": _tests(judgement, "PASSED"),
        "warnedTests": _tests(judgement, "WARNED"),
        "failedTests": _tests(judgement, "FAILED"),
    }


def _judged(judgement: Judgement) -> dict[str, object]:
    return {
        "outcome": judgement.outcome.value,
        "reason": judgement.headline,
        "verdicts": [_verdict(verdict) for verdict in judgement.verdicts],
        "checks": [
            {"id": one.check_id, "title": one.title, "found": one.found, "limit": one.limit, "clear": one.clear}
            for one in judgement.checks
        ],
        "findings": list(judgement.findings),
    }


def _subjects(record: Record) -> list[dict[str, object]]:
    """What was tested: every digest the target gave of itself, and its whole identity, so that there is always one."""
    facts = sorted(record.manifest.identity_before.facts)
    named = [_descriptor(name, found[1]) for name, value in facts if (found := _SHA256.fullmatch(value))]
    identity = json.dumps(facts, ensure_ascii=False, separators=(",", ":")).encode()
    return [_descriptor(f"identity of {record.manifest.target.name}", sha256(identity).hexdigest()), *named]


def _descriptor(name: str, digest: str) -> dict[str, object]:
    return {"name": name, "digest": {"sha256": digest}}


def _tests(judgement: Judgement, result: str) -> list[str]:
    """Lines that decide the run; advisory ones and known limits stand in `verdicts` only, so no list contradicts it."""
    deciding = [one for one in judgement.verdicts if one.objective.gate and not one.known_limit]
    return [one.line_id for one in deciding if _RESULT[one.outcome] == result]


def _run(record: Record) -> dict[str, object]:
    manifest, ending = record.manifest, record.ending
    return {
        "id": manifest.run_id,
        "scenario": manifest.scenario.name,
        "narrowed": list(manifest.scenario.narrowed),
        "beganUtc": manifest.began_utc,
        "endedUtc": None if ending is None else ending.ended_utc,
        "sessions": len(manifest.plan.counted),
        "lanes": manifest.plan.lanes,
        "seed": manifest.plan.seed,
        "boundSeed": manifest.bound_seed,
        "normaliser": manifest.normaliser,
    }


def _baseline(record: Record) -> dict[str, object] | None:
    """What `delta` lines compare with."""
    if record.baseline is None:
        return None
    run = record.baseline.run
    return {
        "run": run.run_id,
        "blessedUtc": record.baseline.blessed_utc,
        "outcome": run.outcome.value,
        "forced": record.baseline.forced,
    }


def _target(record: Record) -> dict[str, object]:
    manifest = record.manifest
    after = None if record.ending is None else record.ending.vitals.identity_after
    return {
        "name": manifest.target.name,
        "kind": manifest.target.kind,
        "driver": manifest.driver,
        "endpoint": manifest.endpoint,
        "identityBefore": _facts(manifest.identity_before),
        "identityAfter": None if after is None else _facts(after),
    }


def _facts(identity: Identity) -> dict[str, str]:
    return dict(sorted(identity.facts))


def _verdict(verdict: Verdict) -> dict[str, object]:
    objective, estimate = verdict.objective, verdict.estimate
    return {
        "line": verdict.line_id,
        "objective": objective.text,
        "slice": dict(verdict.slice),
        "confidence": objective.confidence,
        "claim": objective.claim,
        "gate": objective.gate,
        "knownLimit": verdict.known_limit,
        "outcome": verdict.outcome.value,
        "reason": verdict.reason,
        "leaning": verdict.leaning,
        "freshSessions": verdict.fresh_n,
        "n": estimate.n,
        "missing": estimate.missing,
        "unmeasured": estimate.unmeasured,
        "violations": estimate.violations,
        "units": estimate.units,
        "value": _number(estimate.value),
        "low": _number(estimate.low),
        "high": _number(estimate.high),
    }


def _number(value: float | None) -> float | str | None:
    """JSON has no infinity; protobuf's JSON mapping, which in-toto uses, spells it out."""
    if value is None or math.isfinite(value):
        return value
    return "Infinity" if value > 0 else "-Infinity"
