"""The pytest plug-in: `pytest scenarios/golden.yaml` runs the scenario once and makes each judged line a test.

Every pytest in the same environment loads this module, so it imports nothing of the house before a scenario is named.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest

if TYPE_CHECKING:
    from harness.cli.certify import Certified
    from harness.cli.pytest_items import ScenarioFile

RUNS: Final = pytest.StashKey[list["Certified"]]()
"""In the config's stash: the runs of this session, in their order."""

_SCENARIO: Final = re.compile(r"^(clips|objectives)\s*:", re.MULTILINE)
_INI: Final = (
    ("target", "target file, or the name of one beside the scenario; embedded by default"),
    ("driver", "the way in: gateway or riva; the target's first endpoint by default"),
    ("corpus", "folder that holds golden/ and fixtures/; found above the scenario by default"),
    ("out", "where the run's folder goes; reports by default"),
    ("baselines", "where blessed runs are kept; baselines by default"),
)


def pytest_addoption(parser: pytest.Parser) -> None:
    """What a suite needs of the options of `harness run`; what is the same for every run can stand in pytest's ini."""
    group = parser.getgroup("harness", "riva-slo-harness, for scenario files that are named")
    for name, what in _INI:
        group.addoption(f"--harness-{name}", metavar=name.upper(), help=f"{what} (ini: harness_{name})")
        parser.addini(f"harness_{name}", f"riva-slo-harness: {what}; paths are relative to the ini file")
    group.addoption("--harness-lanes", metavar="N", help="sessions at once; a release plays 2")


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> ScenarioFile | None:
    """A scenario, if it was named: walking a folder must never start minutes of streaming against somebody's Riva.

    YAML without `clips:` or `objectives:` at its left edge is somebody else's, even where it was named.
    """
    if file_path.suffix not in {".yaml", ".yml"} or not parent.session.isinitpath(file_path):
        return None
    if not _looks_like_a_scenario(file_path):
        return None
    from harness.cli.pytest_items import ScenarioFile

    return ScenarioFile.from_parent(parent, path=file_path)


@pytest.hookimpl(tryfirst=True)
def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """Exit code 0 claims a PASS: a run that is none takes it away, whatever was deselected of it."""
    if exitstatus == pytest.ExitCode.OK and _short_of_pass(session.config):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, exitstatus: int, config: pytest.Config) -> None:
    """Each run's verdict and where its report is: of the whole run, also where tests were deselected."""
    if not (runs := config.stash.get(RUNS, [])):
        return
    from harness.cli.certify import REPORT
    from harness.report.text import brief

    terminalreporter.section("riva-slo-harness")
    for run in runs:
        text = brief(run.record, run.judgement, run.folder.path / REPORT, colour=terminalreporter.hasmarkup)
        terminalreporter.write(text)
    if exitstatus == pytest.ExitCode.OK and _short_of_pass(config):
        terminalreporter.write_line("Exit code 1 although no test failed: a run is judged whole, and this is no PASS.")


def _short_of_pass(config: pytest.Config) -> bool:
    return any(run.judgement.exit_code for run in config.stash.get(RUNS, []))


def _looks_like_a_scenario(path: Path) -> bool:
    try:
        return bool(_SCENARIO.search(path.read_text(encoding="utf-8", errors="replace")))
    except OSError:
        return False
