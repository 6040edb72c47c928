"""What the pytest plug-in was asked for, and the plan it makes: everything that collection settles before the run."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pytest

from harness.cli.options import Asked, ask, find_target, pick_driver
from harness.errors import ScenarioError, UsageError
from harness.judge.lines import Line, planned_lines
from harness.scenario.load import load_target

_MOST_LANES: Final = 1000
_FLAGS: Final = re.compile(r"(?<![\w-])--(?=(?:target|driver|corpus|out|baselines|lanes)\b)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """A scenario, its judged lines, and the files it was made of as they were then."""

    asked: Asked
    lines: tuple[Line, ...]
    files: tuple[Path, Path]
    contents: tuple[bytes, ...]
    driver: str
    out: Path
    baselines: Path

    @classmethod
    def of(cls, scenario: Path, config: pytest.Config) -> Settled:
        """Load, check and plan; nothing is started. Raises UsageError."""
        corpus, lanes = _place(config, "corpus"), _lanes(config)
        asked = ask(scenario, corpus=corpus, clips=[], conditions=[], rates=[], repeat=None, lanes=lanes, seed=None)
        files = (scenario, find_target(scenario, _target(config), corpus=asked.corpus))
        target = load_target(files[1])
        return cls(
            asked=asked,
            lines=planned_lines(asked.scenario, asked.plan, target),
            files=files,
            contents=tuple(file.read_bytes() for file in files),
            driver=pick_driver(target, files[1], _option(config, "driver")),
            out=_place(config, "out") or Path("reports"),
            baselines=_place(config, "baselines") or Path("baselines"),
        )

    def check_unchanged(self) -> None:
        """Other tests may have run since: the digests a run notes must be of what was planned. Raises UsageError."""
        for file, content in zip(self.files, self.contents, strict=True):
            if not file.is_file() or file.read_bytes() != content:
                raise ScenarioError(str(file), "has changed since its tests were collected", "run pytest again")


def as_here(error: UsageError) -> str:
    """The sentence with the flags that pytest knows."""
    return _FLAGS.sub("--harness-", str(error))


def _option(config: pytest.Config, name: str) -> str | None:
    return config.getoption(f"harness_{name}") or config.getini(f"harness_{name}") or None


def _place(config: pytest.Config, name: str) -> Path | None:
    """A path on the command line is one from here, in the ini it is one from that file's folder."""
    if given := config.getoption(f"harness_{name}"):
        return Path(given)
    stands = config.getini(f"harness_{name}")
    return _beside_ini(config) / stands if stands else None


def _target(config: pytest.Config) -> str:
    """A path, or a name, which is looked up beside the scenario."""
    given = _option(config, "target") or "embedded"
    return str(_place(config, "target")) if given.endswith((".yaml", ".yml")) else given


def _beside_ini(config: pytest.Config) -> Path:
    return config.inipath.parent if config.inipath else config.rootpath


def _lanes(config: pytest.Config) -> int | None:
    given = config.getoption("harness_lanes")
    if given is None:
        return None
    if not given.isdecimal() or not 1 <= int(given) <= _MOST_LANES:
        raise ScenarioError(f"--lanes {given}", "is no number of lanes", f"give one from 1 to {_MOST_LANES}")
    return int(given)
