"""The roll-back switch: GATEWAY_ASR_ENABLED, or a file that is looked at again before each new session."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import structlog

from harness.errors import UsageError
from harness.riva.environment import Environment
from harness.riva.watched import Watched

_LOG = structlog.get_logger()
_NAME = "GATEWAY_ASR_ENABLED"


@dataclass(frozen=True, slots=True, kw_only=True)
class SwitchSettings:
    """The file wins over the variable while it is there; it holds `true` or `false` and nothing else."""

    enabled: bool = True
    file: Path | None = None

    @classmethod
    def from_env(cls, read: Environment) -> SwitchSettings:
        """Raises UsageError, which names the variable."""
        file = read.optional("GATEWAY_ASR_ENABLED_FILE")
        return cls(enabled=read.flag(_NAME, default=True), file=Path(file).expanduser() if file else None)


class Switch:
    """Ask `enabled()`. A file that cannot be understood changes nothing, and is logged once for each change of it."""

    def __init__(self, told: SwitchSettings) -> None:
        self._told = told
        self._watched = Watched(told.file)
        self._now = self._read(otherwise=told.enabled)

    def enabled(self) -> bool:
        if self._told.file is not None and self._watched.changed():
            before, self._now = self._now, self._read(otherwise=self._now)
            if before != self._now:
                _LOG.warning("switched", asr_enabled=self._now, file=str(self._told.file))
        return self._now

    def _read(self, *, otherwise: bool) -> bool:
        if self._told.file is None:
            return self._told.enabled
        try:
            text = self._told.file.read_text(encoding="utf-8")
            return Environment({_NAME: text}).flag(_NAME, default=self._told.enabled)
        except FileNotFoundError:
            return self._told.enabled
        except (OSError, UnicodeDecodeError, UsageError) as error:
            _LOG.error("the switch cannot be read and stays as it is", file=str(self._told.file), problem=str(error))
            return otherwise
