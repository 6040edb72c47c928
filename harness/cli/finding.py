"""One line of `harness doctor`: what was looked at, what was found, and what to do about it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Literal

from harness.errors import UsageError

Mark = Literal["fine", "note", "bad", "left out"]
HERE: Final = "here"  # this machine, not the target
_SIGNS: Final[dict[Mark, str]] = {"fine": "✓", "note": "!", "bad": "✗", "left out": "-"}
_COLOURS: Final[dict[Mark, str]] = {"fine": "32", "note": "33", "bad": "31", "left out": "2"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """`where` is an endpoint's driver, the stack, or HERE; a remedy stands wherever the mark is not fine."""

    where: str
    check: str
    mark: Mark
    found: str
    remedy: str = ""


def fine(where: str, check: str, found: str) -> Finding:
    return Finding(where=where, check=check, mark="fine", found=found)


def bad(where: str, check: str, error: UsageError, endpoint: str = "") -> Finding:
    """The error's own sentence; its place is named where it is not the endpoint itself."""
    found = error.problem if error.where == endpoint else f"{error.where}: {error.problem}"
    return Finding(where=where, check=check, mark="bad", found=found, remedy=error.remedy)


def line(finding: Finding, *, colour: bool = False) -> str:
    sign = _SIGNS[finding.mark]
    if colour:
        sign = f"\x1b[{_COLOURS[finding.mark]}m{sign}\x1b[0m"
    said = f"{finding.found}; {finding.remedy}" if finding.remedy else finding.found
    return f"{sign} {finding.where:<8} {finding.check:<9} {said}."


def exit_code(findings: Iterable[Finding]) -> int:
    """0 nothing bad; 1 something is wrong with the target; 4 only this machine is not fit to measure, as for a run."""
    wrong = {finding.where == HERE for finding in findings if finding.mark == "bad"}
    if not wrong:
        return 0
    return 4 if wrong == {True} else 1
