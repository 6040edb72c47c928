"""Typed reading of environment variables: a wrong value is one sentence that names the variable."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from harness.errors import UsageError

_YES: Final = frozenset({"1", "true", "yes", "on"})
_NO: Final = frozenset({"0", "false", "no", "off"})
_PAIR: Final = re.compile(r"([a-z0-9._-]+)=([\x20-\x7e]*)")  # what gRPC takes as metadata


class EnvironmentVariableError(UsageError):
    """An environment variable holds what it cannot: `where` is its name."""


@dataclass(frozen=True, slots=True)
class Environment:
    """Variables by name. One that is set to nothing counts as not set, as in a compose file's `NAME=`."""

    variables: Mapping[str, str]

    def text(self, name: str, default: str) -> str:
        return self.variables.get(name, "").strip() or default

    def optional(self, name: str) -> str | None:
        return self.text(name, "") or None

    def flag(self, name: str, *, default: bool) -> bool:
        value = self.text(name, "").lower()
        if value in _YES | _NO:
            return value in _YES
        if value:
            raise EnvironmentVariableError(name, f'"{value}" is neither true nor false', "set it to true or false")
        return default

    def whole(self, name: str, default: int, *, least: int = 0, most: int = 2**31 - 1) -> int:
        value = self.text(name, str(default))
        try:
            number = int(value)
        except ValueError:
            number = least - 1
        if not least <= number <= most:
            remedy = f"set it to a number from {least} to {most}"
            raise EnvironmentVariableError(name, f'"{value}" is not such a whole number', remedy)
        return number

    def number(self, name: str, default: float, *, least: float, most: float) -> float:
        value = self.text(name, str(default))
        try:
            number = float(value)
        except ValueError:
            number = math.nan
        if not least <= number <= most:  # which NaN never is
            remedy = f"set it to a number from {least:g} to {most:g}"
            raise EnvironmentVariableError(name, f'"{value}" is not such a number', remedy)
        return number

    def file(self, name: str) -> Path | None:
        value = self.optional(name)
        if value is None:
            return None
        path = Path(value).expanduser()
        if not path.is_file():
            raise EnvironmentVariableError(name, f'there is no file "{value}"', "give the path of a readable file")
        return path

    def words(self, name: str) -> tuple[str, ...]:
        """What stands between commas, without what is empty."""
        return tuple(word.strip() for word in self.text(name, "").split(",") if word.strip())

    def pairs(self, name: str) -> tuple[tuple[str, str], ...]:
        """`key=value` between commas, keys in lower case. The value is never shown: it may be a secret."""
        found = []
        for number, word in enumerate(self.words(name), 1):
            pair = _PAIR.fullmatch(word)
            if pair is None:
                remedy = "write key=value,key=value with keys in lower case"
                raise EnvironmentVariableError(name, f"entry {number} is no such pair", remedy)
            found.append((pair[1], pair[2]))
        return tuple(found)
