"""What was mistyped on the command line, as one sentence: typer's own answer is a box of six lines."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import typer

from harness.errors import UsageError, choose


def is_mistyped(error: BaseException) -> bool:
    """Whether typer refuses the command line; its own classes have moved between its versions."""
    return isinstance(error, typer.BadParameter.__mro__[1])


def sentence(error: Any, words: Sequence[str]) -> UsageError | None:
    """What `is_mistyped`, told by command or flag and its value; None where only the help was wanted."""
    command = error.ctx.command_path if error.ctx else "harness"
    see = f"{command} --help lists what there is"
    if type(error).__name__ == "NoArgsIsHelpError":  # it has printed the help
        return None
    if hasattr(error, "option_name"):
        flags = [name for one in error.ctx.command.params for name in one.opts] if error.ctx else []
        return UsageError(error.option_name, "there is no such option", _nearest(error.option_name, flags) or see)
    param = getattr(error, "param", None)
    if param is None:
        return _of_command(error, command, see)
    flag = next((name for name in param.opts if name.startswith("--")), "")
    if type(error).__name__ == "MissingParameter":
        return UsageError(command, f"{flag or str(param.name).upper()} is missing", see)
    said = str(error.message).removeprefix("Value error, ").rstrip(".")
    place = f"{flag} {_value(flag, words)}".strip() if flag else str(param.name).upper()
    return UsageError(place, said[:1].lower() + said[1:], see)


def _of_command(error: Any, command: str, see: str) -> UsageError:
    typed = error.message.partition("'")[2].partition("'")[0]
    there = getattr(getattr(error.ctx, "command", None), "commands", {})
    if error.message.startswith("No such command"):
        return UsageError(f"{command} {typed}", "there is no such command", choose(typed, there))
    said = error.message.rstrip(".")
    return UsageError(command, said[:1].lower() + said[1:], see)


def _nearest(name: str, flags: Sequence[str]) -> str:
    remedy = choose(name, flags)
    return remedy if remedy.endswith("?") else ""


def _value(flag: str, words: Sequence[str]) -> str:
    """What the last such flag was given."""
    for at in range(len(words) - 1, -1, -1):
        if words[at] == flag and at + 1 < len(words):
            return words[at + 1]
        if words[at].startswith(f"{flag}="):
            return words[at].partition("=")[2]
    return ""
