"""Twelve seeded defects, each for real: a gRPC server that has it, `harness run`, and the report that names it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from doubles.recogniser import Defect
from support.processes import ROOT, Harness, heed_interrupts

from harness.judge.symptoms import symptoms
from harness.measure.run import measure_run
from harness.store.folder import RunFolder

pytestmark = pytest.mark.drill

# So few sessions have no bound worth the name: these objectives say what the run showed, and are PASS or FAIL.
# The double shows its first word after 100 ms and its final after 500, so a busy machine may take 300 ms of either.
SCENARIO = """
name: defects
clips:
  - {select: {clip: [clean-tidigits-2934z, clean-cross, clean-forig, clean-hts-b]}, repeat: 2}
  - {select: {clip: [clean-hts-a, silence-digital]}}
arrival: {lanes: 10, seed: 7, think_ms: 1000}
pacing:  {frame_ms: 100, end_after_ms: 200}
objectives:
  first-partial: max first_partial_ms <= 450 per rate
  final:         max final_ms <= 800 per rate
  errors:        sum error == 0
  wer:           pooled wer == 0
  upwr:          pooled upwr <= 25 %
  word-times:    max word_time_error_ms <= 60
  early:         sum early_words == 0
  silence:       sum silence_words == 0 where condition = silence
"""

LATE = "At 8 kHz the target answers later than at 16 kHz"
CASES = {
    Defect.NONE: (set[str](), ""),
    Defect.DROPS_LAST_WORD: ({"wer"}, "The last word is missing"),
    Defect.SWAPS_TWO_WORDS: ({"wer"}, "Neighbouring words are swapped"),
    Defect.LATE_ON_8_KHZ: ({"first-partial[rate=8000]", "final[rate=8000]"}, LATE),
    Defect.WORDS_ON_SILENCE: ({"silence"}, "4 words heard on silence"),
    Defect.NO_PARTIALS: ({"first-partial[rate=8000]", "first-partial[rate=16000]"}, "No partial came"),
    Defect.REPEATS_A_SEGMENT: ({"wer"}, "A segment came twice"),
    Defect.FINAL_BEFORE_THE_END: (
        {"errors", "final[rate=8000]", "final[rate=16000]"},
        "The last final came before the speech had ended",
    ),
    Defect.FLICKERS: ({"upwr"}, "Partials flicker"),
    Defect.SCALES_WORD_TIMES: ({"word-times"}, "Heard word times are scaled"),
    Defect.LOSES_A_SEGMENT: ({"wer"}, "A whole segment is missing: clean-hts-a lacks segment 1 of 2"),
    Defect.UPPER_CASE: (set[str](), ""),
    Defect.DIGITS: (set[str](), ""),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Drill:
    """How a run against one double ended."""

    code: int
    output: str
    judgement: dict[str, Any]
    symptoms: tuple[str, ...]


@contextmanager
def riva_double(defect: Defect) -> Iterator[str]:
    """The double's address while it runs."""
    path = os.pathsep.join([str(ROOT / "tests"), str(ROOT), os.environ.get("PYTHONPATH", "")])
    with subprocess.Popen(
        [sys.executable, "-m", "doubles.defective_riva", str(ROOT), defect],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": path},
    ) as process:
        assert process.stdout is not None
        try:
            yield f"127.0.0.1:{json.loads(process.stdout.readline())['port']}"
        finally:
            process.kill()


def drill(defect: Defect, place: Path) -> Drill:
    place.mkdir()
    scenario, target = place / "defects.yaml", place / "double.yaml"
    scenario.write_text(SCENARIO, encoding="utf-8")
    with riva_double(defect) as address:
        target.write_text(f"name: double\nkind: real\nendpoints: {{riva: '{address}'}}\n", encoding="utf-8")
        files = ("run", str(scenario), "--target", str(target), "--corpus", str(ROOT))
        harness = Harness(place / "reports", *files, "--driver", "riva")
        try:
            code, output = harness.end()
        finally:
            harness.process.kill()
    assert harness.out.is_dir(), output
    record = RunFolder.open(harness.folder).read()
    found = tuple(symptoms(record, measure_run(record)))
    return Drill(code=code, output=output, judgement=harness.judgement(), symptoms=found)


@pytest.fixture(scope="module")
def drills(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[Defect], Drill]]:
    """All of them, two at a time, begun with the first test."""
    place = tmp_path_factory.mktemp("drills")
    heed_interrupts()
    with ThreadPoolExecutor(max_workers=2) as pool:
        runs: dict[Defect, Future[Drill]] = {each: pool.submit(drill, each, place / each) for each in CASES}
        try:
            yield lambda defect: runs[defect].result()
        finally:
            pool.shutdown(cancel_futures=True)


@pytest.mark.parametrize("defect", CASES)
def test_a_real_server_with_a_defect_is_caught_and_named(defect: Defect, drills: Callable[[Defect], Drill]) -> None:
    """The lines that can see it FAIL and no others, and one symptom names it; a spelling is neither."""
    lines, symptom = CASES[defect]
    found = drills(defect)
    judged = {line_id(verdict): verdict["outcome"] for verdict in found.judgement["verdicts"]}
    assert {line for line, outcome in judged.items() if outcome != "PASS"} == lines, found.output
    assert found.code == (1 if lines else 0)
    assert [one[: len(symptom)] for one in found.symptoms] == [symptom] * bool(symptom), found.symptoms
    assert set(found.symptoms) <= set(found.judgement["findings"])


def line_id(verdict: dict[str, Any]) -> str:
    inside = ",".join(f"{key}={value}" for key, value in verdict["slice"])
    name = verdict["objective"]["objective_id"]
    return f"{name}[{inside}]" if inside else name
