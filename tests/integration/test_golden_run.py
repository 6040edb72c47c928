"""One small golden run from end to end on the embedded stack: real audio, real sockets, a real recogniser."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree as ET

import pandas as pd
import pytest
from support.processes import ROOT, Harness

SMALL = (
    "run",
    "scenarios/golden.yaml",
    "--condition",
    "fast",
    "--condition",
    "silence",
    "--repeat",
    "1",
    "--lanes",
    "6",
)


def recompute(command: str, folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "harness", command, str(folder)], cwd=ROOT, capture_output=True, text=True, check=False
    )


@pytest.mark.slow
@pytest.mark.parametrize("driver", ["gateway", "riva"])
def test_a_small_golden_run_is_measured_judged_and_recomputed(driver: str, start: Callable[..., Harness]) -> None:
    """Every planned session ends ok with words, and verdicts, certificate and report come out again byte for byte.

    So few sessions cannot certify a p95 (exit 3); on a machine too busy to pace, INVALID (exit 4) is the honest answer.
    """
    harness = start(*SMALL, "--driver", driver)
    code, output = harness.end()
    assert code in {3, 4}, output
    folder = harness.folder
    judgement = harness.judgement()
    by_id = {verdict["objective"]["objective_id"]: verdict for verdict in judgement["verdicts"]}
    assert by_id["errors"]["estimate"]["value"] == 0, by_id["errors"]["reason"]
    assert by_id["final"]["estimate"]["missing"] == 0
    assert 0 <= by_id["wer-clean"]["estimate"]["value"] < 0.12
    assert {check["check_id"] for check in judgement["checks"] if not check["clear"]} <= {"pace"}

    heard = pd.read_parquet(folder / "heard")
    assert {"opened", "partial", "final"} <= set(heard["kind"].str.lower())
    files = ("verdicts.json", "certificate.json", "report.html", "junit.xml")
    before = {name: (folder / name).read_bytes() for name in files}
    assert recompute("judge", folder).returncode == code
    assert recompute("report", folder).returncode == 0
    assert {name: (folder / name).read_bytes() for name in files} == before

    suite = ET.fromstring((folder / "junit.xml").read_text(encoding="utf-8"))  # noqa: S314  our own file
    assert len(list(suite.iter("testcase"))) == len(judgement["verdicts"])
    statement = json.loads((folder / "certificate.json").read_text(encoding="utf-8"))
    assert statement["_type"] == "https://in-toto.io/Statement/v1"
