"""What can go wrong in the harness or its input. The faults of what is tested are data, never exceptions.

HarnessError
├── UsageError           the user can mend it: exit code 2, one sentence, nothing half-written
│   ├── ScenarioError        a scenario file
│   ├── TargetFileError      a target file
│   ├── CorpusError          a clip, a golden file, a fixture
│   ├── FolderError          a run's folder or where it should go
│   └── TargetError          the target is down, refuses, or is not what the file says (before the run only)
└── EngineError          the harness itself could not go on; exit code 4
"""

from __future__ import annotations

from collections.abc import Iterable

_MOST_LISTED = 12


class HarnessError(Exception):
    """The root of everything this package raises on purpose."""


class UsageError(HarnessError):
    """One sentence that names the place, what is wrong there, and the remedy."""

    def __init__(self, where: str, problem: str, remedy: str) -> None:
        super().__init__(f"{where}: {problem}; {remedy}" + ("" if remedy.endswith("?") else "."))
        self.where = where
        self.problem = problem
        self.remedy = remedy


def choose(asked: str, there: Iterable[str]) -> str:
    """The remedy for a name that is none: what was probably meant, else what there is."""
    from difflib import get_close_matches  # noqa: PLC0415  only who mistypes needs it

    known = sorted(there)
    close = [] if asked.isdecimal() else get_close_matches(asked, known, n=1)  # 44100 is not meant for 16000
    if close:
        return f"did you mean {close[0]}?"
    if len(known) > _MOST_LISTED:
        return f"use one of the {len(known)} there are, such as {', '.join(known[:3])}"
    return f"use one of: {', '.join(known) or 'none'}"


class ScenarioError(UsageError):
    """A scenario file is wrong: `where` is ``file: key.path``."""


class TargetFileError(UsageError):
    """A target file is wrong: `where` is ``file: key.path``."""


class CorpusError(UsageError):
    """A clip, golden file or fixture is missing, changed or unusable."""


class FolderError(UsageError):
    """A run's folder cannot be read or written."""


class TargetError(UsageError):
    """The target cannot be reached, or is not what its file says, before anything was measured."""


class EngineError(HarnessError):
    """The harness could not go on (a full disk, say); what it had measured stands."""
