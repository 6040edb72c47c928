"""A line of the doctor's, and what all of them exit with."""

from __future__ import annotations

import pytest

from harness.cli.finding import HERE, Finding, Mark, bad, exit_code, fine, line
from harness.errors import TargetError


def marked(mark: Mark, where: str = "riva") -> Finding:
    return Finding(where=where, check="tls", mark=mark, found="found", remedy="" if mark == "fine" else "do this")


def test_a_line_has_mark_place_check_and_remedy() -> None:
    """In columns, as one sentence; colour touches only the mark."""
    assert line(fine("riva", "tls", "it holds")) == "✓ riva     tls       it holds."
    assert line(marked("bad")) == "✗ riva     tls       found; do this."
    assert line(marked("note"), colour=True) == "\x1b[33m!\x1b[0m riva     tls       found; do this."


def test_an_error_is_a_finding_with_its_own_words() -> None:
    """Its place is named only where the line does not name it already."""
    error = TargetError("host:1", "nothing listens there", "start it")
    assert line(bad("riva", "address", error, "host:1")) == "✗ riva     address   nothing listens there; start it."
    assert "host:1: nothing" in line(bad("riva", "address", error, "other:1"))


@pytest.mark.parametrize(
    ("findings", "code"),
    [
        ([], 0),
        ([marked("fine"), marked("note"), marked("left out")], 0),
        ([marked("fine"), marked("bad")], 1),
        ([marked("bad"), marked("bad", HERE)], 1),
        ([marked("fine"), marked("bad", HERE)], 4),
    ],
)
def test_the_worst_decides_and_the_target_comes_first(findings: list[Finding], code: int) -> None:
    """Only a bad finding counts; where it is only this machine that is unfit, the code is that of an INVALID run."""
    assert exit_code(findings) == code
