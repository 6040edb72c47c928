"""JSON log lines on stderr, one an event; stdout belongs to the one line that says where the gateway listens."""

from __future__ import annotations

import json
import logging
import re
import sys
from collections.abc import Iterable
from typing import Any, Final

import structlog
from websockets.exceptions import WebSocketException

_REDACTED: Final = "[redacted]"
_TOKENS: Final = re.compile(r"(?i:\bbearer[ .]+)[\w.~+/=-]{8,}|\beyJ[\w-]+\.[\w-]+\.[\w-]*")


class Redaction:
    """The last step of each line: known secrets, and whatever looks like a token, never leave the process.

    It is a second net. Nothing is logged on purpose that could hold one, but a library's or Riva's words may.
    """

    def __init__(self, secrets: Iterable[str]) -> None:
        forms = {form for secret in secrets if secret for form in (secret, json.dumps(secret)[1:-1])}
        self._secrets = sorted(forms, key=len, reverse=True)

    def __call__(self, _logger: Any, _method: str, line: Any) -> str:
        text = str(line)
        for secret in self._secrets:
            text = text.replace(secret, _REDACTED)
        return _TOKENS.sub(_REDACTED, text)


def configure_logs(secrets: Iterable[str] = ()) -> None:
    """Route structlog and the libraries' own logging (warnings and worse) through one JSON renderer."""
    redact = Redaction(secrets)
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
    ]
    render = structlog.processors.JSONRenderer()
    structlog.configure(
        processors=[*shared, render, redact],
        logger_factory=structlog.WriteLoggerFactory(sys.stderr),  # one write a line: workers share it
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[*shared, structlog.stdlib.add_logger_name],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, render, redact],
        )
    )
    handler.addFilter(_is_ours)
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)


def _is_ours(record: logging.LogRecord) -> bool:
    """A peer that never became a client is no fault of ours, and a traceback for each would be a way to fill disks."""
    error = record.exc_info[1] if record.exc_info else None
    return record.msg != "opening handshake failed" or not isinstance(error, WebSocketException | OSError)
