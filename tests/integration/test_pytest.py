"""The pytest plug-in as users meet it: a pytest of its own, real processes, real time."""

from __future__ import annotations

import signal
import sys
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from support.processes import ROOT, Harness, gateway_double, write_target

SCENARIO = """\
name: small
clips: [{{select: {{clip: clean-tidigits-2934z}}, repeat: {repeat}}}]
arrival: {{lanes: 4, seed: 7}}
objectives: {{errors: sum error == 0, final: p95 final_ms <= 800 per rate}}
"""


class Suite(Harness):
    """A pytest process that runs one scenario, and the folder it writes."""

    def __init__(self, place: Path, repeat: int, target: Path, *arguments: str) -> None:
        scenario = place / "small.yaml"
        scenario.write_text(SCENARIO.format(repeat=repeat), encoding="utf-8")
        self.out = place / "reports"
        named = [f"--harness-target={target}", f"--harness-corpus={ROOT}", f"--harness-out={self.out}"]
        command = [sys.executable, "-m", "pytest", "-p", "harness.cli.pytest_plugin", *named, *arguments, str(scenario)]
        self.start(command, cwd=place)


@pytest.fixture(autouse=True)
def only_this_plugin(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the package is installed, pytest would load it by its entry point and then refuse it as a double."""
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")


@pytest.mark.slow
def test_pytest_says_what_the_run_says(tmp_path: Path) -> None:
    """On the embedded stack: one run, a case for each judged line, red where and only where it is no PASS."""
    target = ROOT / "scenarios" / "targets" / "embedded.yaml"
    suite = Suite(tmp_path, 2, target, "--junitxml", str(tmp_path / "out.xml"))
    code, output = suite.end()
    judgement = suite.judgement()  # fails where there is not exactly one folder
    red = {one["objective"]["objective_id"] for one in judgement["verdicts"] if one["outcome"] != "PASS"}
    cases = {str(case.get("name")): case for case in ET.parse(tmp_path / "out.xml").iter("testcase")}  # noqa: S314
    failed = {name for name, case in cases.items() if case.find("failure") is not None}
    assert list(cases) == ["validity", "errors", "final[rate=8000]", "final[rate=16000]"], output
    assert {name.split("[")[0] for name in failed - {"validity"}} == red
    assert ("validity" in failed) == (judgement["outcome"] == "INVALID")
    assert code == 1, "so few sessions certify no p95"
    assert f"report  {suite.folder}/report.html" in output
    assert "sessions · " in output


@pytest.mark.drill
def test_ctrl_c_in_pytest_keeps_what_was_measured(tmp_path: Path) -> None:
    """The folder is judged, the session stops with exit code 2, and the last lines say where the folder is."""
    with gateway_double() as address:
        suite = Suite(tmp_path, 8, write_target(tmp_path / "double.yaml", address))
        suite.sessions_stored(at_least=4)
        suite.process.send_signal(signal.SIGINT)
        code, output = suite.end(timeout_s=60)
    assert code == pytest.ExitCode.INTERRUPTED, output
    assert suite.judgement()["outcome"] != "PASS"
    assert f"what was measured is judged and kept in {suite.folder}" in output
    assert f"report  {suite.folder}/report.html" in output
