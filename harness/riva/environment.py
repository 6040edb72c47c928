"""Typed reading of environment variables: a wrong value is one sentence that names the variable."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from harness.errors import UsageError

_YES: Final = frozenset({"1", "true", "yes", "on"})
_NO: Final = frozenset({"0", "false", "no", "off"})


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

    def file(self, name: str) -> Path | None:
        value = self.optional(name)
        if value is None:
            return None
        path = Path(value).expanduser()
        if not path.is_file():
            raise EnvironmentVariableError(name, f'there is no file "{value}"', "give the path of a readable PEM file")
        return path
