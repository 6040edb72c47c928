"""What was not audited is no pass."""

from __future__ import annotations

import runpy
import subprocess
import sys
from pathlib import Path

import pytest

TOOL = Path(__file__).parents[2] / "tools" / "audit_dependencies.py"
AUDIT = runpy.run_path(str(TOOL))
CLEAN = {"name": "a", "version": "1", "vulns": []}
HOLED = {"name": "b", "version": "2", "vulns": [{"id": "CVE-1", "fix_versions": ["2.1"]}]}
LEFT = {"name": "c", "skip_reason": "Dependency not found on PyPI"}
OWN = {"name": "riva-slo-harness", "skip_reason": "distribution marked as editable"}


@pytest.mark.parametrize(
    ("dependencies", "code", "said"),
    [
        ([CLEAN, OWN], 0, "No known vulnerability in 1 packages."),
        ([CLEAN, HOLED, LEFT], 1, "b 2: CVE-1, mended in 2.1"),
        ([CLEAN, LEFT], 2, "NOT AUDITED"),
        ([LEFT], 2, "1 of 1"),
        ([OWN], 2, "This is no pass"),
    ],
)
def test_only_a_whole_audit_without_a_finding_passes(dependencies, code, said):
    """A vulnerability is 1, whatever else; a package that nobody knew, or nothing at all, is 2."""
    assert AUDIT["verdict"](dependencies)[0] == code
    assert said in "\n".join(AUDIT["verdict"](dependencies)[1])


def test_an_audit_that_fails_is_said_and_is_no_pass():
    """As where the tool is missing, or the service cannot be reached: what it said stands there."""
    done = subprocess.run([sys.executable, TOOL, "--no-such-flag"], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout[:11]) == (2, "NOT AUDITED")
